"""``python -m tlcourse VERB``: the same verbs as ``start.py``."""

import sys

from tlcourse.cli import main

if __name__ == "__main__":
    sys.exit(main())
