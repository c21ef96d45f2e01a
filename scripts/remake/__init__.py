"""What remakes ``data/``: ``python -m scripts.remake NAME``, one module a name."""
