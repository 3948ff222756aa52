"""Cells on a grid: the state along its first row, gates in a row of their own."""
