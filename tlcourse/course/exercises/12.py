"""Exercises of notebook 12: how near a source is, and a habit that has not seen its target."""

import numpy as np
import pandas as pd

from tlcourse.course.exercises import Exercise


def rows(n, seed):
    lengths = np.arange(1, n + 1)[:, None] ** 2
    return lengths * np.random.default_rng(seed).normal(size=(n, 6))


def cosines(means, prototypes):
    means, prototypes = (X / np.linalg.norm(X, axis=1, keepdims=True) for X in (means, prototypes))
    return means @ prototypes.T


def accuracies(*of_targets):
    return pd.DataFrame(of_targets, columns=["fc6", "fc7", "all layers"], dtype=float)


def habit(accuracy):
    others = [accuracy.drop(target).mean().idxmax() for target in accuracy.index]
    return np.array([accuracy.loc[t, name] for t, name in zip(accuracy.index, others, strict=True)])


EXERCISES = {
    "12: nearness": Exercise(
        solution=lambda means, prototypes: cosines(means, prototypes).max(axis=1).mean(),
        inputs=lambda: [(rows(3, 0), rows(5, 1)), (rows(4, 2), rows(2, 3))],
        wrong=[
            (
                lambda means, prototypes: (means @ prototypes.T).max(axis=1).mean(),
                "Long rows win: divide every row by its length first.",
            ),
            (
                lambda means, prototypes: cosines(means, prototypes).mean(),
                "You averaged over all pairs: of each class only the nearest prototype counts.",
            ),
            (
                lambda means, prototypes: cosines(means, prototypes).max(axis=0).mean(),
                "You asked for the class nearest to each prototype: it is the other way round.",
            ),
            (
                lambda means, prototypes: cosines(means, prototypes).max(),
                "That is the one nearest pair: take each class's nearest, then the mean.",
            ),
        ],
        right="Right. A source that has something like each of your classes is near, whatever else "
        "it has.",
    ),
    "12: habit": Exercise(
        solution=habit,
        inputs=lambda: [
            (accuracies([90, 50, 80], [60, 70, 62], [60, 75, 61]),),
            (accuracies([40, 41, 20], [50, 52, 54], [70, 60, 72], [10, 30, 35]),),
        ],
        wrong=[
            (
                lambda accuracy: accuracy.max(axis=1).to_numpy(),
                "That picks the best option of each target by looking at its own accuracies.",
            ),
            (
                lambda accuracy: accuracy[accuracy.mean().idxmax()].to_numpy(),
                "The target itself helped to pick: leave its row out of the mean.",
            ),
            (
                lambda accuracy: np.array(
                    [accuracy.drop(target).mean().max() for target in accuracy.index]
                ),
                "That is what the habit gives on the others: look it up in the target's own row.",
            ),
        ],
        right="Right. A rival that was picked on the target that tests it is no habit.",
    ),
}
