"""Targets of a sweep: where the features of a (source, target) pair come from, and its splits.

A target knows three things: the features of all its images under a source's backbone, which rows
train and test for a seed, and under which key live features lie in the cache. Photo families come
shipped; drawn families and the nine data sets go through the backbone once.
"""

from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from tlcourse.classifiers.score import PER_CLASS, sample_per_class
from tlcourse.datasets import photos
from tlcourse.datasets.benchmarks import BENCHMARKS, card_of, load_benchmark
from tlcourse.datasets.drawn import FAMILIES as DRAWN_FAMILIES
from tlcourse.datasets.drawn import Domain, DrawnImages, Factors
from tlcourse.datasets.photos import TRAIN_PER_CLASS
from tlcourse.features import cache
from tlcourse.features.extraction import extract_features, shipped_features
from tlcourse.networks.backbones import load_backbone

PRECISION = "auto"
DRAWN = "drawn "


@lru_cache(maxsize=2)
def source_backbone(source):
    """The backbone that a source's name stands for."""
    name, _, weights = str(source).partition(" ")
    return load_backbone(name, weights or None)


class _Pool:
    """Training images to draw from come first, test images last."""

    def seeds(self, seeds):
        """The draws to measure: those that were asked for."""
        return tuple(seeds)

    def split(self, features, seed):
        """Rows that train, ``per_class`` a class drawn by ``seed``, and rows that test."""
        n_pool = self.pool_per_class * len(features.classes)
        train = sample_per_class(features.labels[:n_pool], self.per_class, seed)
        return train, np.arange(n_pool, len(features.labels))


class _Live:
    """Features that are extracted once and then read from the user's cache."""

    def entry(self, source):
        """Key of the features in the cache."""
        return cache.entry_key(source_backbone(source), self.images(), PRECISION)

    def features(self, source, progress=True):
        """Features of every image: shape (images, features)."""
        backbone = source_backbone(source)
        return extract_features(backbone, self.images(), precision=PRECISION, progress=progress)


@dataclass(frozen=True)
class PhotoTarget(_Pool):
    """A family of photographs, by its shipped features.

    ``per_class`` training images are drawn by the seed from the 40 that are shipped.
    """

    name: str
    per_class: int = PER_CLASS
    pool_per_class = TRAIN_PER_CLASS

    def entry(self, source):
        """None: shipped features need no cache."""
        return None

    def features(self, source, progress=True):
        """Features of every image: shape (images, features)."""
        train, test = shipped_features(source, self.name)
        matrix = np.vstack([train.matrix, test.matrix])
        return replace(train, matrix=matrix, labels=np.concatenate([train.labels, test.labels]))


@dataclass(frozen=True)
class DrawnTarget(_Live, _Pool):
    """A drawn family, under any distribution of its factors.

    ``per_class`` training images a class are drawn by the seed from ``pool_per_class``; the name is
    "drawn" and the family by default. ValueError if there is no such family.
    """

    family: str
    factors: Factors = field(default_factory=Factors)
    per_class: int = PER_CLASS
    pool_per_class: int = 30
    test_per_class: int = 20
    name: str = ""

    def __post_init__(self):
        Domain(self.family, self.factors)
        object.__setattr__(self, "name", self.name or DRAWN + self.family)

    def images(self):
        """Pictures of the pool, then test pictures; each drawn once a session."""
        return _drawn(self)


class _Pictures(list):
    """Pairs of picture and label in memory, as a data set."""


def _in_memory(*parts):
    pictures = _Pictures(item for part in parts for item in map(part.__getitem__, range(len(part))))
    pictures.classes = parts[0].classes
    return pictures


@lru_cache(maxsize=4)
def _drawn(target):
    domain = Domain(target.family, target.factors)
    sizes = (target.pool_per_class, target.test_per_class)
    return _in_memory(*(DrawnImages(domain, n_per_class=n, seed=i) for i, n in enumerate(sizes)))


@dataclass(frozen=True)
class PhotographTarget(_Live, _Pool):
    """A family of photographs under any source, from Tiny ImageNet in the folder ``root``.

    The same images and draws as ``PhotoTarget``, whose features are shipped for two sources
    only. By default the folder is the one in the user's data folder.
    """

    name: str
    root: str | None = None
    per_class: int = PER_CLASS
    pool_per_class = TRAIN_PER_CLASS

    def images(self):
        """Training images, then test images; each read once a session."""
        return _photographs(self.name, self.root)


@lru_cache(maxsize=2)
def _photographs(family, root):
    train = photos.TinyImageNet(family, "train", root, TRAIN_PER_CLASS)
    return _in_memory(train, photos.TinyImageNet(family, "val", root))


@dataclass(frozen=True)
class BenchmarkTarget(_Live):
    """One of the nine data sets of the lecture, once fetched, by its official splits."""

    name: str
    root: str | None = None

    def seeds(self, seeds):
        """The official folds, repeats or partitions, whatever seeds were asked for."""
        return tuple(range(card_of(self.name).folds))

    def split(self, features, seed):
        """Rows that train and rows that test in the official fold of that number."""
        fold = _benchmark(self.name, self.root).folds[seed]
        return fold.train, fold.test

    def images(self):
        """Every image of the protocol."""
        return _benchmark(self.name, self.root).images


@lru_cache(maxsize=2)
def _benchmark(name, root):
    return load_benchmark(name, root and Path(root))


def as_target(target):
    """A target by its name: "insects", "drawn flowers", "mit67", ...; a target is given back.

    Photo families, "drawn" and a drawn family, and the nine data sets. ValueError if there is none
    of that name.
    """
    if not isinstance(target, str):
        return target
    if target in photos.FAMILIES:
        return PhotoTarget(target)
    if target.startswith(DRAWN) and target.removeprefix(DRAWN) in DRAWN_FAMILIES:
        return DrawnTarget(target.removeprefix(DRAWN))
    if target in BENCHMARKS:
        return BenchmarkTarget(target)
    drawn = (DRAWN + family for family in DRAWN_FAMILIES)
    known = ", ".join([*photos.FAMILIES, *drawn, *BENCHMARKS])
    raise ValueError(f"There is no target {target!r}: choose from {known}.")
