"""Run the command line as ``python -m sensitivity``."""

from sensitivity.cli import main

if __name__ == "__main__":
    main()
