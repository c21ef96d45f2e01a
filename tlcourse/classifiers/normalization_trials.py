"""Normalizations on trial: the same SVM on features that are normalised in different ways.

A linear SVM weighs training errors by C, and what a given C does depends on how long the rows of
the features are. So each normalization is tried with C = 1, as in the paper, and with C "to
scale": 1 over the mean squared length of a training row.
"""

from functools import lru_cache
from itertools import product

import numpy as np
from tqdm import tqdm

from tlcourse.classifiers.score import PER_CLASS, evaluate_transfer, sample_per_class
from tlcourse.classifiers.svm import LinearSVM, mean_class_accuracy
from tlcourse.features.extraction import Features, shipped_features
from tlcourse.features.normalization import Standardizer, make_normalization

TO_SCALE = "to scale"

SEEDS = range(3)


def normalized_features(source, target, layers, normalization):
    """The shipped training features of some layers, normalised by themselves.

    Parameters
    ----------
    source, target : str
        As for ``tlcourse.features.extraction.shipped_features``.
    layers : str or sequence of str
    normalization : str
        One of ``tlcourse.features.normalization.NORMALIZATIONS``.

    Returns
    -------
    Features

    Raises
    ------
    ValueError
        If source, target, a layer or the normalization is unknown.
    """
    train, _ = shipped_features(source, target)
    chosen = {layers} if isinstance(layers, str) else set(layers)
    train.select(chosen)  # says so where a layer is unknown, or none is chosen
    train = train.restricted_to(chosen)
    transformer = make_normalization(normalization, train.layer_sizes)
    matrix = transformer.fit_transform(train.matrix)
    return Features(matrix, train.labels, train.classes, train.layer_sizes, train.about)


def mean_squared_length(matrix):
    """Mean over the images of the squared Euclidean length of a row."""
    return float(np.mean(np.sum(np.square(matrix, dtype=np.float64), axis=1)))


@lru_cache(maxsize=256)
def _scale(source, target, layers, normalization):
    length = mean_squared_length(normalized_features(source, target, layers, normalization).matrix)
    return float(f"{length:.3g}")  # three digits do, and are the same on every machine


def scaled_C(source, target, layers, normalization, factor=1.0):
    """``factor`` over the mean squared length of a row, after the normalization.

    With L2 per image a row has length 1, so that C is ``factor``. Multiplying all features by a
    number changes nothing with this C.

    Returns
    -------
    float
        The length is rounded to three digits.
    """
    layers = (layers,) if isinstance(layers, str) else tuple(layers)
    return factor / _scale(source, target, layers, normalization)


def accuracies(source, target, layers, normalization, C=1.0, seeds=SEEDS):
    """Accuracy of the SVM over several draws of the training images."""
    if C == TO_SCALE:
        C = scaled_C(source, target, layers, normalization)
    options = {"C": C, "normalization": normalization}
    return [
        evaluate_transfer(source, target, layers, seed=seed, **options).accuracy for seed in seeds
    ]


def compare(sources, layer_sets, normalizations, Cs=(1.0, TO_SCALE), seeds=SEEDS):
    """Accuracies of every normalization on every set of layers, at each C.

    Parameters
    ----------
    sources : mapping of str to str
        ``{target: source}``.
    layer_sets : mapping of str to sequence of str
        Name -> layers.
    normalizations : sequence of str
    Cs : sequence of float or "to scale"
    seeds : sequence of int

    Returns
    -------
    dict of (str, str, float or str) to ndarray of shape (targets, draws)
        By name of the layers, normalization and C.
    """
    keys = list(product(layer_sets, normalizations, Cs))
    return {
        (name, normalization, C): np.array(
            [
                accuracies(source, target, layer_sets[name], normalization, C, seeds)
                for target, source in sources.items()
            ]
        )
        for name, normalization, C in tqdm(keys, delay=2, unit="setting")
    }


def mean_over_targets(compared):
    """A row a normalization for each set of layers: the draws, averaged over the targets.

    Parameters
    ----------
    compared : dict
        From ``compare``.

    Returns
    -------
    dict of str to dict of str to dict of str to list of float
        ``{layers: {normalization: {"C = 1": a value a draw, "C to scale": ...}}}``
    """
    rows = {}
    for (name, normalization, C), found in compared.items():
        label = f"C {TO_SCALE}" if C == TO_SCALE else f"C = {C:g}"
        rows.setdefault(name, {}).setdefault(normalization, {})[label] = list(found.mean(axis=0))
    return rows


