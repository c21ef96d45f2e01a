"""Tables over sources and targets: published, measured, swept; the gain against the distance."""
