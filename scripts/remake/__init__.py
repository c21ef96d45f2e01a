"""What remakes ``data/``: ``python -m scripts.remake NAME``."""

COMMANDS = (
    "pretraining",
    "shipping",
    "transfer",
    "class_means",
    "policy_grid",
    "from_scratch",
    "scratch",
    "yosinski",
    "representation_quality",
    "verdicts",
)
