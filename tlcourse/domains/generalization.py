"""Generalisation: from one sample to another, of the same source and of another."""

import numpy as np
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Normalizer

from tlcourse.classifiers.svm import LinearSVM, mean_class_accuracy
from tlcourse.domains.mmd import maximum_mean_discrepancy


def train_classifier(X, y, C=1.0, weights=None):
    """L2 norm an image, then the linear SVM of the lecture."""
    machine = make_pipeline(Normalizer(), LinearSVM(C=C, random_state=0))
    return machine.fit(X, y, linearsvm__sample_weight=weights)


def conditional_distance(distance, X, y, other_X, other_y):
    """A distance of P(X | Y): between two samples (n, d), (m, d) in each class, averaged."""
    classes = np.unique(y)
    return float(np.mean([distance(X[y == c], other_X[other_y == c]) for c in classes]))


def random_halves(n, size, draw):
    """Rows of two disjoint random subsets of ``size`` of n images.

    Raises ValueError if they do not fit into n images, or have no image.
    """
    if not 1 <= size <= n // 2:
        raise ValueError(
            f"Two halves of {size} images were asked for and there are {n} images: a half has "
            f"between 1 and {n // 2}."
        )
    order = np.random.default_rng(draw).permutation(n)
    return order[:size], order[size : 2 * size]


def distances_of_halves(X, sizes, distance, draws=5):
    """Distances between two random halves of one source: {size of a half: list over draws}."""
    return {
        size: [
            distance(*(X[rows] for rows in random_halves(len(X), size, d))) for d in range(draws)
        ]
        for size in sizes
    }


def accuracies_of_halves(X, y, sizes, C=1.0, draws=5):
    """Train on one random half of a source, score on it and on the other: {size: (draws, 2)}."""

    def both(size, draw):
        halves = random_halves(len(X), size, draw)
        classifier = train_classifier(X[halves[0]], y[halves[0]], C)
        return [mean_class_accuracy(y[half], classifier.predict(X[half])) for half in halves]

    return {size: np.array([both(size, draw) for draw in range(draws)]) for size in sizes}


def a_distance_of_training_error(source, target, classifier):
    """The proxy A-distance done wrong: 2 (1 - 2 error), the error taken on the training images.

    It is 2 for any two samples where features outnumber images, whether they differ or not. Here to
    be seen failing; ``similarity.proxy_a_distance`` holds images out.
    """
    X = np.concatenate([source, target])
    domain = np.repeat([0, 1], [len(source), len(target)])
    predicted = classifier.fit(X, domain).predict(X)
    return 2 * (2 * mean_class_accuracy(domain, predicted) - 1)


def accuracies_by_distance(classifiers, reference, domains, representation, bandwidth):
    """{domain: (squared MMD from the reference sample, accuracy of each classifier)}."""
    X = reference.X[representation]
    return {
        name: (
            maximum_mean_discrepancy(X, sample.X[representation], bandwidth=bandwidth),
            accuracies(classifiers, sample, representation),
        )
        for name, sample in domains.items()
    }


def accuracies(classifiers, sample, representation):
    """Mean class accuracy of each classifier on a sample: list of float."""
    X, y = sample.X[representation], sample.labels
    return [mean_class_accuracy(y, classifier.predict(X)) for classifier in classifiers]


def retrain_with_few(source, few, representation):
    """Train again on the source and a few target pictures, which count for half of the whole."""
    X = np.concatenate([source.X[representation], few.X[representation]])
    y = np.concatenate([source.labels, few.labels])
    n, m = len(source), len(few)
    each = [0.5 * (n + m) / n, 0.5 * (n + m) / m]
    return train_classifier(X, y, weights=np.repeat(each, [n, m]))


def classifiers_of_fixes(source, varied, few, representation):
    """The same classifier as it is, and with each remedy for another source."""
    return {
        "as it is": train_classifier(source.X[representation], source.labels),
        "more varied data": train_classifier(varied.X[representation], varied.labels),
        "a few target pictures": retrain_with_few(source, few, representation),
    }
