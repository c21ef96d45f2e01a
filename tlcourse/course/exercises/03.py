"""Exercises of notebook 03: a distance within the labels, and a held-out one."""

import numpy as np
from sklearn.linear_model import RidgeClassifier
from sklearn.model_selection import cross_val_score

from tlcourse.course.exercises import Exercise


def between_means(X, Z):
    return float(np.linalg.norm(X.mean(axis=0) - Z.mean(axis=0)))


def two_samples(seed):
    rng = np.random.default_rng(seed)
    y, z = rng.integers(0, 3, 30), rng.permutation(np.arange(24) % 3)
    X, Z = (rng.normal(size=(len(each), 4)) + 3 * each[:, None] for each in (y, z))
    return between_means, X, y, Z + seed, z


def by_class(distance, X, y, Z, z, other=lambda label: label):
    return [distance(X[y == label], Z[z == other(label)]) for label in np.unique(y)]


def weighted(distance, X, y, Z, z):
    return float(np.average(by_class(distance, X, y, Z, z), weights=np.bincount(y)))


def domains(seed):
    rng = np.random.default_rng(seed)
    one, other = rng.normal(size=(50, 20)), rng.normal(size=(50, 20)) + 0.15 * seed
    return RidgeClassifier(), one, other


def error(classifier, one, other, held_out=True):
    X, domain = np.concatenate([one, other]), np.repeat([0, 1], [len(one), len(other)])
    if held_out:
        return 1 - cross_val_score(classifier, X, domain, cv=5).mean()
    return 1 - classifier.fit(X, domain).score(X, domain)


EXERCISES = {
    "03: given the label": Exercise(
        solution=lambda *given: float(np.mean(by_class(*given))),
        inputs=lambda: [two_samples(1), two_samples(2)],
        wrong=[
            (
                lambda distance, X, y, Z, z: distance(X, Z),
                "The labels were not used: that is the distance of P(X). Compare the pictures of "
                "each label with those of the same label.",
            ),
            (
                lambda *given: float(np.sum(by_class(*given))),
                "That is the sum over the labels: take their mean.",
            ),
            (weighted, "Labels with more pictures count for more: take the plain mean."),
            (
                lambda *given: float(np.mean(by_class(*given, other=lambda c: (c + 1) % 3))),
                "Each label was compared with another one's pictures.",
            ),
            (
                lambda *given: by_class(*given),
                "That is a distance for each label: average over the labels.",
            ),
        ],
        right="Right. It sees a broken association, and it needs the labels of both samples.",
    ),
    "03: held out": Exercise(
        solution=lambda *given: 2 * (1 - 2 * error(*given)),
        inputs=lambda: [domains(0), domains(1), domains(3)],
        wrong=[
            (
                lambda *given: 2 * (1 - 2 * error(*given, held_out=False)),
                "The error is that on the pictures which were trained on: with more features than "
                "pictures it is 0 for any two samples, and the distance always 2. Hold out a fold.",
            ),
            (lambda *given: error(*given), "That is the error: the distance is 2 (1 - 2 error)."),
            (
                lambda *given: 1 - error(*given),
                "That is the accuracy: the distance is 2 (1 - 2 error).",
            ),
            (
                lambda *given: -2 * (1 - 2 * error(*given)),
                "The sign is wrong: samples that are told apart without an error are 2 apart.",
            ),
        ],
        right="Right. Two halves of one sample come out near 0, and public code that takes the "
        "training error says 2.",
    ),
}
