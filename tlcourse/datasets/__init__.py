"""Domains and tasks: the images, their labels, and where each comes from."""

from tlcourse.datasets.digits import HandwrittenDigits
from tlcourse.datasets.folder import ImageFolder, UnreadableImage, read_image
from tlcourse.datasets.photos import FAMILIES, SOURCES, TinyImageNet
from tlcourse.datasets.split import stratified_split

__all__ = [
    "FAMILIES",
    "SOURCES",
    "HandwrittenDigits",
    "ImageFolder",
    "TinyImageNet",
    "UnreadableImage",
    "read_image",
    "stratified_split",
]
