"""Validation: the record to the end of 2024 beside what the model gives."""
