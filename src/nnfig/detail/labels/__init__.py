"""What stands in and beside the boxes: words, sizes, classes, legend."""