def accuracies_over_C(sources, layers, normalizations, factors, seeds=SEEDS):
    """Accuracy of each normalization at several C, the same for all once they are to scale.

    Parameters
    ----------
    sources : mapping of str to str
        ``{target: source}``.
    layers : sequence of str
    normalizations : sequence of str
    factors : sequence of float
        C times the mean squared length of a row.
    seeds : sequence of int

    Returns
    -------
    dict of str to dict of (float, float) to list of float
        ``{normalization: {(C, factor): accuracy of each draw}}``, C and accuracy averaged over
        the targets (C: geometric mean).
    """
    found = {}
    for name, factor in tqdm(list(product(normalizations, factors)), delay=2, unit="setting"):
        Cs = [scaled_C(source, target, layers, name, factor) for target, source in sources.items()]
        draws = [
            accuracies(source, target, layers, name, C, seeds)
            for (target, source), C in zip(sources.items(), Cs, strict=True)
        ]
        key = (float(np.exp(np.mean(np.log(Cs)))), float(factor))
        found.setdefault(name, {})[key] = list(np.mean(draws, axis=0))
    return found


def predictions_kept(source, target, layers, change, seed=0):
    """Share of the test images on which the SVM decides as before, after a change of the features.

    Parameters
    ----------
    source, target, layers
        As for ``accuracies``.
    change : ndarray of shape (features, features) or (features,)
        A matrix that every row is multiplied by, or a factor for each feature.
    seed : int

    Returns
    -------
    float
        1 if nothing changed. C is to scale before and after.
    """
    train, test = shipped_features(source, target)
    rows = sample_per_class(train.labels, PER_CLASS, seed)
    X, X_test = (part.select(layers).astype(np.float64) for part in (train, test))
    labels, decided = train.labels[rows], []
    for A, B in ((X[rows], X_test), (_changed(X[rows], change), _changed(X_test, change))):
        machine = LinearSVM(1 / mean_squared_length(A), random_state=seed).fit(A, labels)
        decided.append(machine.predict(B))
    return float(np.mean(decided[0] == decided[1]))


def _changed(matrix, change):
    return matrix @ change if np.ndim(change) == 2 else matrix * change


def accuracies_with_statistics_of(other, source, target, layers, seeds=SEEDS):
    """Standardise by the mean and deviation of another target's training images.

    Parameters
    ----------
    other : str
        The target whose images give the statistics; ``target`` itself for its own.
    source, target, layers, seeds
        As for ``accuracies``. C is to scale.

    Returns
    -------
    list of float
        Mean class accuracy of each draw on ``target``.
    """
    train, test = shipped_features(source, target)
    standardizer = Standardizer().fit(shipped_features(source, other)[0].select(layers))
    rows_of, test_rows = (standardizer.transform(part.select(layers)) for part in (train, test))
    found = []
    for seed in seeds:
        rows = sample_per_class(train.labels, PER_CLASS, seed)
        C = 1 / mean_squared_length(rows_of[rows])
        machine = LinearSVM(C, random_state=seed).fit(rows_of[rows], train.labels[rows])
        found.append(mean_class_accuracy(test.labels, machine.predict(test_rows)))
    return found


def accuracies_by_test_statistics(source, target, layers, seeds=SEEDS):
    """What becomes of the accuracy if test images are standardised by their own statistics.

    Parameters
    ----------
    source, target, layers, seeds
        As for ``accuracies``. C is to scale.

    Returns
    -------
    dict of str to list of float
        How the test images were standardised -> accuracy of each draw: by the training images
        (right), by all test images, by the test images of one class at a time (as when they
        come folder by folder), or each by itself (every feature is then 0).
    """
    train, test = shipped_features(source, target)
    images, labels = test.select(layers), test.labels
    batches = {
        "by all test images": [np.arange(len(labels))],
        "by one class at a time": [np.flatnonzero(labels == label) for label in np.unique(labels)],
    }
    found = {"by the training images": [], **{name: [] for name in batches}, "each by itself": []}
    for seed in seeds:
        rows = sample_per_class(train.labels, PER_CLASS, seed)
        right = Standardizer().fit(train.select(layers)[rows])
        trained_on = right.transform(train.select(layers)[rows])
        machine = LinearSVM(1 / mean_squared_length(trained_on), random_state=seed)
        machine.fit(trained_on, train.labels[rows])

        def keep(name, standardized, machine=machine):
            found[name].append(mean_class_accuracy(labels, machine.predict(standardized)))

        keep("by the training images", right.transform(images))
        for name, parts in batches.items():
            own = np.empty_like(images)
            for part in parts:
                own[part] = Standardizer().fit_transform(images[part])
            keep(name, own)
        keep("each by itself", np.zeros_like(images))
    return found
