"""From scenario and seed tables to the state at month 0."""
