"""Normalizations on trial: the same SVM on features that are normalised in different ways.

A linear SVM weighs training errors by C, and what a given C does depends on how long the rows of
the features are. So each normalization is tried with C = 1, as in the paper, and with C "to
scale": 1 over the mean squared length of a training row.
"""

from dataclasses import replace
from functools import lru_cache
from itertools import product

import numpy as np
from tqdm import tqdm

from tlcourse.classifiers.score import PER_CLASS, evaluate_transfer, sample_per_class
from tlcourse.classifiers.svm import LinearSVM, mean_class_accuracy
from tlcourse.features.extraction import shipped_features
from tlcourse.features.normalization import Standardizer, make_normalization

TO_SCALE = "to scale"
FEW_DRAWS = range(3)


def normalized_features(source, target, layers, normalization):
    """The shipped training features of some layers, normalised by themselves, as Features.

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
    return replace(train, matrix=transformer.fit_transform(train.matrix))


def mean_squared_length(matrix):
    """Mean over the images of the squared Euclidean length of a row."""
    return float(np.mean(np.sum(np.square(matrix, dtype=np.float64), axis=1)))


@lru_cache(maxsize=256)
def _scale(source, target, layers, normalization):
    length = mean_squared_length(normalized_features(source, target, layers, normalization).matrix)
    return float(f"{length:.3g}")  # three digits do, and are the same on every machine


def scaled_C(source, target, layers, normalization, factor=1.0):
    """``factor`` over the mean squared length of a row (in three digits), once normalised.

    With L2 per image that length is 1. No factor on all features matters with this C."""
    layers = (layers,) if isinstance(layers, str) else tuple(layers)
    return factor / _scale(source, target, layers, normalization)


def accuracies(source, target, layers, normalization, C=1.0, seeds=FEW_DRAWS):
    """Accuracy of the SVM over several draws of the training images."""
    if C == TO_SCALE:
        C = scaled_C(source, target, layers, normalization)
    options = {"C": C, "normalization": normalization}
    return [
        evaluate_transfer(source, target, layers, seed=seed, **options).accuracy for seed in seeds
    ]


def compare(sources, layer_sets, normalizations, Cs=(1.0, TO_SCALE), seeds=FEW_DRAWS):
    """Accuracies of every normalization on every set of layers ({name: layers}), at each C.

    ``sources``: {target: source}. {(name, normalization, C): ndarray (targets, draws)}."""
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
    """What ``compare`` gave, the draws averaged over the targets.

    ``{layers: {normalization: {"C = 1": a value a draw, "C to scale": ...}}}``
    """
    rows = {}
    for (name, normalization, C), found in compared.items():
        label = f"C {TO_SCALE}" if C == TO_SCALE else f"C = {C:g}"
        rows.setdefault(name, {}).setdefault(normalization, {})[label] = list(found.mean(axis=0))
    return rows


def accuracies_over_C(sources, layers, normalizations, factors, seeds=FEW_DRAWS):
    """Accuracy of each normalization at several C, the same for all once they are to scale.

    ``sources``: {target: source}; ``factors``: C times the mean squared length of a row. Returns
    ``{normalization: {(C, factor): accuracy of each draw}}``, C and accuracy averaged over the
    targets (C: geometric mean).
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

    ``change`` is a matrix (features, features) that every row is multiplied by, or a factor for
    each feature. C is to scale before and after.
    """
    train, test = shipped_features(source, target)
    rows = sample_per_class(train.labels, PER_CLASS, seed)
    before = train.select(layers)[rows].astype(np.float64), test.select(layers).astype(np.float64)
    after = (part @ change if np.ndim(change) == 2 else part * change for part in before)
    decided = [
        _svm_to_scale(X, train.labels[rows], seed).predict(X_test)
        for X, X_test in (before, tuple(after))
    ]
    return float(np.mean(decided[0] == decided[1]))


def _svm_to_scale(X, y, seed):
    return LinearSVM(1 / mean_squared_length(X), random_state=seed).fit(X, y)


def accuracies_with_statistics_of(other, source, target, layers, seeds=FEW_DRAWS):
    """Accuracy of each draw when ``other``'s training images give mean and deviation.

    ``other`` is another target, or ``target`` itself for its own. C is to scale.
    """
    train, test = shipped_features(source, target)
    standardizer = Standardizer().fit(shipped_features(source, other)[0].select(layers))
    rows_of, test_rows = (standardizer.transform(part.select(layers)) for part in (train, test))
    found = []
    for seed in seeds:
        rows = sample_per_class(train.labels, PER_CLASS, seed)
        machine = _svm_to_scale(rows_of[rows], train.labels[rows], seed)
        found.append(mean_class_accuracy(test.labels, machine.predict(test_rows)))
    return found


def accuracies_by_test_statistics(source, target, layers, seeds=FEW_DRAWS):
    """What becomes of the accuracy if test images are standardised by their own statistics.

    C is to scale. How the test images were standardised -> accuracy of each draw: by the training
    images (right), by all test images, by the test images of one class at a time (as when they
    come folder by folder), or each by itself (every feature is then 0).
    """
    train, test = shipped_features(source, target)
    images, labels = test.select(layers), test.labels
    by_class = np.empty_like(images)
    for label in np.unique(labels):
        by_class[labels == label] = Standardizer().fit_transform(images[labels == label])
    standardized = {
        "by the training images": None,
        "by all test images": Standardizer().fit_transform(images),
        "by one class at a time": by_class,
        "each by itself": np.zeros_like(images),
    }
    found = {name: [] for name in standardized}
    for seed in seeds:
        rows = sample_per_class(train.labels, PER_CLASS, seed)
        right = Standardizer().fit(train.select(layers)[rows])
        standardized["by the training images"] = right.transform(images)
        trained_on = right.transform(train.select(layers)[rows])
        machine = _svm_to_scale(trained_on, train.labels[rows], seed)
        for name, X_test in standardized.items():
            found[name].append(mean_class_accuracy(labels, machine.predict(X_test)))
    return found
