"""The command `sdmodel`: check, show, run and compare models from the terminal."""

from sdmodel.cli.main import main

__all__ = ["main"]
