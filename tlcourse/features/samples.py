"""Samples of a domain: feature matrices and labels that are checked, and controls made of them."""

import numpy as np


def feature_matrix(X, name="X", minimum=2):
    """The rows of ``X`` as float64 (n, d), or one sentence on why they cannot be compared.

    Raises ValueError if ``X``, called ``name``, is no such matrix, has fewer than ``minimum`` rows,
    or a value is NaN or infinite.
    """
    X = np.asarray(X, dtype=np.float64)
    if X.ndim != 2 or not X.shape[1]:
        raise ValueError(
            f"{name} has the shape {X.shape}: give a matrix of one row an image and one column a "
            "feature."
        )
    if len(X) < minimum:
        raise ValueError(f"{name} has {len(X)} images: at least {minimum} are needed here.")
    wrong = np.argwhere(~np.isfinite(X))
    if len(wrong):
        row, column = wrong[0]
        raise ValueError(
            f"{name} holds {len(wrong)} values that are NaN or infinite, the first at row {row}, "
            f"column {column}: leave those images out or extract their features again."
        )
    return X


def two_domains(source, target, minimum=2):
    """Two feature matrices in one feature space, as float64: (n, d) and (m, d).

    Raises ValueError if one is no usable feature matrix of ``minimum`` rows, or d differs.
    """
    source = feature_matrix(source, "source", minimum)
    target = feature_matrix(target, "target", minimum)
    if source.shape[1] != target.shape[1]:
        raise ValueError(
            f"source has {source.shape[1]} features and target {target.shape[1]}: domains are "
            "compared in one feature space X, so take both from the same layers of one backbone."
        )
    return source, target


def class_indices(y, n, name="y", minimum=2):
    """Labels (n,), integers or names, as indices 0, 1, ... of the classes that occur.

    Raises ValueError if there is not one label an image, one is missing, or there are fewer than
    ``minimum`` classes; ``name`` is what the sentence calls them.
    """
    y = np.asarray(y)
    if y.shape != (n,):
        raise ValueError(
            f"{name} has the shape {y.shape} for {n} images: give one label an image, ({n},)."
        )
    if (y != y).any() or (y.dtype == object and None in y.tolist()):
        raise ValueError(f"{name} has images without a label: label them or leave them out.")
    classes, indices = np.unique(y, return_inverse=True)
    if len(classes) < minimum:
        raise ValueError(
            f"{name} has {len(classes)} class ({classes[0]}): at least {minimum} are needed here."
        )
    return indices


def noise_control(score, X, y=None, control=None, repeats=20, random_state=0):
    """What a distance or a transferability score says where there is nothing to find: (repeats,).

    ``"halves"`` gives ``score`` two random disjoint halves of ``X`` (n, d), with their labels where
    ``y`` is given, whose true distance is 0; ``"labels"``, the default with ``y``, gives it ``X``
    and permuted labels. A measured value means something where it stands clear of these. A half has
    n / 2 images, and most distances shrink as n grows: hold them against domains of n / 2. Raises
    ValueError if ``control`` is unknown, labels are missing, or ``score`` refuses.
    """
    X = feature_matrix(X)
    control = control or ("halves" if y is None else "labels")
    if control not in ("halves", "labels"):
        raise ValueError(f"control is {control!r}: choose 'halves' or 'labels'.")
    if y is None and control == "labels":
        raise ValueError("Labels to permute are missing: give y, or choose control='halves'.")
    y = None if y is None else class_indices(y, len(X), minimum=1)
    rng = np.random.default_rng(random_state)

    def dealt():
        if control == "labels":
            return X, rng.permutation(y)
        half, order = len(X) // 2, rng.permutation(len(X))
        one, other = order[:half], order[half : 2 * half]
        return (X[one], X[other]) if y is None else (X[one], y[one], X[other], y[other])

    return np.array([float(score(*dealt())) for _ in range(repeats)])
