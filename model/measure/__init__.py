"""What is observed of a run; it feeds back into nothing."""
