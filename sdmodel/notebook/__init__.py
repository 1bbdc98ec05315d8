"""What a notebook shows of a model and its runs, and how names are found and plotted there."""
