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

import numpy as np

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


@dataclass(frozen=True)
class ClassMeans:
    """Mean feature vector of each class of photographs.

    Attributes
    ----------
    wnids : list of str
        WordNet ids of the classes.
    means : ndarray of float64, shape (classes, features)
    counts : ndarray of int, shape (classes,)
        Photographs that each mean is taken over.
    about : mapping
        ``backbone``, ``weights_sha256``, ``layer``, ``data``, ``date``.
    """

    wnids: list[str]
    means: np.ndarray
    counts: np.ndarray
    about: Mapping

    def of(self, role, every=1):
        """Means and counts of the classes of a source or family; ``every`` as for a ``Source``.

        Returns
        -------
        means : ndarray of shape (classes, features)
        counts : ndarray of shape (classes,)
        """
        rows = [self.wnids.index(wnid) for wnid in list(class_names(role))[::every]]
        return self.means[rows], self.counts[rows]


def read_class_means(file=FILE):
    """The shipped means, once they are those of the bundled weights.

    Raises
    ------
    RuntimeError
        If the file is missing, truncated, or was made by other weights.
    """
    found = _read(file)
    if found is None:
        problem = "is missing or truncated"
    elif found.about["weights_sha256"] != weights.read_card(found.about["backbone"])["sha256"]:
        problem = f"was made by other weights than those of {found.about['backbone']}"
    else:
        return found
    raise RuntimeError(
        f"{file} {problem}: run 'git checkout -- data' to bring the shipped one back, or make it "
        "again by 'python -m scripts.remake class_means'."
    )


def _read(file):
    try:
        with np.load(file, allow_pickle=False) as entry:
            about = json.loads(str(entry["about"]))
            found = ClassMeans(
                entry["wnids"].tolist(),
                entry["means"].astype(np.float64),
                entry["counts"].astype(int),
                about,
            )
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    whole = about.get("format") == FORMAT and {"backbone", "weights_sha256", "layer"} <= set(about)
    return found if whole else None


GAMMA = 0.1

DRAWN_PER_CLASS = 10


@dataclass(frozen=True)
class SourceSimilarity:
    """What lies between a source and a target."""

    distance: float
    similarity: float
    space: str


def source_similarity(source, target, gamma=GAMMA):
    """Distance and similarity of a source's classes and a target's classes.

    Parameters
    ----------
    source : str
        A bundled backbone whose training pictures are known, such as "natural".
    target : str or target
        As for ``tlcourse.tables.targets.as_target``. Photo families are in the shipped file; others
        are put through the common backbone here.
    gamma : float
        Cui et al. have 0.01, for features of another scale. Distances here are about 2 to 6, for
        which 0.01 puts every similarity between 0.94 and 0.98; 0.1 spreads them. The order of pairs
        does not depend on it.

    Returns
    -------
    SourceSimilarity

    Raises
    ------
    ValueError
        If the source or the target is unknown, or gamma is not greater than 0.
    """
    if not 0 < gamma < np.inf:
        raise ValueError(f"gamma is {gamma}: give a number greater than 0.")
    means = read_class_means()
    distance = class_mean_emd(*source_domain(source, means), *_target_domain(target, means))
    space = f"{means.about['layer']} of {means.about['backbone']}"
    return SourceSimilarity(distance, float(np.exp(-gamma * distance)), space)


def similarity_table(sources, targets, gamma=GAMMA):
    """``source_similarity`` of every pair.

    Returns
    -------
    DataFrame
        source, target (its name), distance, similarity; the space is in ``.attrs["space"]``.
    """
    import pandas as pd

    pairs = [(source, as_target(target)) for source in sources for target in targets]
    found = [source_similarity(source, target, gamma) for source, target in pairs]
    table = pd.DataFrame(
        {
            "source": [source for source, _ in pairs],
            "target": [target.name for _, target in pairs],
            "distance": [each.distance for each in found],
            "similarity": [each.similarity for each in found],
        }
    )
    table.attrs["space"] = found[0].space if found else ""
    return table


def source_domain(name, means):
    """What a source learned from, in the common space.

    Parameters
    ----------
    name : str
        A bundled backbone whose training pictures are known.
    means : ClassMeans
        Of ``read_class_means``.

    Returns
    -------
    X : ndarray of shape (n, d)
        Means of classes of photographs, or features of drawn pictures.
    y : ndarray of int, shape (n,)

    Raises
    ------
    ValueError
        If the source is unknown.
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
    target = as_target(target)
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
