"""Pages and tables in words."""
