"""External data: numbers that a model takes from files beside it."""
