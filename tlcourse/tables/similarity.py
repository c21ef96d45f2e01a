"""How similar a target is to what a source learned from: one feature space for all pairs.

The distance is the earth mover's between class means (Cui et al. 2018), in the space of
``data/measured/class_means.npz``: ``fc7`` of one backbone, the same for every pair. The space
matters. A network pushes the classes that it was trained to tell apart away from everything else,
so that in a space trained on one of two sources that source looks far from every target; sources
are compared in a space that has seen both, or neither.
"""

import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd

from tlcourse import paths
from tlcourse.datasets.drawn import HybridImages
from tlcourse.datasets.photos import EVERY_SOURCE_CLASS, FAMILIES, class_names
from tlcourse.domains.similarity import class_mean_emd
from tlcourse.features.extraction import extract_features
from tlcourse.networks import weights
from tlcourse.networks.backbones import load_backbone
from tlcourse.networks.sources import SOURCES
from tlcourse.tables.targets import PhotoTarget, as_target

LAYER = "fc7"
FORMAT = 1
FILE = paths.SHIPPED / "measured" / "class_means.npz"
ROLES = (EVERY_SOURCE_CLASS, *FAMILIES)
DRAWN_PER_CLASS = 10
# Cui et al. have 0.01, for features of another scale. Distances here are about 2 to 6, for which
# 0.01 puts every similarity between 0.94 and 0.98. The order of pairs does not depend on it.
GAMMA = 0.1


@dataclass(frozen=True)
class ClassMeans:
    """Mean feature vector of each class of photographs.

    ``wnids`` are the classes, ``means`` float64 (classes, features), ``counts`` the photographs
    that each is taken over, ``about`` has backbone, weights_sha256, layer, data and date.
    """

    wnids: list[str]
    means: np.ndarray
    counts: np.ndarray
    about: Mapping

    def of(self, role, every=1):
        """Means (classes, features) and counts of a source or family; ``every`` as a ``Source``."""
        rows = [self.wnids.index(wnid) for wnid in list(class_names(role))[::every]]
        return self.means[rows], self.counts[rows]


def read_class_means(file=FILE):
    """The shipped means, once they are those of the bundled weights.

    Raises
    ------
    RuntimeError
        If the file is missing, truncated, or was made by other weights.
    """
    problem = "is missing or truncated"
    try:
        with np.load(file, allow_pickle=False) as entry:
            about, wnids = json.loads(str(entry["about"])), entry["wnids"].tolist()
            means, counts = entry["means"].astype(np.float64), entry["counts"].astype(int)
        keys = {"backbone", "weights_sha256", "layer"}
        if about.get("format") == FORMAT and keys <= set(about):
            if about["weights_sha256"] == weights.read_card(about["backbone"])["sha256"]:
                return ClassMeans(wnids, means, counts, about)
            problem = f"was made by other weights than those of {about['backbone']}"
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        pass
    raise RuntimeError(
        f"{file} {problem}: run 'git checkout -- data' to bring the shipped one back, or make it "
        "again by 'python -m scripts.remake class_means'."
    )


def similarity_table(sources, targets):
    """What lies between each source and target: a row a pair.

    ``sources`` are bundled backbones whose training pictures are known; ``targets`` as for
    ``as_target``: photo families are in the shipped file, others are put through the common
    backbone here. Columns: source, target (its name), distance of their classes, similarity; the
    space is in ``.attrs["space"]``. ValueError if one is unknown.
    """
    means, rows = read_class_means(), []
    for source, target in product(sources, map(as_target, targets)):
        distance = class_mean_emd(*source_domain(source, means), *_target_domain(target, means))
        rows.append((source, target.name, distance, float(np.exp(-GAMMA * distance))))
    table = pd.DataFrame(rows, columns=["source", "target", "distance", "similarity"])
    table.attrs["space"] = f"{means.about['layer']} of {means.about['backbone']}"
    return table


def source_domain(name, means):
    """What a source learned from, in the space of ``means``: X (n, d) and y (n,).

    Means of classes of photographs, or features of drawn pictures; ValueError if the source is
    unknown.
    """
    if name not in SOURCES:
        raise ValueError(
            f"What {name!r} learned from is not here, so that nothing can be said of its "
            f"similarity: choose from {', '.join(SOURCES)}."
        )
    source = SOURCES[name]
    if source.role == "drawn":
        return described(HybridImages("val", DRAWN_PER_CLASS), means)
    return _weighted(*means.of(source.role, source.every))


def _target_domain(target, means):
    if isinstance(target, PhotoTarget):
        return _weighted(*means.of(target.name))
    return described(target.images(), means)


def described(images, means):
    """Features and labels of any images in the common space of ``means``."""
    backbone, layer = load_backbone(means.about["backbone"]), means.about["layer"]
    features = extract_features(backbone, images, [layer], precision="float32")
    return features.matrix, features.labels


def _weighted(means, counts):
    """Each class as often as its share of the images asks for, and its label."""
    times = counts // np.gcd.reduce(counts)
    return np.repeat(means, times, axis=0), np.repeat(np.arange(len(means)), times)
