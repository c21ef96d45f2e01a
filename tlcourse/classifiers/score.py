"""From source to target: a linear SVM on reused features, scored on images it has not seen.

    python -m scripts.remake transfer --write

measures every bundled backbone on the six shipped target families and writes the figures into
the model cards. A second run gives the same.
"""

import time
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from sklearn.metrics import recall_score
from sklearn.pipeline import make_pipeline

from tlcourse.classifiers.svm import LinearSVM
from tlcourse.datasets.photos import FAMILIES
from tlcourse.features.extraction import shipped_features
from tlcourse.features.normalization import make_normalization

PER_CLASS = 20

SEEDS = range(5)


@dataclass(frozen=True)
class TransferResult:
    """Accuracies are shares of 1; ``accuracy`` is the mean over classes, the paper's score."""

    accuracy: float
    per_class: dict[str, float]
    n_features: int
    seconds: float
    converged: bool


def evaluate_transfer(
    backbone_name, family, layers, per_class=PER_CLASS, seed=0, C=1.0, normalization="L2 per image"
):
    """Train a linear SVM on the shipped features of some layers, and score it.

    Parameters
    ----------
    backbone_name : {"natural", "manmade"}
        The source.
    family : str
        The target: one of ``tlcourse.datasets.FAMILIES``.
    layers : str or sequence of str
        Which layers' features are put side by side.
    per_class : int
        Training images a class, drawn by ``seed`` from the 40 that are shipped.
    C : float
        Of the SVM; 1 in the paper.
    normalization : str
        One of ``tlcourse.features.normalization.NORMALIZATIONS``.

    Returns
    -------
    TransferResult

    Raises
    ------
    ValueError
        If a class has fewer images than ``per_class``, ``per_class`` is below 1, or a layer or
        normalization is not there.
    """
    layers = (layers,) if isinstance(layers, str) else tuple(layers)
    return _evaluate(backbone_name, family, layers, per_class, seed, C, normalization)


@lru_cache(maxsize=1024)
def _evaluate(backbone_name, family, layers, per_class, seed, C, normalization):
    train, test = shipped_features(backbone_name, family)
    train = of_rows(train, sample_per_class(train.labels, per_class, seed))
    return evaluate_features(train, test, layers, seed, C, normalization)


def of_rows(features, rows):
    """The features of some images only, in the order of ``rows``."""
    return replace(features, matrix=features.matrix[rows], labels=features.labels[rows])


def every_second_class(features):
    """The features of classes 0, 2, 4, ..., which become 0, 1, 2, ..."""
    kept = of_rows(features, features.labels % 2 == 0)
    return replace(kept, labels=kept.labels // 2, classes=features.classes[::2])


def evaluate_features(train, test, layers, seed=0, C=1.0, normalization="L2 per image"):
    """As ``evaluate_transfer``, on any features: trained on some images, scored on others.

    Parameters
    ----------
    train, test : Features
        Of the same layers and classes; every class has a test image.
    layers : sequence of str
    seed : int
        Order in which the SVM visits the images.
    C : float
    normalization : str

    Returns
    -------
    TransferResult
    """
    sizes = {layer: train.layer_sizes[layer] for layer in train.layer_sizes if layer in layers}
    machine = LinearSVM(C=C, random_state=seed)
    model = make_pipeline(make_normalization(normalization, sizes), machine)
    X, X_test = train.select(layers), test.select(layers)
    started = time.perf_counter()
    predicted = model.fit(X, train.labels).predict(X_test)
    seconds = time.perf_counter() - started
    recalls = recall_score(test.labels, predicted, average=None)
    per_class = dict(zip(test.classes, recalls.tolist(), strict=True))
    converged = bool(machine.n_iter_ < machine.max_iter)
    return TransferResult(float(recalls.mean()), per_class, X.shape[1], seconds, converged)


def sample_per_class(labels, per_class, seed):
    """Rows of ``per_class`` images of each class, drawn without replacement.

    Raises
    ------
    ValueError
        If a class has fewer, or ``per_class`` is below 1.
    """
    if per_class < 1:
        raise ValueError(f"per_class is {per_class}: ask for 1 image a class or more.")
    generator, rows = np.random.default_rng(seed), []
    for label in np.unique(labels):
        candidates = np.flatnonzero(labels == label)
        if len(candidates) < per_class:
            raise ValueError(
                f"Class {label} has {len(candidates)} images and {per_class} a class were asked "
                "for: ask for fewer."
            )
        rows.append(generator.choice(candidates, per_class, replace=False))
    return np.concatenate(rows)


def layer_sets(backbone_name, family=FAMILIES[0]):
    """The lecture's three embeddings: fc6, fc7, and the full network, as tuples of layers."""
    every = tuple(shipped_features(backbone_name, family)[0].layer_sizes)
    return {"fc6": ("fc6",), "fc7": ("fc7",), "full network": every}
