"""Vensim's control files for sensitivity runs and optimisation, carried out."""
