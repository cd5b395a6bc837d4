"""Ideas: scarcity, discovery, technology spillover, appropriability."""
