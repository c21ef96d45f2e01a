"""``python -m scripts.remake NAME ...`` runs one of the commands; alone it lists them."""

import sys
from importlib import import_module

from scripts.remake import COMMANDS

if len(sys.argv) < 2 or sys.argv[1] not in COMMANDS:
    sys.exit(f"usage: python -m scripts.remake {{{','.join(COMMANDS)}}} ...")
import_module(f"scripts.remake.{sys.argv[1]}").main(sys.argv[2:])
