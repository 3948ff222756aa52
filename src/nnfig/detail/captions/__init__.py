"""What the caption and the alt text say, sentence by sentence."""
