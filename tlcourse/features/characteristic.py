"""Which features mark a class by their presence, and which by their absence.

The study behind the thresholds of the full-network embedding: for every pair of a feature and a
class, a two-sample Kolmogorov-Smirnov statistic of its images against all others.
"""

from dataclasses import dataclass

import numpy as np

LEVEL, REPEATS = 0.01, 3
SIDES = {"presence": 1, "absence": -1}


@dataclass(frozen=True)
class CharacteristicFeatures:
    """Pairs of class and feature, and what they are.

    ``above``, ``below`` (classes, features): one-sided Kolmogorov-Smirnov statistics, 0 to 1;
    ``critical``: what luck exceeds in a share ``level`` of pairs; ``marks``, int8: 1 presence, -1
    absence, 0 uncharacteristic; ``by_luck`` (draws, 2): mean ``counts()`` of permuted labels.
    """

    above: np.ndarray
    below: np.ndarray
    critical: float
    marks: np.ndarray
    by_luck: np.ndarray

    def counts(self):
        """How many features mark each class: shape (classes, 2), presence and absence."""
        return _counts(self.marks)

    def strongest(self, label, side, columns=slice(None), n=1):
        """The ``columns`` that mark a class most clearly by "presence" or "absence", in order."""
        if side not in SIDES:
            raise ValueError(f"side is {side!r}: choose from {', '.join(SIDES)}.")
        if not 0 <= label < len(self.marks):
            raise ValueError(f"label is {label}: there are {len(self.marks)} classes.")
        statistic = (self.above if side == "presence" else self.below)[label]
        candidates = np.arange(statistic.size)[columns]
        order = np.argsort(-statistic[candidates], kind="stable")
        return candidates[order[:n]].tolist()


def characteristic_features(X, labels, level=LEVEL, repeats=REPEATS, seed=0):
    """Divide the pairs of feature and class into presence, absence and uncharacteristic.

    A pair is characteristic if its statistic is larger than luck gives: labels (0 to classes - 1)
    are permuted over the images, ``repeats`` times for the limit that a share ``level`` of the
    permuted pairs exceeds, and as often to count what luck gives. ``X`` is (images, features); a
    feature's scale does not matter. Raises ValueError if there are not two classes, a value is not
    finite, or the level is out of range. Garcia-Gasulla et al., arXiv 1703.01127; the permuted
    limit is ours.
    """
    if not 0 < level < 1:
        raise ValueError(f"level is {level}: give a share between 0 and 1, such as {LEVEL}.")
    ranked, generator = _ranked(X, labels), np.random.default_rng(seed)
    above, below = _one_sided(*ranked, labels)
    by_luck = [_one_sided(*ranked, generator.permutation(labels)) for _ in range(2 * repeats)]
    critical = float(np.quantile([np.maximum(*pair) for pair in by_luck[:repeats]], 1 - level))
    luck = [_counts(_marks(*pair, critical)).mean(axis=0) for pair in by_luck[repeats:]]
    marks = _marks(above, below, critical)
    return CharacteristicFeatures(above, below, critical, marks, np.array(luck))


def _ranked(X, labels):
    """Order of the images along each feature, and where a run of equal values ends."""
    X, labels = np.asarray(X), np.asarray(labels)
    if len(X) != len(labels) or X.ndim != 2:
        raise ValueError(f"X is {X.shape} and there are {len(labels)} labels: give a row a label.")
    if len(np.unique(labels)) < 2:
        raise ValueError("All images are of one class: a class is characteristic among others.")
    if not np.isfinite(X).all():
        raise ValueError("X has NaN or infinite values: leave those images out.")
    columns = np.ascontiguousarray(X.T)
    order = np.argsort(columns, axis=1, kind="stable")
    values = np.take_along_axis(columns, order, axis=1)
    ends = np.ones(values.shape, bool)
    ends[:, :-1] = values[:, 1:] != values[:, :-1]
    return order, ends


def _one_sided(order, ends, labels):
    labels = np.asarray(labels)
    n, sorted_labels = len(labels), labels[order]
    seen = np.arange(1, n + 1, dtype=np.float32)
    above, below = [], []
    for label in np.unique(labels):
        inside = np.cumsum(sorted_labels == label, axis=1, dtype=np.float32)
        n_inside = inside[0, -1]
        gap = ((seen - inside) / (n - n_inside) - inside / n_inside) * ends
        above.append(gap.max(axis=1))
        below.append(-gap.min(axis=1))
    return np.stack(above), np.stack(below)


def _marks(above, below, critical):
    sides = np.where(above >= below, 1, -1).astype(np.int8)
    return sides * (np.maximum(above, below) > critical)


def _counts(marks):
    return np.stack([(marks == side).sum(axis=1) for side in SIDES.values()], axis=1)


def class_means(X, labels):
    """Mean of each feature over each class's images: shape (classes, features)."""
    return np.stack([X[labels == label].mean(axis=0) for label in np.unique(labels)])


@dataclass(frozen=True)
class Gaps:
    """Three groups' distribution functions on a grid; ``low``, ``high``: where they part most."""

    grid: np.ndarray
    absence: np.ndarray
    uncharacteristic: np.ndarray
    presence: np.ndarray
    low: float
    high: float


def largest_gaps(values, marks, points=401):
    """The two thresholds that divide three groups: where distribution functions part most.

    ``marks`` are -1, 0, 1, as ``CharacteristicFeatures.marks``, of as many values, such as the
    class means of standardised features. Raises ValueError if the shapes differ or a group is
    empty.
    """
    if np.shape(values) != np.shape(marks):
        raise ValueError(f"{np.shape(values)} values and {np.shape(marks)} marks: give as many.")
    groups = {side: np.sort(values[marks == side]) for side in (-1, 0, 1)}
    if not all(map(len, groups.values())):
        raise ValueError("One of absence, uncharacteristic and presence is empty: add images.")
    grid = np.linspace(-2, 2, points)
    absence, middle, presence = (
        np.searchsorted(group, grid, side="right") / len(group) for group in groups.values()
    )
    low, high = grid[np.argmax(absence - middle)], grid[np.argmax(middle - presence)]
    return Gaps(grid, absence, middle, presence, float(low), float(high))
