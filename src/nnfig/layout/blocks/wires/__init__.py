"""What is drawn between boxes: ways around nodes and text, labels on them, taps, derivatives, frames, leaders."""
