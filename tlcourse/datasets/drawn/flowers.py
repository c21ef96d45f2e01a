"""Flowers: rings of petals of one outline about a centre, on a stem with leaves.

A ring fans out over the whole circle, or over a part of it in flowers that are seen from the side
(tulip, lotus).
"""

from tlcourse.datasets.drawn.petals import draw
from tlcourse.datasets.drawn.regions import read_classes

__all__ = ["CLASSES", "FILLS", "draw"]
FILLS = False
CLASSES = read_classes(__file__)
