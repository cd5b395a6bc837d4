"""Firms: applications, sectors, rivalry, entry and exit."""
