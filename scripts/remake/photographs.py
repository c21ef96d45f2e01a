"""Photographs of Tiny ImageNet to train on and to test on, as the commands take them."""

from functools import cache

from tlcourse.classifiers.score import sample_per_class
from tlcourse.datasets.photos import TinyImageNet
from tlcourse.networks.backbones import load_backbone
from tlcourse.networks.images import prepare_images


@cache
def photographs(role, root, per_class, test_per_class=None, every=1):
    """To draw from and to test on, prepared for the small VGG: the first of every n-th class."""
    splits = ("train", per_class), ("val", test_per_class)
    sets = [TinyImageNet(role, split, root, n, every) for split, n in splits]
    return [prepare_images(load_backbone("natural"), each) for each in sets]


def drawn(pool, per_class, seed):
    """Some of the photographs, drawn by the seed."""
    return pool.subset(sample_per_class(pool.labels.numpy(), per_class, seed))
