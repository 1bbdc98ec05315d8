"""A model of one format written in the other, and what is lost on the way."""
