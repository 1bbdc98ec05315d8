"""Packages of levers that hold in most futures, and the futures in which they fail."""
