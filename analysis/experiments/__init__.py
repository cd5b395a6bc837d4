"""Paired runs: designs, engines, effects."""
