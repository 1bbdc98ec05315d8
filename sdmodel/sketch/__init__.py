"""Drawings of a model in Vensim's sketch language: laid out, written and checked."""
