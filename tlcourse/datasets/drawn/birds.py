"""Birds in profile: body, neck, head, beak, wing, tail, legs and the markings that name a species.

Lengths are relative to one another: the drawing is scaled to fill the picture.
"""

from tlcourse.datasets.drawn.plumage import draw
from tlcourse.datasets.drawn.regions import read_classes

__all__ = ["CLASSES", "FILLS", "draw"]
FILLS = False
CLASSES = read_classes(__file__)
