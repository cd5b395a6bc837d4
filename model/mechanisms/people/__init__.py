"""People and places: labour, infrastructure, universities."""
