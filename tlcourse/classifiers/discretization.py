"""What discretising features does to accuracy: thresholds, C, and the number of features."""

import time
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import numpy as np
from tqdm import tqdm

from tlcourse.classifiers.score import PER_CLASS, sample_per_class, svm_accuracy
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


@lru_cache(maxsize=1024)
def evaluate_thresholds(source, family, low=LOW, high=HIGH, seed=0):
    """Embed shipped features with thresholds on the standardised values, train an SVM, score it.

    The full network of a source ("natural", "manmade") on a family of photographs; ``seed`` draws
    the training images. Gives a ThresholdResult.

    Raises
    ------
    ValueError
        If the thresholds are crossed, or a source or family is not there."""
    train, train_labels, test, test_labels = standardized(source, family, seed=seed)
    embedded, embedded_test = _embedded(train, test, low=float(low), high=float(high))
    started = time.perf_counter()
    machine = LinearSVM(random_state=seed).fit(embedded, train_labels)
    seconds = time.perf_counter() - started
    predicted = machine.predict(embedded_test)
    return ThresholdResult(
        mean_class_accuracy(test_labels, predicted),
        shares_of(embedded),
        bytes_of(embedded.size),
        seconds,
        int(machine.n_iter_),
    )


@lru_cache(maxsize=12)
def standardized(source, family, per_class=PER_CLASS, seed=0):
    """Shipped features, standardised over a draw of the training images, and labels.

    Returns (train, train_labels, test, test_labels): float32 (images, features) and int; the test
    images by the training images' statistics.
    """
    train, test = shipped_features(source, family)
    rows = sample_per_class(train.labels, per_class, seed)
    drawn, labels = train.matrix[rows], train.labels[rows]
    standardizer = Standardizer().fit(drawn)
    return standardizer.transform(drawn), labels, standardizer.transform(test.matrix), test.labels


def _embedded(train, test, **options):
    """Training and test images by a Discretizer of the training images."""
    discretizer = Discretizer(**options).fit(train)
    return discretizer.transform(train), discretizer.transform(test)


def compare_embeddings(pairs, embeddings=tuple(MAGNITUDES), Cs=CS, seeds=range(3)):
    """Accuracy of embeddings of the full network, every C on the same draws.

    ``pairs`` are (source, family), ``embeddings`` keys of ``MAGNITUDES``. ValueError if one is not
    there.

    Returns
    -------
    dict
        ``{(source, family): {(embedding, C): accuracies over seeds}}``.
    """
    unknown = [name for name in embeddings if name not in MAGNITUDES]
    if unknown:
        raise ValueError(f"No embedding {unknown[0]!r}: name some of {', '.join(MAGNITUDES)}.")
    found = {pair: {} for pair in pairs}
    for pair, seed in tqdm(list(product(found, seeds)), "training SVMs", delay=2, leave=False):
        train, y, test, y_test = standardized(*pair, seed=seed)
        for name in embeddings:
            how = MAGNITUDES[name]
            X, X_test = _embedded(train, test, magnitude=how) if how else (train, test)
            for C in Cs:
                accuracy = svm_accuracy(X, y, X_test, y_test, C, seed)
                found[pair].setdefault((name, C), []).append(accuracy)
    return found


def shares_of(embedded):
    """Which share of the values is -1, 0 and 1, as ``{value: share}``."""
    return {value: float(np.mean(embedded == value)) for value in VALUES}
