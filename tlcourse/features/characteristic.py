"""Which features mark a class by their presence, and which by their absence.

The statistical study behind the thresholds of the full-network embedding: for every pair of a
feature and a class, a two-sample Kolmogorov-Smirnov statistic of the class's images against all
other images, and a division of the pairs into absence, uncharacteristic and presence.
"""

from dataclasses import dataclass

import numpy as np

LEVEL, REPEATS = 0.01, 3

SIDES = {"presence": 1, "absence": -1}


@dataclass(frozen=True)
class CharacteristicFeatures:
    """Pairs of class and feature, and what they are."""

    above: np.ndarray
    below: np.ndarray
    critical: float
    marks: np.ndarray
    by_luck: np.ndarray

    def counts(self):
        """How many features mark each class: shape (classes, 2), presence and absence."""
        return _counts(self.marks)

    def strongest(self, label, side, columns=slice(None), n=1):
        """The features that mark a class most clearly by presence or by absence."""
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

    A pair is characteristic if its statistic is larger than luck gives: labels are permuted over
    the images, and the statistic that a share ``level`` of the permuted pairs exceeds is the
    limit. The scale of a feature does not matter.

    Parameters
    ----------
    X : ndarray of shape (images, features)
    labels : ndarray of int, shape (images,)
        0 to classes - 1.
    level : float
        Share of pairs that luck may mark, between 0 and 1.
    repeats : int
        Permutations that set the limit; one more, for each, counts what luck gives.
    seed : int
        Of the permutations.

    Returns
    -------
    CharacteristicFeatures

    Raises
    ------
    ValueError
        If there are not two classes, a value is not finite, or the level is out of range.

    References
    ----------
    Garcia-Gasulla et al., "On the Behavior of Convolutional Nets for Feature Extraction",
    arXiv 1703.01127; the limit by permutation is ours.
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
    """Distribution functions of three groups of values, and where they lie farthest apart."""

    grid: np.ndarray
    absence: np.ndarray
    uncharacteristic: np.ndarray
    presence: np.ndarray
    low: float
    high: float


def largest_gaps(values, marks, points=401):
    """The two thresholds that divide three groups of values best.

    Each is set where two distribution functions lie farthest apart, which is where their
    Kolmogorov-Smirnov statistic is reached.

    Parameters
    ----------
    values : ndarray
        Such as the class means of standardised features.
    marks : ndarray of the same shape
        -1, 0, 1, as ``CharacteristicFeatures.marks``.
    points : int
        Of the grid, from -2 to 2.

    Raises
    ------
    ValueError
        If the shapes differ or one of the three groups is empty.
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
