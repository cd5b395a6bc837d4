"""Chips: rules, supply, domestic industry, purchases, fleets."""
