"""ONNX files: bytes -> nodes and values -> operators joined and named as PyTorch does -> Graph."""
