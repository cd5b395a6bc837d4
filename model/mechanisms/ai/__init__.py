"""AI models: training, release, the market, adoption."""
