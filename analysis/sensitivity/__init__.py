"""Which parameters move an outcome: indices, scenario discovery, phase diagrams."""
