"""Two versions of a model: what was changed, in the text and in the runs; three, made into one."""
