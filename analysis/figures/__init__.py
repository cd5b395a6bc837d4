"""Figures drawn from the tables of a result's folder."""
