"""`python -m sdmodel`: the command line without its script."""

from sdmodel.cli import main

if __name__ == "__main__":
    main(prog_name="python -m sdmodel")
