"""The best boundary in a given space: the linear SVM, and the brute force that checks it.

Everything here is small enough to be checked by eye: points in the plane, two classes.
"""

from dataclasses import dataclass

import numpy as np
from sklearn.svm import SVC

from tlcourse.classifiers.plane import sample
from tlcourse.features.samples import class_indices, feature_matrix

C_RANGE = (0.01, 1000.0)
HARD = 1e6  # a C at which no training point of separable classes is given up
N_CLOUDS, N_NEW = 12, 1000  # points of the two clouds to train on, and new ones


@dataclass(frozen=True)
class Boundary:
    """A straight boundary ``normal . x + offset = 0``, scaled so that the margin is at -1 and 1."""

    normal: np.ndarray
    offset: float
    support: np.ndarray
    inside: int

    def decision(self, X):
        """Above 0 on the side of the second class."""
        return np.asarray(X) @ self.normal + self.offset

    @property
    def margin(self):
        """Distance from the boundary to its margin on one side, in the unit of the axes."""
        return float(1 / np.linalg.norm(self.normal))

    @property
    def angle(self):
        """Direction of the normal of a boundary in the plane, in degrees from 0 to 360."""
        return float(np.degrees(np.arctan2(self.normal[1], self.normal[0])) % 360)


def linear_boundary(X, y, C=1.0):
    """The linear SVM with the hinge loss on points of shape (n, features), as a Boundary.

    Of the two classes the second in sorted order is the positive side; C is the price of a point
    inside the margin. ValueError if there are not two classes, or C is not above 0.

    Cortes and Vapnik, "Support-vector networks", Machine Learning 20 (1995).
    """
    X, y = two_classes(X, y)
    if not C > 0:
        raise ValueError(f"C is {C!r}: give a number above 0.")
    machine = SVC(kernel="linear", C=C, tol=1e-5).fit(X, y)
    normal, offset = machine.coef_[0], float(machine.intercept_[0])
    scores = np.where(y, 1, -1) * (X @ normal + offset)
    return Boundary(normal, offset, machine.support_, int((scores < 1 - 1e-3).sum()))


def margins_by_direction(X, y, n_directions=3600):
    """The margin in every direction of the plane: the brute force that an SVM spares us."""
    X, y = two_classes(X, y)
    angles = np.arange(n_directions) * (360 / n_directions)
    along = X @ _unit_normals(angles)
    nearest, farthest = along[y == 1].min(axis=0), along[y == 0].max(axis=0)
    return angles, (nearest - farthest) / 2, -(nearest + farthest) / 2


@dataclass(frozen=True)
class AgainstBruteForce:
    """The SVM of one draw of two clouds beside every other boundary that separates them."""

    boundary: Boundary
    angles: np.ndarray
    margins: np.ndarray
    new_points_right: float
    others_right: np.ndarray


def against_brute_force(seed=0):
    """An SVM that gives up no point of two clouds, beside a boundary in every direction."""
    X, y, X_new, y_new = sample("two clouds", N_CLOUDS, N_NEW, seed)
    boundary = linear_boundary(X, y, HARD)
    angles, margins, offsets = margins_by_direction(X, y)
    separating = margins > 0
    scores = X_new @ _unit_normals(angles[separating]) + offsets[separating]
    right = float(((boundary.decision(X_new) > 0) == y_new).mean())
    others = ((scores > 0) == y_new[:, None]).mean(axis=0)
    return AgainstBruteForce(boundary, angles, margins, right, others)


def turned_by_stretching(factor=10.0, seed=0):
    """How far the best boundary turns when the second feature gets another unit, in degrees.

    The second feature is multiplied by ``factor``, and the boundary found is drawn in the old unit:
    0 to 90.
    """
    X, y, *_ = sample("two clouds", N_CLOUDS, seed=seed)
    units = np.array([1.0, factor])
    old, new = linear_boundary(X, y, HARD), linear_boundary(X * units, y, HARD)
    back = new.normal * units
    cosine = abs(old.normal @ back) / (np.linalg.norm(old.normal) * np.linalg.norm(back))
    return float(np.degrees(np.arccos(min(1.0, cosine))))


def circles_in_two_spaces(seed=0):
    """Share of new points that a linear SVM gets right: {coordinates it is given: share}."""
    X, y, X_new, y_new = sample("circles", 200, N_NEW, seed)
    spaces = {"x1, x2": (X, X_new), "distance, angle": (polar(X), polar(X_new))}
    return {
        name: float(((linear_boundary(train, y).decision(new) > 0) == y_new).mean())
        for name, (train, new) in spaces.items()
    }


def polar(X):
    """The same points in other coordinates: distance from the origin, and angle in radians."""
    X = plane(X)
    return np.column_stack([np.hypot(X[:, 0], X[:, 1]), np.arctan2(X[:, 1], X[:, 0])])


def plane(X):
    """The points as float64 of shape (n, 2), or one sentence on why they are no such points."""
    X = feature_matrix(X, minimum=1)
    if X.shape[1] != 2:
        raise ValueError(f"X has {X.shape[1]} features: this is for points in the plane, give 2.")
    return X


def two_classes(X, y):
    """Features as float64 and classes as 0 and 1, or one sentence on what is wrong."""
    X = feature_matrix(X)
    y = class_indices(y, len(X))
    if y.max() > 1:
        raise ValueError(f"y has {y.max() + 1} classes: a boundary here is between two.")
    return X, y


def _unit_normals(angles):
    return np.stack([np.cos(np.radians(angles)), np.sin(np.radians(angles))])
