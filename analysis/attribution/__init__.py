"""Where knowledge and capability came from."""
