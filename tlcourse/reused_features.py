"""What a linear SVM makes of reused features: by images a class, and by its settings."""

import warnings
from itertools import product

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from torch.utils.data import Subset

from tlcourse.features import shipped_features
from tlcourse.learning_from_scratch import FAMILY, SOURCE, drawn_flowers
from tlcourse.transfer import (
    PER_CLASS,
    evaluate_features,
    every_second_class,
    of_rows,
    sample_per_class,
)

FULL_NETWORK = "full network"
CS = (0.01, 0.1, 1, 10, 100)
NORMALIZED = ("none", "L2 per image", "L2 by layer", "standardized")


def five_insects(source=SOURCE):
    """Shipped features of the photographs that learning from scratch was measured on.

    Parameters
    ----------
    source : {"natural", "manmade"}

    Returns
    -------
    train, test : Features
        Five classes; 40 training and 50 test images of each.
    """
    return tuple(every_second_class(part) for part in shipped_features(source, FAMILY))


def flowers_of_the_grid(per_class=PER_CLASS, n_test=40):
    """The drawn flowers that the grid from scratch was measured on.

    Returns
    -------
    train, test : Dataset of (PIL image, label)
    """
    pool = drawn_flowers(2 * PER_CLASS, seed=0)
    rows = sample_per_class(pool.targets, per_class, seed=0)
    return Subset(pool, rows.tolist()), drawn_flowers(n_test, seed=1)


def accuracy_by_volume(train, test, layers="fc7", volumes=(1, 2, 5, 10, 20, 40), seeds=range(5)):
    """Accuracy of a linear SVM by training images a class.

    Parameters
    ----------
    train, test : Features
    layers : str or sequence of str
        ``"full network"`` takes all of them.
    volumes : sequence of int
    seeds : iterable of int
        Draws of the training images.

    Returns
    -------
    dict of int to list of float
        Images a class -> accuracy of each draw, from 0 to 1; one where all images are taken.

    Raises
    ------
    ValueError
        If a class has fewer images.
    """
    layers, seeds = _as_layers(layers, train), list(seeds)
    most = np.bincount(train.labels).max()
    return {
        volume: [
            evaluate_features(_drawn(train, volume, seed), test, layers, seed).accuracy
            for seed in (seeds if volume != most else seeds[:1])
        ]
        for volume in volumes
    }


def accuracy_of_settings(train, test, layer_sets=("fc7", FULL_NETWORK), normalizations=NORMALIZED):
    """Accuracy of a linear SVM with every combination of C, normalization and layers.

    Parameters
    ----------
    train, test : Features
    layer_sets : sequence of str
        As ``layers`` of ``accuracy_by_volume``.
    normalizations : sequence of str
        Of ``tlcourse.normalization.NORMALIZATIONS``.

    Returns
    -------
    dict of (str, str, float) to float
        (layers, normalization, C) -> accuracy, from 0 to 1. A careless setting may not converge:
        it counts as it is.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return {
            (name, normalization, C): evaluate_features(
                train, test, _as_layers(name, train), C=C, normalization=normalization
            ).accuracy
            for name, normalization, C in product(layer_sets, normalizations, CS)
        }


def _as_layers(layers, features):
    if layers == FULL_NETWORK:
        return tuple(features.layer_sizes)
    return (layers,) if isinstance(layers, str) else tuple(layers)


def _drawn(train, volume, seed):
    return of_rows(train, sample_per_class(train.labels, volume, seed))
