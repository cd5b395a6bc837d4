"""The simulated economy: parameters, state, mechanisms, months, worlds."""
