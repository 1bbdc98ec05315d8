"""Other engines, to compare with."""
