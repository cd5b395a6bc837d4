"""What one does with runs: imports the model, never the reverse."""
