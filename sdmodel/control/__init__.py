"""The small text files that Vensim keeps beside a model, read with the place of every problem."""
