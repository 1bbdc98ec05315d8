"""The small files that Vensim keeps beside a model: what they say, and what they do to it."""
