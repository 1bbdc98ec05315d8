"""The small files that Vensim keeps beside a model: what they say, and what they do to it."""

"""The small text files that Vensim keeps beside a model, read with the place of every problem."""
