"""What discretising features does to accuracy: thresholds, C, and the number of features."""

import time
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from tqdm import tqdm

from tlcourse.classifiers.score import PER_CLASS, sample_per_class
from tlcourse.classifiers.svm import LinearSVM, mean_class_accuracy
from tlcourse.features.embedding_cost import bytes_of
from tlcourse.features.extraction import shipped_features
from tlcourse.features.normalization import HIGH, LOW, Discretizer, Standardizer

VALUES = (-1, 0, 1)

CS = (1.0, 3e-4, 1e-4)

MAGNITUDES = {"standardized": None, "{-v, 0, v}": "mean", "discretized": "one"}


@dataclass(frozen=True)
class ThresholdResult:
    """The full-network embedding with two thresholds, and a linear SVM on it."""

    accuracy: float
    shares: dict[int, float]
    bytes: dict[str, int]
    seconds: float
    passes: int


def evaluate_thresholds(
    source, family, low=LOW, high=HIGH, layers=None, per_class=PER_CLASS, seed=0, C=1.0
):
    """Embed shipped features with these thresholds, train a linear SVM, and score it.

    Parameters
    ----------
    source : {"natural", "manmade"}
        The backbone.
    family : str
        The target: one of ``tlcourse.datasets.FAMILIES``.
    low, high : float
        Thresholds on the standardised features.
    layers : str or sequence of str, optional
        All layers by default.
    per_class : int
        Training images a class, drawn by ``seed``.
    C : float
        Of the SVM.

    Returns
    -------
    ThresholdResult

    Raises
    ------
    ValueError
        If the thresholds are crossed, or a source, family or layer is not there.
    """
    layers = (layers,) if isinstance(layers, str) else layers and tuple(layers)
    return _evaluate(source, family, float(low), float(high), layers, per_class, seed, C)


@lru_cache(maxsize=1024)
def _evaluate(source, family, low, high, layers, per_class, seed, C):
    train, train_labels, test, test_labels = standardized(source, family, layers, per_class, seed)
    discretizer = Discretizer(low, high).fit(train)
    embedded = discretizer.transform(train)
    machine = LinearSVM(C=C, random_state=seed)
    started = time.perf_counter()
    machine.fit(embedded, train_labels)
    seconds = time.perf_counter() - started
    predicted = machine.predict(discretizer.transform(test))
    return ThresholdResult(
        mean_class_accuracy(test_labels, predicted),
        shares_of(embedded),
        bytes_of(embedded.size),
        seconds,
        int(machine.n_iter_),
    )


@lru_cache(maxsize=12)
def standardized(source, family, layers=None, per_class=PER_CLASS, seed=0):
    """Shipped features, standardised over a draw of the training images.

    Returns
    -------
    train : ndarray of float32, shape (images, features)
    train_labels : ndarray of int
    test : ndarray of float32
        By the training images' statistics.
    test_labels : ndarray of int
    """
    train, test = shipped_features(source, family)
    layers = layers or tuple(train.layer_sizes)
    rows = sample_per_class(train.labels, per_class, seed)
    standardizer = Standardizer().fit(train.select(layers)[rows])
    return (
        standardizer.transform(train.select(layers)[rows]),
        train.labels[rows],
        standardizer.transform(test.select(layers)),
        test.labels,
    )


def compare_embeddings(pairs, embeddings=tuple(MAGNITUDES), Cs=CS, seeds=range(3)):
    """Accuracy of embeddings of the full network, every C on the same draws.

    Parameters
    ----------
    pairs : sequence of (str, str)
        Source and target family.
    embeddings : sequence of str
        Of ``MAGNITUDES``.
    Cs : sequence of float
    seeds : sequence of int
        Draws of the training images.

    Returns
    -------
    dict
        ``{(source, family): {(embedding, C): accuracies over seeds}}``.

    Raises
    ------
    ValueError
        If a source, family or embedding is not there.
    """
    unknown = [name for name in embeddings if name not in MAGNITUDES]
    if unknown:
        raise ValueError(f"No embedding {unknown[0]!r}: name some of {', '.join(MAGNITUDES)}.")
    found = {pair: {} for pair in pairs}
    for pair in tqdm(found, "training SVMs", delay=2, leave=False):
        for seed in seeds:
            for key, accuracy in _accuracies(*pair, embeddings, Cs, seed).items():
                found[pair].setdefault(key, []).append(accuracy)
    return found


