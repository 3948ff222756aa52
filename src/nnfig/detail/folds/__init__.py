"""Equal blocks in a row -> one of them, marked xN, and what it says of the others."""
