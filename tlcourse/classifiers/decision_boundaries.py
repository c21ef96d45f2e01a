"""The best boundary in a given space: the linear SVM on points of two classes."""

from dataclasses import dataclass

import numpy as np
from sklearn.svm import SVC

from tlcourse.features.samples import class_indices, feature_matrix

C_RANGE = (0.01, 1000.0)


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


def two_classes(X, y):
    """Features as float64 and classes as 0 and 1, or one sentence on what is wrong."""
    X = feature_matrix(X)
    y = class_indices(y, len(X))
    if y.max() > 1:
        raise ValueError(f"y has {y.max() + 1} classes: a boundary here is between two.")
    return X, y
