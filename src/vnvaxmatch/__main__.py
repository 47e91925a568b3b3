"""``python -m vnvaxmatch``: the command line."""

from vnvaxmatch.cli import main

if __name__ == "__main__":
    main()
