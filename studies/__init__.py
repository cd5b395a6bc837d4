"""Studies of the model: one file, one page of results."""
