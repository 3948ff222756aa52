"""What `sources.pytorch` is made of: a recorder on module hooks and a TorchFunctionMode, and its way to a Graph."""