def _accuracies(source, family, embeddings, Cs, seed):
    train, train_labels, test, test_labels = standardized(source, family, seed=seed)
    accuracies = {}
    for name in embeddings:
        magnitude = MAGNITUDES[name]
        model = Discretizer(magnitude=magnitude).fit(train) if magnitude else None
        X, X_test = (model.transform(part) if model else part for part in (train, test))
        for C in Cs:
            machine = LinearSVM(C=C, random_state=seed).fit(X, train_labels)
            accuracies[name, C] = mean_class_accuracy(test_labels, machine.predict(X_test))
    return accuracies


def with_borrowed_C(measured):
    """Each embedding at the C that serves it best on the *other* families.

    So that an embedding has a C that suits it, and no test image has chosen its own.

    Parameters
    ----------
    measured : dict
        From `compare_embeddings`; two families at least.

    Returns
    -------
    dict
        ``{(source, family): {embedding: (C, accuracies over seeds)}}``.

    Raises
    ------
    ValueError
        If there is only one family.
    """
    if len({family for _, family in measured}) < 2:
        raise ValueError("There is only one family: a C can be borrowed from other families only.")
    embeddings = list(dict.fromkeys(name for name, _ in next(iter(measured.values()))))
    chosen = {}
    for pair, accuracies in measured.items():
        others = [values for other, values in measured.items() if other[1] != pair[1]]
        best = {name: _best_C(others, name) for name in embeddings}
        chosen[pair] = {name: (C, accuracies[name, C]) for name, C in best.items()}
    return chosen


def _best_C(measured, embedding):
    Cs = [C for name, C in measured[0] if name == embedding]
    return max(Cs, key=lambda C: np.mean([accuracies[embedding, C] for accuracies in measured]))


def paired_differences(left, right):
    """``left - right`` in points, draw by draw: ndarray of shape (draws,)."""
    return 100 * (np.asarray(left) - np.asarray(right))


def differences_by_size(pairs, sizes=(16, 64, 256, 1024), seeds=range(3)):
    """Discretised - standardised on some features only, drawn at random.

    The squared length of an image grows with the number of features, so C falls with it, as
    0.3 / size.

    Parameters
    ----------
    pairs : sequence of (str, str)
        Source and target family.
    sizes : sequence of int
        Numbers of features.
    seeds : sequence of int
        Draws of the training images and of the features.

    Returns
    -------
    dict
        ``{size: differences in points, over pairs and draws}``.

    Raises
    ------
    ValueError
        If a size is less than 1 or more than there are features.
    """
    found = {size: [] for size in sizes}
    for pair in pairs:
        for seed in seeds:
            train, train_labels, test, test_labels = standardized(*pair, seed=seed)
            for size in sizes:
                columns = _some_columns(train.shape[1], size, seed)
                parts = train[:, columns], train_labels, test[:, columns], test_labels
                found[size].append(_difference(*parts, C=0.3 / size, seed=seed))
    return found


def _some_columns(n_features, size, seed):
    if not 1 <= size <= n_features:
        raise ValueError(f"size is {size}: there are 1 to {n_features} features to draw.")
    return np.random.default_rng(seed).choice(n_features, size, replace=False)


def _difference(train, train_labels, test, test_labels, C, seed):
    discretizer, accuracies = Discretizer().fit(train), []
    for X, X_test in ((discretizer.transform(train), discretizer.transform(test)), (train, test)):
        machine = LinearSVM(C=C, random_state=seed).fit(X, train_labels)
        accuracies.append(mean_class_accuracy(test_labels, machine.predict(X_test)))
    return float(paired_differences(*accuracies))


def shares_of(embedded):
    """Which share of the values is -1, 0 and 1, as ``{value: share}``."""
    return {value: float(np.mean(embedded == value)) for value in VALUES}
