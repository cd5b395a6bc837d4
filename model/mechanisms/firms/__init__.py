"""Firms: budgets, applications, sectors, rivalry, entry and exit."""
