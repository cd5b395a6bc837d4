"""What moves during a run, what does not, and the names and numbers of both."""
