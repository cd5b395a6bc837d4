"""AI labs: budgets, training, release, the market, adoption."""
