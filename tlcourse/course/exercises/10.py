"""Exercises of notebook 10: the embedding, and which features mark a class."""

from functools import partial

import numpy as np

from tlcourse.course.exercises import Exercise


def two_parts(seed, n_constant):
    rng = np.random.default_rng(seed)
    train, test = rng.gamma(0.5, 2, (12, 7)), rng.gamma(0.5, 3, (5, 7))
    train[:, :n_constant] = 4
    return train, test


def embed(train, test, of="train", empty=np.inf):
    known = {"train": train, "test": test, "both": np.vstack([train, test])}[of]
    deviation = known.std(axis=0)
    deviation[deviation == 0] = empty
    z = (test - known.mean(axis=0)) / deviation
    return (z > 0.15).astype(np.int8) - (z < -0.25).astype(np.int8)


def embedded(seed):
    rng = np.random.default_rng(seed)
    return rng.integers(-1, 2, (15, 6)).astype(np.int8), rng.permutation(np.arange(15) % 4 // 2)


def marks(embedded, labels, rest=lambda labels, label: labels != label):
    rows = []
    for label in np.unique(labels):
        inside = embedded[labels == label].mean(axis=0)
        rows.append(inside - embedded[rest(labels, label)].mean(axis=0))
    return np.stack(rows)


EXERCISES = {
    "10: embed": Exercise(
        solution=embed,
        inputs=lambda: [two_parts(0, 0), two_parts(1, 2)],
        wrong=[
            (
                partial(embed, of="test"),
                "Those are the test images' own mean and deviation: an image then depends on which "
                "others are tested with it. Take those of the training images.",
            ),
            (
                partial(embed, of="both"),
                "The statistics are over both parts, so that the test images were seen before the "
                "score: take those of the training images alone.",
            ),
            (
                partial(embed, empty=1),
                "A feature that is constant over the training images is to be 0 in every image: "
                "divide it by infinity, not by 1.",
            ),
        ],
        right="Right. Nothing but the training images decides what is unusual.",
    ),
    "10: marks": Exercise(
        solution=marks,
        inputs=lambda: [embedded(0), embedded(3)],
        wrong=[
            (
                lambda E, y: np.stack([E[y == label].mean(axis=0) for label in np.unique(y)]),
                "That is the mean in the class alone: a feature that is 1 in every image marks "
                "nothing. Take away the mean of all other images.",
            ),
            (
                partial(marks, rest=lambda labels, label: labels >= 0),
                "The class is in the mean that you take away: leave its own images out.",
            ),
            (
                lambda E, y: abs(marks(E, y)),
                "Without its sign, presence and absence are the same: keep it.",
            ),
        ],
        right="Right. Above zero the feature marks the class by presence, below it by absence.",
    ),
}
