"""Spurious correlation: what a classifier learns from a background that goes with the label."""

from dataclasses import dataclass

import numpy as np

from tlcourse.classifiers.score import sample_per_class
from tlcourse.classifiers.svm import mean_class_accuracy
from tlcourse.domains.generalization import accuracies, conditional_distance, train_classifier
from tlcourse.domains.mmd import maximum_mean_discrepancy
from tlcourse.domains.shift import background_colours, pooled

SPLITS = ("by pairing", "by colour", "at random")

TRAIN_SHARE = 0.8


@dataclass(frozen=True)
class BackgroundReliance:
    """What classifiers trained on one correlation of background and label do on every other.

    A value a draw: accuracy before ``agreeing`` and ``conflicting`` backgrounds, and the share of
    animals whose label ``flipped`` when nothing but the background changed.
    """

    agreeing: np.ndarray
    conflicting: np.ndarray
    flipped: np.ndarray
    classifiers: list

    def accuracy(self, correlation):
        """Accuracy (draws,) where a share (1 + correlation) / 2 of the test pictures agrees."""
        if not -1 <= correlation <= 1:
            raise ValueError(f"correlation is {correlation!r}: give a number between -1 and 1.")
        agreeing = (1 + correlation) / 2
        return agreeing * self.agreeing + (1 - agreeing) * self.conflicting


def training_draw(pair, correlation, draw):
    """Four of five animals of a pair, chosen by the draw, at one correlation, as a ``Sample``."""
    per_class = max(1, round(TRAIN_SHARE * np.bincount(pair.labels).min()))
    chosen = pair.rows(np.sort(sample_per_class(pair.labels, per_class, draw)))
    return chosen.with_correlation(correlation, draw)


def background_reliance(train, test, correlation, representation, draws=3, C=1.0):
    """Train where background and label are correlated, test on both backgrounds of each animal.

    ``train`` and ``test`` are pairs; ``correlation``, -1 to 1, is of the training pictures. Sagawa
    et al., ICLR 2020 (birds on land and water); Xiao et al., "Noise or Signal", ICLR 2021.
    """
    classifiers, rows = [], []
    for draw in range(draws):
        sample = training_draw(train, correlation, draw)
        classifier = train_classifier(sample.X[representation], sample.labels, C)
        said = [
            classifier.predict(part.X[representation]) for part in (test.agreeing, test.conflicting)
        ]
        right = [mean_class_accuracy(test.labels, labels) for labels in said]
        rows.append((*right, np.mean(said[0] != said[1])))
        classifiers.append(classifier)
    return BackgroundReliance(*np.array(rows).T, classifiers)


def split_pool(pool, split, seed=0):
    """Divide the pictures of one pool into a training and a test half, in one of ``SPLITS``.

    Raises ValueError if the split is unknown, or leaves one side without a class.
    """
    if split not in SPLITS:
        raise ValueError(f"split is {split!r}: choose one of {', '.join(SPLITS)}.")
    lot = np.random.default_rng(seed).permutation(len(pool)) < len(pool) / 2
    side = {"by pairing": pool.agrees, "by colour": pool.is_green, "at random": lot}[split]
    train, test = pool.rows(side), pool.rows(~side)
    if any(len(set(half.labels)) < len(set(pool.labels)) for half in (train, test)):
        raise ValueError(f"Split {split}, one side has no picture of a class: give more pictures.")
    return train, test


def measure_split(pairs, split, representations, draws=4):
    """Divide pictures whose backgrounds a coin has chosen; train on one part, test on the other.

    Returns {representation: accuracies on the test part, a value a draw} and {``"P(background)"``
    and ``"P(background | label)"``: squared maximum mean discrepancies of the two parts' background
    colours, of the latter averaged over the labels}.
    """
    accuracy = {name: [] for name in representations}
    distance = {"P(background)": [], "P(background | label)": []}
    for draw in range(draws):
        pool = pooled(*(pair.with_correlation(0, draw) for pair in pairs))
        parts = train, test = split_pool(pool, split, draw)
        for name, values in accuracy.items():
            classifier = train_classifier(train.X[name], train.labels)
            values += accuracies([classifier], test, name)
        one, other = (background_colours(part.pictures) for part in parts)
        distance["P(background)"].append(maximum_mean_discrepancy(one, other))
        distance["P(background | label)"].append(
            conditional_distance(maximum_mean_discrepancy, one, train.labels, other, test.labels)
        )
    return accuracy, distance
