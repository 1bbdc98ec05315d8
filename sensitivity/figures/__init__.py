"""Figures of a sweep, one file each; `table` says which figure fits which sweep."""
