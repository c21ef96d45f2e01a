"""Domains and tasks: the images, their labels, and where each comes from."""


from tlcourse.datasets.photos import FAMILIES, SOURCES, TinyImageNet

__all__ = ["FAMILIES", "SOURCES", "TinyImageNet"]
