"""Distances between domains: how far P(X) of a target lies from P(X) of a source.

All of them compare two samples of features in one feature space. Every value depends on that
space, on its scales and on the number of images: compare values only where these are the same,
and beside ``noise_control``.
"""

import numpy as np
from scipy.stats import wasserstein_distance_nd
from sklearn.linear_model import RidgeClassifier
from sklearn.metrics.pairwise import cosine_similarity
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tlcourse.classifiers.svm import mean_class_accuracy
from tlcourse.features.samples import class_indices, two_domains


def proxy_a_distance(source, target, folds=5, random_state=0):
    """How well a linear classifier tells two domains (n, d), (m, d) apart: 2 (1 - 2 error).

    Held out; -2 to 2; *lower is more similar*: 0 guesses, 2 is never wrong, and there it saturates.
    Raises ValueError for unlike feature spaces, NaN, or too few different images for the folds.
    Trap: the *training* error is 0, and the distance 2, wherever features outnumber images; equal
    rows are kept in one fold. Ben-David et al., "Analysis of Representations", NIPS 2006.
    """
    if folds < 2:
        raise ValueError(f"folds is {folds}: a held-out error needs at least 2.")
    source, target = two_domains(source, target, minimum=folds)
    X = np.concatenate([source, target])
    domain = np.repeat([0, 1], [len(source), len(target)])
    predicted = cross_val_predict(
        default_domain_classifier(),
        X,
        domain,
        cv=list(_folds(X, domain, folds, random_state)),
    )
    return 2 * (2 * mean_class_accuracy(domain, predicted) - 1)


def default_domain_classifier():
    """Standardised features and a strongly regularised, balanced least-squares classifier."""
    return make_pipeline(StandardScaler(), RidgeClassifier(alpha=1000, class_weight="balanced"))


def _folds(X, domain, folds, random_state):
    groups = np.unique(X, axis=0, return_inverse=True)[1]
    if groups.max() + 1 == len(X):
        return StratifiedKFold(folds, shuffle=True, random_state=random_state).split(X, domain)
    if groups.max() + 1 >= folds:
        grouped = StratifiedGroupKFold(folds, shuffle=True, random_state=random_state)
        splits = list(grouped.split(X, domain, groups))
        if all(len(np.unique(domain[train])) == 2 for train, _ in splits):
            return splits
    raise ValueError(
        f"Equal images are kept in one fold, and too few differ for {folds} folds that each leave "
        "both domains to train on: give more images that differ, or lower folds."
    )


def class_mean_emd(source, source_labels, target, target_labels):
    """Earth mover's distance between the class means of two domains, in the features' units.

    *Lower is more similar*; label spaces may differ. Raises ValueError as ``two_domains`` does, or
    without a label an image. Trap: few images a class keep halves of one domain apart.
    """
    source, target = two_domains(source, target, minimum=1)
    heaps = _class_means(source, source_labels, "source_labels")
    holes = _class_means(target, target_labels, "target_labels")
    return float(wasserstein_distance_nd(heaps[0], holes[0], heaps[1], holes[1]))


def prototype_similarity(X, y, prototypes):
    """Cosine of the mean of a class of X (n, d), y and the nearest prototype, mean over classes.

    -1 to 1, *higher is more similar*. ``prototypes`` (source classes, d) are the weights of the
    source's classifier, centred here; give X minus the source's mean. Raises as ``two_domains``.
    """
    X, prototypes = two_domains(X, prototypes)
    centred = prototypes - prototypes.mean(axis=0)  # a softmax does not see what they share
    means, _ = _class_means(X, y, "y")
    nearest = cosine_similarity(means, centred).max(axis=1)
    return float(nearest.mean())


def _class_means(X, y, name):
    indices = class_indices(y, len(X), name, minimum=1)
    counts = np.bincount(indices)
    members = indices == np.arange(len(counts))[:, None]
    return members @ X / counts[:, None], counts / len(X)
