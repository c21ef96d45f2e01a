"""Transferability: how well a source's features will serve a labelled target, without training.

The scores rank sources, or layers, for *one* target: compare values only on the same images and
labels, and beside ``noise_control``, which permutes the labels.
"""

import warnings

import numpy as np
from scipy.linalg import svd
from scipy.optimize import minimize_scalar

from tlcourse.features.samples import class_indices, feature_matrix

NEGLIGIBLE = 1e-10


def h_score(X, y, shrinkage="ledoit-wolf"):
    """Variance between classes in units of the features' whole variance: tr(Cov(X)^-1 Cov(E[X|y])).

    ``X`` is (n, d), ``y`` (n,); 0 to classes - 1, *higher is more transferable*. Traps: without
    shrinkage it is classes - 1 on *any* labels once features outnumber images; with it permuted
    labels may reach half; it grows with the classes. ValueError where a value, label or the
    shrinkage is amiss. Bao et al., ICIP 2019; Ibrahim et al., arXiv 2110.06893 (shrinkage).
    """
    a_share = not isinstance(shrinkage, str) and 0 <= (shrinkage or 0) <= 1
    if shrinkage != "ledoit-wolf" and not a_share:
        raise ValueError(
            f"shrinkage is {shrinkage!r}: choose None, 'ledoit-wolf' or a number from 0 to 1."
        )
    X = feature_matrix(X)
    classes = class_indices(y, len(X))
    if shrinkage is None and len(X) <= X.shape[1]:
        warnings.warn(
            f"With {len(X)} images of {X.shape[1]} features and no shrinkage the H-score is "
            "classes - 1 for any labels: use shrinkage='ledoit-wolf' or more images.",
            stacklevel=2,
        )
    if (np.ptp(X, axis=0) <= 1e-12 * np.abs(X).max()).all():  # constant, up to rounding
        raise ValueError("Every feature is constant: there is no variance to score.")
    centred = X - X.mean(axis=0)
    U, squares = _spectrum(centred)
    variances = squares / len(X)
    share = shrinkage or 0.0
    if shrinkage == "ledoit-wolf":
        share = _ledoit_wolf_share(centred, variances)
    shrunk = (1 - share) * variances + share * variances.sum() / X.shape[1]
    between = variances * _between_classes(U, classes)
    return float((1 - share) * np.sum(between / shrunk))


def _between_classes(U, classes):
    """Squared length of each column of ``U`` after every row is replaced by its class's mean."""
    counts = np.bincount(classes)
    sums = (classes == np.arange(len(counts))[:, None]) @ U
    return (sums**2 / counts[:, None]).sum(axis=0)


def _ledoit_wolf_share(centred, variances):
    """``sklearn.covariance.ledoit_wolf_shrinkage`` from the eigenvalues, without a d x d matrix."""
    n, d = centred.shape
    fourth = np.mean((centred**2).sum(axis=1) ** 2)
    error = (fourth - np.sum(variances**2)) / n
    spread = np.sum(variances**2) - variances.sum() ** 2 / d
    return float(np.clip(error / spread, 0, 1)) if spread > 0 else 0.0


def _spectrum(X):
    """Left singular vectors (n, rank) and squared singular values (rank,) of ``X``."""
    if X.shape[0] < X.shape[1]:
        X = np.linalg.qr(X.T, mode="r").T
    U, values, _ = svd(X, full_matrices=False)
    kept = values > NEGLIGIBLE * values[0]
    return U[:, kept], values[kept] ** 2


def leep(source_probabilities, y):
    """Log expected empirical prediction: the target's labels read off a source's predictions.

    Mean over images of log sum_z P(y_i | z) p(z | x_i), in nats, up to 0; *higher is more
    transferable*. Trap: it takes the source's own probabilities (n, source classes), not features,
    and raises ValueError for others. Nguyen et al., "LEEP", ICML 2020.
    """
    P = feature_matrix(source_probabilities, "source_probabilities")
    if P.min() < 0 or not np.allclose(P.sum(axis=1), 1, atol=1e-2):
        raise ValueError(
            "source_probabilities has rows that are negative or do not add up to 1: pass the "
            "source's scores (fc8) through a softmax first."
        )
    classes = class_indices(y, len(P))
    joint = (classes == np.arange(classes.max() + 1)[:, None]) @ P
    marginal = joint.sum(axis=0)
    conditional = np.divide(joint, marginal, out=np.zeros_like(joint), where=marginal > 0)
    return float(np.log((conditional[classes] * P).sum(axis=1)).mean())


def log_me(X, y):
    """Log maximum evidence: how probable the labels are under a linear model, weights summed out.

    In nats an image and class, no bounds; *higher is more transferable*. Traps: no intercept, so
    that centred features score otherwise than raw ones; values of other classes do not compare.
    Raises ValueError where a value or label is amiss. You et al., "LogME", ICML 2021; here alpha /
    beta is searched on a grid instead of the paper's iteration.
    """
    X = feature_matrix(X)
    classes = class_indices(y, len(X))
    if not X.any():
        raise ValueError("Every feature is 0: there is nothing to predict the labels from.")
    U, eigenvalues = _spectrum(X)
    labels = (classes == np.arange(classes.max() + 1)[:, None]).astype(float)
    coordinates = (labels @ U) ** 2
    outside = (labels.sum(axis=1) - coordinates.sum(axis=1)).clip(min=0)
    evidences = [
        _maximum_evidence(*one_against_rest, eigenvalues, len(X))
        for one_against_rest in zip(coordinates, outside, strict=True)
    ]
    return float(np.mean(evidences) / len(X))


def _maximum_evidence(squares, outside, eigenvalues, n):
    """Maximum over alpha and beta of the log evidence of one regression."""

    def evidence(log_ratio):
        ratio = np.exp(log_ratio)[..., None]
        misfit = outside + (squares * ratio / (eigenvalues + ratio)).sum(axis=-1)
        volume = np.log1p(eigenvalues / ratio).sum(axis=-1)
        return -(n * (np.log(2 * np.pi * misfit / n) + 1) + volume) / 2

    grid = np.log(eigenvalues.mean()) + np.log(10) * np.linspace(-10, 10, 81)
    values = evidence(grid)
    best = values.argmax()
    around = grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)]
    refined = minimize_scalar(
        lambda ratio: -evidence(np.asarray(ratio)), bounds=around, method="bounded"
    )
    return max(values[best], -refined.fun)
