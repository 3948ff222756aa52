"""`python -m nnfig`, and `nnfig`, are the command line."""

import sys


def main() -> None:
    """Run it; interrupted while it is still loading, it ends as quietly as later on."""
    try:
        from nnfig import cli
    except KeyboardInterrupt:
        sys.exit(130)
    cli.main()


if __name__ == "__main__":
    main()
