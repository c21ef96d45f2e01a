"""Sources and targets: the one list of each, and where the features of a pair come from.

A target knows three things: the features of all its images under a source's backbone, which rows
train and test for a seed, and under which key live features lie in the cache. Photo families and
real sets come shipped; drawn families and the nine data sets go through the backbone once.
"""

from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from huggingface_hub.constants import HF_HUB_CACHE
from torchvision import models

from tlcourse.classifiers.score import PER_CLASS, of_rows, sample_per_class
from tlcourse.datasets import photos
from tlcourse.datasets.benchmarks import BENCHMARKS, card_of, load_benchmark, state_of
from tlcourse.datasets.drawn import FAMILIES as DRAWN_FAMILIES
from tlcourse.datasets.drawn import Domain, DrawnImages, Factors
from tlcourse.datasets.folder import ImageFiles
from tlcourse.datasets.photos import TRAIN_PER_CLASS
from tlcourse.datasets.real_sets import REAL_SETS, SAMPLE
from tlcourse.features import cache
from tlcourse.features.extraction import extract_features, shipped_features
from tlcourse.networks import places365
from tlcourse.networks.backbones import BUNDLED, IMAGENET, TIMM, load_backbone

PRECISION = "auto"
DRAWN = "drawn "
PHOTOS, REAL, DRAWINGS = "photographs of 64 pixels", "real photographs", "drawings"
DATA_SETS = "the nine data sets"
LARGE_SOURCES = ("vgg16", "alexnet", "alexnet places365")
FEW_CLASSES = 10


def offered_sources():
    """Every source by name: "" where it is on this machine, else what brings it.

    The bundled, the lecture's large ones, and every network of torchvision or timm once fetched.
    """
    known = models.list_models(module=models)
    fetched = [name for name in known if _weights_file(name).exists()]
    timm = [folder.name.split("--")[-1] for folder in Path(HF_HUB_CACHE).glob("models--timm--*")]
    names = [*BUNDLED, *LARGE_SOURCES, *fetched, *(TIMM + name for name in sorted(timm))]
    return {name: "" if _is_here(name) else _brought_by(name) for name in dict.fromkeys(names)}


def offered_targets():
    """Every target by kind and name, as ``as_target`` knows it: {kind: {name: as for sources}}.

    A real set is here by its features, one of the nine data sets by its images.
    """
    drawn = (DRAWN + family for family in DRAWN_FAMILIES)
    real = (name for name in REAL_SETS if name != SAMPLE)
    here = {PHOTOS: photos.FAMILIES, REAL: real, DRAWINGS: drawn}
    offered = {kind: dict.fromkeys(names, "") for kind, names in here.items()}
    absent = {name for name in BENCHMARKS if state_of(name).word == "absent"}
    nine = {name: _brought_by(name) if name in absent else "" for name in BENCHMARKS}
    return {**offered, DATA_SETS: nine}


def _is_here(source):
    return source in BUNDLED or source.startswith(TIMM) or _weights_file(source).exists()


def _weights_file(source):
    """Where ``fetch`` puts the weights of one of torchvision's or Places365's networks."""
    if source.endswith("places365"):
        return places365.file_of(source.replace(" ", "_"))
    address = models.get_model_weights(source).DEFAULT.url
    return Path(torch.hub.get_dir()) / "checkpoints" / address.rsplit("/", 1)[1]


def _brought_by(name):
    return f"run 'python3 start.py fetch {name.replace(' ', '_')}'."


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


class _Shipped(_Pool):
    """Features that come with the course, of training and of test images."""

    def entry(self, source):
        """None: shipped features need no cache."""
        return None

    def features(self, source, progress=True):
        """Features of every image: shape (images, features)."""
        train, test = shipped_features(source, self.name)
        matrix = np.vstack([train.matrix, test.matrix])
        return replace(train, matrix=matrix, labels=np.concatenate([train.labels, test.labels]))


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
class PhotoTarget(_Shipped):
    """A family of photographs, by its shipped features.

    ``per_class`` training images are drawn by the seed from the 40 that are shipped.
    """

    name: str
    per_class: int = PER_CLASS
    pool_per_class = TRAIN_PER_CLASS


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


