"""What is asked for: style sheets and options, read and checked -> rules over layers and groups."""
