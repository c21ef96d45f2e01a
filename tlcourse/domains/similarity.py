"""Distances between domains: how far P(X) of a target lies from P(X) of a source.

All of them compare two samples of features in one feature space. Every value depends on that
space, on its scales and on the number of images: compare values only where these are the same,
and beside ``noise_control``.
"""

import numpy as np
from scipy.stats import wasserstein_distance_nd
from sklearn.linear_model import RidgeClassifier
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tlcourse.classifiers.svm import mean_class_accuracy
from tlcourse.features.samples import class_indices, two_domains


def proxy_a_distance(source, target, classifier=None, folds=5, random_state=0):
    """How well a linear classifier tells the two domains apart: 2 (1 - 2 error).

    The error is held out, by cross-validation, and averaged over the two domains, so that they
    may differ in size. Range -2 to 2; *lower is more similar*: 0 is a classifier that guesses, 2
    one that is never wrong.

    Parameters
    ----------
    source : array-like of shape (n, d)
    target : array-like of shape (m, d)
    classifier : scikit-learn classifier, optional
        By default standardised features and ``RidgeClassifier(alpha=1000)``, balanced.
    folds : int
    random_state : int
        Of the split into folds.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If the feature spaces differ, a value is NaN or infinite, a domain has fewer images than
        folds, or too few of them differ.

    Notes
    -----
    Traps: the *training* error is 0, and the distance 2, for any two samples where features
    outnumber images. An image in both domains must not be trained on in one and tested in the
    other: equal rows are kept in one fold. Guessing leaves a little noise on both sides of 0,
    negative values included; they are not cut off. The value saturates at 2: it does not say how
    much further one unlike domain is than another.

    References
    ----------
    Ben-David et al., "Analysis of Representations for Domain Adaptation", NIPS 2006 (2007).
    """
    if folds < 2:
        raise ValueError(f"folds is {folds}: a held-out error needs at least 2.")
    source, target = two_domains(source, target, minimum=folds)
    X = np.concatenate([source, target])
    domain = np.repeat([0, 1], [len(source), len(target)])
    predicted = cross_val_predict(
        classifier or default_domain_classifier(),
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
    """Earth mover's distance between the class means of two domains.

    A class is a heap of earth at its mean feature vector, as large as its share of the images;
    the distance moved is Euclidean. From 0 on, in the units of the features; *lower is more
    similar*.

    Parameters
    ----------
    source : array-like of shape (n, d)
    source_labels : array-like of shape (n,)
    target : array-like of shape (m, d)
    target_labels : array-like of shape (m,)
        The two label spaces may differ.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If the feature spaces differ, a value is NaN or infinite, or there is not one label an
        image.

    Notes
    -----
    Traps: means of few images a class are noisy, so that two halves of one domain stay above 0.
    What lies within classes is not seen. Seconds from about 150 classes a domain on.
    """
    source, target = two_domains(source, target, minimum=1)
    heaps = _class_means(source, source_labels, "source_labels")
    holes = _class_means(target, target_labels, "target_labels")
    return float(wasserstein_distance_nd(heaps[0], holes[0], heaps[1], holes[1]))


def _class_means(X, y, name):
    indices = class_indices(y, len(X), name, minimum=1)
    counts = np.bincount(indices)
    members = indices == np.arange(len(counts))[:, None]
    return members @ X / counts[:, None], counts / len(X)
