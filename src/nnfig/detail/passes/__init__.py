"""Draft -> Draft: layers opened, hidden, folded, closed and merged, each pass a function."""
