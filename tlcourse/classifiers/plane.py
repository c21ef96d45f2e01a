"""Points of two classes in the plane, drawn from a seed: what a boundary is tried on."""

import numpy as np
from sklearn.datasets import make_circles, make_moons


def two_clouds(n, seed=0, gap=0.5):
    """Two clouds with an empty band between them, so that straight lines separate them."""
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 2
    angle, along = rng.uniform(0, np.pi), rng.normal(0, 1.2, n)
    across = np.where(y, 1, -1) * (rng.exponential(0.6, n) + gap / 2)
    away, beside = (np.cos(angle), np.sin(angle)), (-np.sin(angle), np.cos(angle))
    return np.outer(across, away) + np.outer(along, beside), y


def circles(n, seed=0):
    """A disc inside a ring; as ``two_clouds``."""
    X, y = make_circles(n, factor=0.5, noise=0.1, random_state=seed)
    return 2 * X, y


def moons(n, seed=0):
    """Two half moons, each around the other's end; as ``two_clouds``."""
    X, y = make_moons(n, noise=0.15, random_state=seed)
    return 1.6 * (X - [0.5, 0.25]), y


def chessboard(n, seed=0):
    """Four clouds, opposite corners of one class (exclusive or); as ``two_clouds``."""
    rng = np.random.default_rng(seed)
    corners = 1.2 * np.array([[-1, -1], [-1, 1], [1, 1], [1, -1]])
    corner = np.arange(n) % 4
    return corners[corner] + rng.normal(0, 0.5, (n, 2)), corner % 2


DATA_SETS = {"two clouds": two_clouds, "circles": circles, "moons": moons, "chessboard": chessboard}


def sample(data_set, n, n_new=0, seed=0):
    """Points of one of ``DATA_SETS``, and new points of the same distribution.

    X, y, X_new, y_new of shapes (n, 2), (n,), (n_new, 2), (n_new,); the classes are 0 and 1 and as
    many points have each.

    Raises
    ------
    ValueError
        If there is no such data set, or ``n`` is below 4.
    """
    if data_set not in DATA_SETS:
        raise ValueError(f"There is no data set {data_set!r}: name one of {', '.join(DATA_SETS)}.")
    if n < 4 or n_new < 0:
        raise ValueError(f"{n} points and {n_new} new ones were asked for: train on at least 4.")
    X, y = DATA_SETS[data_set](2 * ((n + n_new + 1) // 2), seed)
    rng = np.random.default_rng([seed, 1])
    rows = [rng.permutation(np.flatnonzero(y == label)) for label in (0, 1)]
    order = np.stack(rows, axis=1).ravel()[: n + n_new]  # the classes take turns
    train, new = order[:n], order[n:]
    return X[train], y[train], X[new], y[new]
