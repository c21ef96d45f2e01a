"""``python -m scripts.remake NAME``: see ``scripts/remake/runner.py``."""

from scripts.remake.runner import main

main()
