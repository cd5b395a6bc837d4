"""Export controls: from dated acts to which chip may go where in which month."""
