"""tlcourse: an interactive course on deep transfer learning.

Importing the package is light: torch and matplotlib are imported when first used.
"""

from tlcourse import _torchvision_pair

_torchvision_pair.cure_on_first_import()

__version__ = "0.1.0"
