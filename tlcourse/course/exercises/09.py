"""Exercises of notebook 09: standardising without the test images, and a C from training images."""

import numpy as np
from sklearn.model_selection import cross_val_score
from sklearn.svm import LinearSVC

from tlcourse.course.exercises import Exercise


def features(*shape, seed=0):
    X = np.random.default_rng(seed).gamma(0.5, 2, shape)
    X[:, -1] = 3  # a feature that is constant
    return X


def standardise(train, test, given=lambda train, test: (train, train), constant=1):
    """``given``: whose mean and deviation the training rows get, and the test rows."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return tuple(
            (rows - of.mean(axis=0)) / np.where(of.std(axis=0) == 0, constant, of.std(axis=0))
            for rows, of in zip((train, test), given(train, test), strict=True)
        )


def classes(seed):
    rng, y = np.random.default_rng(seed), np.arange(45) % 3
    return rng.normal(size=(45, 30)) + 0.5 * np.eye(30)[y], y, [0.001, 0.01, 0.1, 1, 10]


def scores(X, y, Cs):
    return [cross_val_score(LinearSVC(C=C, random_state=0), X, y, cv=3).mean() for C in Cs]


EXERCISES = {
    "09: standardise": Exercise(
        solution=standardise,
        inputs=lambda: [(features(8, 4), 2 * features(3, 4, seed=1) + 1)],
        wrong=[
            (
                lambda *both: standardise(*both, lambda train, test: (train, test)),
                "The test images were standardised by their own statistics: take the training "
                "images' mean and deviation for both.",
            ),
            (
                lambda *both: standardise(*both, lambda *parts: [np.vstack(parts)] * 2),
                "Test images went into the mean and the deviation: take the training images only.",
            ),
            (
                lambda *both: standardise(*both, lambda train, test: (train, test), constant=0),
                "Two slips: the test images were standardised by their own statistics, and a "
                "constant feature became NaN: divide it by 1.",
            ),
            (
                lambda *both: standardise(*both, constant=0),
                "A feature that is constant on the training images became NaN or infinite: "
                "divide it by 1.",
            ),
            (
                lambda *both: tuple(standardise(rows.T, rows.T)[0].T for rows in both),
                "That is horizontal: each feature has its own mean and deviation, over images.",
            ),
        ],
        right="Right. One mean and one deviation a feature are all that is kept for the test.",
    ),
    "09: chosen C": Exercise(
        solution=lambda X, y, Cs: Cs[np.argmax(scores(X, y, Cs))],
        inputs=lambda: [classes(0), classes(1), classes(4)],
        wrong=[
            (
                lambda X, y, Cs: Cs[
                    np.argmax([LinearSVC(C=C, random_state=0).fit(X, y).score(X, y) for C in Cs])
                ],
                "You scored the images that were trained on, which likes a large C: "
                "cross_val_score keeps a third of them away each time.",
            ),
            (lambda X, y, Cs: max(scores(X, y, Cs)), "That is the accuracy: give the C it is of."),
            (lambda X, y, Cs: int(np.argmax(scores(X, y, Cs))), "That is its place in Cs."),
            (lambda X, y, Cs: 1, "C = 1 is one strength here and another one at another scale."),
        ],
        right="Right. No test image was seen, and each normalisation can have a C of its own.",
    ),
}