@dataclass(frozen=True)
class RealTarget(_Shipped):
    """A real set by its shipped features, which are of "imagenet"; of many classes the first."""

    name: str
    per_class: int = PER_CLASS
    n_classes: int = FEW_CLASSES

    @property
    def pool_per_class(self):
        return REAL_SETS[self.name].per_class[0]

    def features(self, source, progress=True):
        """Features of every image of these classes: shape (images, features)."""
        if source != IMAGENET:
            images = f" To use {source}, {_brought_by(self.name)}"
            images = images if self.name in BENCHMARKS else ""
            raise ValueError(
                f"{self.name} is here by its features under {IMAGENET} alone: choose that "
                f"source.{images}"
            )
        whole = super().features(source)
        few = of_rows(whole, whole.labels < self.n_classes)
        return replace(few, classes=whole.classes[: self.n_classes])


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


@dataclass(frozen=True)
class PartOfBenchmark(_Live):
    """Few classes and images of one of the nine data sets, once fetched: minutes, not hours.

    The classes of the ``RealTarget`` of that name, or the first; at most ``per_class`` training and
    test images a class, of the first official fold.
    """

    name: str
    root: str | None = None
    n_classes: int = FEW_CLASSES
    per_class: int = PER_CLASS

    def split(self, features, seed):
        """Rows that train and rows that test, whatever the seed."""
        n_train = _part(self)[1]
        return np.arange(n_train), np.arange(n_train, len(features.labels))

    def images(self):
        """Training images, then test images."""
        return _part(self)[0]


@lru_cache(maxsize=8)
def _part(target):
    """Images of a part of a benchmark, and how many of them, the first, train."""
    whole = _benchmark(target.name, target.root)
    shown = shipped_features(IMAGENET, target.name)[0].classes if target.name in REAL_SETS else ()
    shown = [name for name in shown if name in whole.classes]
    classes = (shown if len(shown) > 1 else list(whole.classes))[: target.n_classes]
    files, labels, n_train = [], [], 0
    for part in (whole.train(), whole.test()):
        n_train = len(files)
        of_class = {name: [] for name in classes}
        for file, label in zip(part.files, part.targets, strict=True):
            of_class.get(whole.classes[label], []).append(file)
        for label, found in enumerate(of_class.values()):
            files += found[: target.per_class]
            labels += [label] * len(found[: target.per_class])
    return ImageFiles(files, labels, classes), n_train


def explored(name, source):
    """A target of the list that answers at once or in a minute: of many classes, few."""
    fetched = name in BENCHMARKS and state_of(name).word != "absent"
    if name in REAL_SETS and (source == IMAGENET or not fetched):
        return RealTarget(name)
    if name in BENCHMARKS:
        return PartOfBenchmark(name)
    if name in photos.FAMILIES and source not in photos.PHOTO_SOURCES:
        return PhotographTarget(name)
    return as_target(name)


@lru_cache(maxsize=2)
def _benchmark(name, root):
    return load_benchmark(name, root and Path(root))


def as_target(target):
    """A target by its name: "insects", "drawn flowers", "mit67", ...; a target is given back.

    All of ``offered_targets``. ValueError if there is none of that name.
    """
    if not isinstance(target, str):
        return target
    if target in photos.FAMILIES:
        return PhotoTarget(target)
    if target.startswith(DRAWN) and target.removeprefix(DRAWN) in DRAWN_FAMILIES:
        return DrawnTarget(target.removeprefix(DRAWN))
    if target in BENCHMARKS:
        return BenchmarkTarget(target)
    if target in REAL_SETS and target != SAMPLE:
        return RealTarget(target)
    known = dict.fromkeys(name for names in offered_targets().values() for name in names)
    raise ValueError(f"There is no target {target!r}: choose from {', '.join(known)}.")
