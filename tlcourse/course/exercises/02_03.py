"""Exercises of notebooks 02 and 03."""

import numpy as np
from sklearn.linear_model import RidgeClassifier
from sklearn.model_selection import cross_val_score

from tlcourse.course.exercises import Exercise


def convolution(maps_in, maps, side, places, bias=1, shared=True, added=0):
    weights = maps_in * side**2
    n_places = places**2
    parameters = maps * (weights + bias) * (1 if shared else n_places)
    return parameters, maps * n_places * (weights + added)


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
    "02: convolution": Exercise(
        solution=convolution,
        inputs=lambda: [(3, 64, 3, 224), (256, 384, 5, 13)],
        wrong=[
            (
                lambda *given: convolution(*given, bias=0),
                "The multiply-adds are right. Each map has a bias: it is trained too.",
            ),
            (
                lambda *given: convolution(*given, shared=False),
                "That gives each place weights of its own. In a convolution all places share them.",
            ),
            (
                lambda *given: convolution(*given, added=1),
                "The parameters are right. A bias is added and multiplies nothing: leave it out.",
            ),
            (
                lambda maps_in, *given: convolution(1, *given),
                "A map looks at all maps below it: the weights are maps_in x side x side.",
            ),
            (
                lambda *given: (convolution(*given)[0], convolution(*given)[1] // given[3]),
                "The output has places x places places, not places in a row.",
            ),
        ],
        right="Right. Size of the image makes work and no parameters: that is why few weights can "
        "take long.",
    ),
    "02: it pays": Exercise(
        solution=lambda pretraining, transfer, scratch: pretraining // (scratch - transfer) + 1,
        inputs=lambda: [(1000, 50, 150), (100, 1, 60), (90, 40, 60)],
        wrong=[
            (
                lambda pretraining, transfer, scratch: pretraining // scratch + 1,
                "Each problem has a transfer run to pay as well: only the difference is saved.",
            ),
            (
                lambda pretraining, transfer, scratch: -(-pretraining // (scratch - transfer)),
                "At 1,000, 50 and 150 ten problems cost the same both ways: less is asked for.",
            ),
            (
                lambda pretraining, transfer, scratch: pretraining / (scratch - transfer),
                "There is no part of a problem: give the next whole number.",
            ),
            (
                lambda pretraining, transfer, scratch: pretraining // transfer + 1,
                "That asks how many transfer runs one pre-training is worth: compare with scratch.",
            ),
        ],
        right="Right. And where somebody else has paid for the pre-training, the first problem "
        "pays already.",
    ),
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
