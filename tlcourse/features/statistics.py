"""Statistics of features: how dependent they are, how strong, and who holds the variance.

All of them look at a matrix of one row an image and one column a feature, or at ``Features``,
which know the columns of each layer. Values that depend on the number of images are to be read
beside ``independent_copy``, a control of the same size.
"""

import numpy as np

from tlcourse.features.samples import feature_matrix

SPREAD = (0.05, 0.95)


def correlation_matrix(matrix):
    """Pearson correlation of each pair of features over the images."""
    rows = _unit_columns(matrix)
    return rows.T @ rows


def _unit_columns(matrix):
    """Each column with mean 0 and length 1; a constant one is 0."""
    matrix = feature_matrix(matrix)
    centred = matrix - matrix.mean(axis=0)
    return centred / np.where(is_constant(matrix), np.inf, np.linalg.norm(centred, axis=0))


def is_constant(matrix):
    """Which features (features,) of a matrix are the same for all images, up to rounding."""
    matrix = np.asarray(matrix, dtype=np.float64)
    return np.ptp(matrix, axis=0) <= 1e-12 * np.abs(matrix).max()


def correlation_between_layers(features):
    """Mean absolute correlation of the features of one layer with another's: (layers, layers).

    On the diagonal, pairs of two different features of one layer; 0 where it has only one.
    """
    sizes = np.array(list(features.layer_sizes.values()))
    strengths = np.abs(correlation_matrix(features.matrix))
    np.fill_diagonal(strengths, 0)
    starts = np.cumsum([0, *sizes[:-1]])
    sums = np.add.reduceat(np.add.reduceat(strengths, starts, axis=0), starts, axis=1)
    pairs = np.outer(sizes, sizes) - np.diag(sizes)
    return sums / np.maximum(pairs, 1)


def effective_number(matrix):
    """How many independent features would spread their variance as these standardised ones do.

    The participation ratio of the correlations' eigenvalues, 1 to features; 0 if all are constant.
    Trap: few images lower it by chance; compare it with that of ``independent_copy``.
    """
    rows = _unit_columns(matrix)
    smaller = rows @ rows.T if len(rows) < rows.shape[1] else rows.T @ rows  # same eigenvalues
    squares = np.sum(np.square(smaller))
    return float(np.trace(smaller) ** 2 / squares) if squares else 0.0


def independent_copy(features, seed):
    """The same features, each shuffled over the images on its own: the control by chance."""
    shuffled = np.random.default_rng(seed).permuted(features.matrix, axis=0)
    return type(features)(shuffled, features.labels, features.classes, features.layer_sizes)


def by_layer(values, layer_sizes):
    """One value a feature -> the values of each layer, as ``{layer: ndarray}``."""
    edges = np.cumsum(list(layer_sizes.values()))
    if len(values) != edges[-1]:
        raise ValueError(f"There are {len(values)} values for {edges[-1]} features of the layers.")
    return dict(zip(layer_sizes, np.split(np.asarray(values), edges[:-1]), strict=True))


def mean_by_layer(features):
    """Mean activation of each feature over the images, as ``{layer: ndarray}``."""
    return by_layer(features.matrix.mean(axis=0, dtype=np.float64), features.layer_sizes)


def deviation_by_layer(features):
    """Standard deviation of each feature over the images, as ``{layer: ndarray}``."""
    return by_layer(features.matrix.std(axis=0, dtype=np.float64), features.layer_sizes)


def spread_of_scale(matrix):
    """How unequal the scales of features are: 95th over 5th percentile of their deviations.

    Constant features do not count; 1 if all have one deviation. Raises ValueError without any.
    """
    matrix = feature_matrix(matrix)
    deviations = matrix.std(axis=0)[~is_constant(matrix)]
    if not len(deviations):
        raise ValueError("Every feature is constant: there is no scale to compare.")
    weak, strong = np.quantile(deviations, SPREAD)
    return float(strong / weak)


def share_of_variance(features):
    """Each layer's part of the variance of all features, as ``{layer: share}``.

    An L2-regularised linear machine sees features through distances between images, so this is the
    weight of a layer's voice.
    """
    if is_constant(features.matrix).all():
        raise ValueError("Every feature is constant: there is no variance to share.")
    deviations = deviation_by_layer(features)
    variances = [float(np.square(values).sum()) for values in deviations.values()]
    return {layer: each / sum(variances) for layer, each in zip(deviations, variances, strict=True)}


def share_of_norm(features):
    """Each layer's part of an image's squared norm, averaged over images that are not all 0."""
    squares = np.square(features.matrix, dtype=np.float64)
    starts = np.cumsum([0, *features.layer_sizes.values()])[:-1]
    norms = np.add.reduceat(squares, starts, axis=1)
    norms = norms[norms.any(axis=1)]
    shares = (norms / norms.sum(axis=1, keepdims=True)).mean(axis=0)
    return dict(zip(features.layer_sizes, shares.tolist(), strict=True))
