"""Scores of a linear SVM on reused features: trained on some images, scored on others.

``evaluate_transfer`` takes shipped features by name, ``evaluate_features`` any Features;
``sample_per_class`` draws the training images, ``choose_C`` looks for C without the test images.
"""

import time
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np
from sklearn.metrics import recall_score
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.pipeline import Pipeline

from tlcourse.classifiers.svm import LinearSVM
from tlcourse.features.extraction import shipped_features
from tlcourse.features.normalization import make_normalization

PER_CLASS = 20
DRAWS = range(5)
FOLDS = 3
FACTORS = (0.01, 0.1, 1, 10)


@dataclass(frozen=True)
class TransferResult:
    """Accuracies are shares of 1; ``accuracy`` is the mean over classes, the paper's score.

    ``predicted`` is the class of each test image, an index."""

    accuracy: float
    per_class: dict[str, float]
    n_features: int
    seconds: float
    converged: bool
    predicted: np.ndarray = field(repr=False, compare=False)


def evaluate_transfer(
    backbone_name, family, layers, per_class=PER_CLASS, seed=0, C=1.0, normalization="L2 by layer"
):
    """Train a linear SVM on shipped features of "natural" or "manmade", and score it.

    ``seed`` draws ``per_class`` images a class, or ValueError; the rest: ``evaluate_features``."""
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


def evaluate_features(train, test, layers, seed=0, C=1.0, normalization="L2 by layer"):
    """Train a linear SVM on the Features of some images, and score it on those of others.

    ``layers`` are put side by side, ``normalization`` is one of ``NORMALIZATIONS``, ``C`` is 1 in
    the paper, ``seed`` decides in which order the SVM visits the images; every class has a test
    image.

    Raises
    ------
    ValueError
        If a layer or normalization is not there.
    """
    model = _pipeline(train, layers, seed, C, normalization)
    X, X_test = train.select(layers), test.select(layers)
    started = time.perf_counter()
    predicted = model.fit(X, train.labels).predict(X_test)
    seconds = time.perf_counter() - started
    recalls = recall_score(test.labels, predicted, average=None)
    per_class = dict(zip(test.classes, recalls.tolist(), strict=True))
    converged = bool(model["svm"].n_iter_ < model["svm"].max_iter)
    accuracy = float(recalls.mean())
    return TransferResult(accuracy, per_class, X.shape[1], seconds, converged, predicted)


def _pipeline(train, layers, seed, C, normalization):
    sizes = {layer: train.layer_sizes[layer] for layer in train.layer_sizes if layer in layers}
    transformer, machine = make_normalization(normalization, sizes), LinearSVM(C, random_state=seed)
    return Pipeline([("normalization", transformer), ("svm", machine)])


def choose_C(train, layers, normalization="L2 by layer", seed=0):
    """C by three-fold cross-validation within the training Features: no test image is seen.

    Tried are ``FACTORS`` over the mean squared length of a normalised training row, so that no
    scale of the features matters; the best mean class accuracy wins, the smallest C of equals."""
    model, X = _pipeline(train, layers, seed, 1.0, normalization), train.select(layers)
    rows = model["normalization"].fit_transform(X)
    length = np.mean(np.sum(np.square(rows, dtype=np.float64), axis=1))
    grid = {"svm__C": [float(f"{factor / length:.3g}") for factor in FACTORS]}
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    search = GridSearchCV(model, grid, scoring="balanced_accuracy", cv=folds, refit=False)
    return search.fit(X, train.labels).best_params_["svm__C"]


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
