"""Maximum mean discrepancy: two samples compared by the mean of a kernel (lower: more similar).

Gretton et al., "A Kernel Two-Sample Test", JMLR 13 (2012), equations 3 and 5 and section 8. Traps:
the unbiased estimate can be negative; the biased one (0 to 2) grows as n shrinks, also between
equal domains; the median bandwidth differs from pair to pair: fix one where pairs are compared.
"""

import numpy as np
from sklearn.metrics import euclidean_distances

from tlcourse.features.samples import feature_matrix, two_domains


def median_bandwidth(*samples):
    """The median distance between two images of all samples; ValueError if over half are 0."""
    checked = [feature_matrix(sample, minimum=1) for sample in samples]
    return _median_of(euclidean_distances(np.concatenate(checked), squared=True))


def _median_of(squared):
    median = np.sqrt(np.median(squared[np.triu_indices_from(squared, 1)]))
    if not median > 0:
        raise ValueError(
            "Most images have the same features, so that their median distance is 0: pass a "
            "bandwidth greater than 0."
        )
    return float(median)


def maximum_mean_discrepancy(source, target, unbiased=True, bandwidth=None):
    """Squared distance between two domains' mean embeddings in a Gaussian kernel's space.

    E k(s, s') + E k(t, t') - 2 E k(s, t), k(x, x') = exp(-|x - x'|^2 / (2 bandwidth^2)). Raises
    ValueError for other feature spaces, NaN, under two images, or no positive bandwidth.
    """
    source, target = two_domains(source, target)
    kernel = _gaussian_kernel(np.concatenate([source, target]), bandwidth)
    n, m = len(source), len(target)
    if unbiased:
        np.fill_diagonal(kernel, 0)
    within_source = kernel[:n, :n].sum() / (n * (n - unbiased))
    within_target = kernel[n:, n:].sum() / (m * (m - unbiased))
    return float(within_source + within_target - 2 * kernel[:n, n:].mean())


def _gaussian_kernel(X, bandwidth):
    if bandwidth is not None and not 0 < bandwidth < np.inf:
        raise ValueError(f"bandwidth is {bandwidth}: give a number greater than 0.")
    squared = euclidean_distances(X, squared=True)
    return np.exp(squared / (-2 * (bandwidth or _median_of(squared)) ** 2))
