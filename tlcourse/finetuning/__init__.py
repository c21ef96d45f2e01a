"""A policy for every layer, its audit, the training loop, the league."""
