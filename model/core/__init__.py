"""Parameters, tables, kernels, addressed draws: what every room stands on; it knows no economy."""
