"""What the verbs of ``start.py`` run."""
