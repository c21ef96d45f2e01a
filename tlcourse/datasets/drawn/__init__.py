"""Drawn domains: images drawn by code from a seed, with a dial for every factor."""

from tlcourse.datasets.drawn.domains import FAMILIES, Domain, DrawnImages
from tlcourse.datasets.drawn.factors import BACKGROUNDS, STYLES, Appearance, Factors
from tlcourse.datasets.drawn.hybrids import HybridImages, hybrids
