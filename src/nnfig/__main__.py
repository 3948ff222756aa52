"""`python -m nnfig` is the command line."""

from nnfig.cli import main

main()
