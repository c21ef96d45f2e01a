"""Which images train and which test: official lists, folds and repeats, as the paper has them."""

from typing import NamedTuple

import numpy as np

from tlcourse.datasets.split import stratified_split

REPEATS = 5
FOLDS = 5
TRAIN_PER_CLASS = 30
MOST_TEST_PER_CLASS = 50


class Fold(NamedTuple):
    """One division of a benchmark; rows are indices into its images, sorted."""

    name: str
    train: np.ndarray
    test: np.ndarray


def stratified_folds(targets, seed=0):
    """Five folds, each class's images spread over them evenly; each image tests once."""
    from sklearn.model_selection import StratifiedKFold

    _check_smallest(targets, FOLDS, f"to be spread over {FOLDS} folds")
    splitter = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    divisions = splitter.split(np.zeros(len(targets)), targets)
    return [Fold(f"fold {n}", train, test) for n, (train, test) in enumerate(divisions, 1)]


def repeated_draws(targets):
    """Five draws, seeds 0 to 4, of 30 training and at most 50 other, test images a class."""
    _check_smallest(targets, TRAIN_PER_CLASS + 1, f"for {TRAIN_PER_CLASS} to train on and a test")
    return [_draw(np.asarray(targets), seed) for seed in range(REPEATS)]


def _draw(targets, seed):
    train, rest = stratified_split(targets, TRAIN_PER_CLASS, seed)
    rest = np.random.default_rng(seed).permutation(rest)
    labels = np.unique(targets)
    test = [rest[targets[rest] == label][:MOST_TEST_PER_CLASS] for label in labels]
    return Fold(f"repeat {seed + 1}", train, np.sort(np.concatenate(test)))


def _check_smallest(targets, needed, what_for):
    labels, counts = np.unique(targets, return_counts=True)
    if counts.min() < needed:
        raise ValueError(
            f"class {labels[counts.argmin()]} has {counts.min()} images and {needed} are needed "
            f"{what_for}"
        )
