"""Which layers to use: from the last ones to all of them, on near and on far targets."""

import numpy as np
from tqdm import tqdm

from tlcourse.classifiers.intervals import paired_difference
from tlcourse.classifiers.score import evaluate_features, evaluate_transfer, of_rows
from tlcourse.datasets.split import stratified_split

CLASSIFIER_LAYERS, ALL_LAYERS = "fc6, fc7", "all layers"

PER_CLASS, NORMALIZATION = 4, "L2 by layer"


def broadening_sets(layers):
    """Sets of layers, each of which holds the one before: from the last layer to all of them.

    Parameters
    ----------
    layers : sequence of str
        conv1_1 ... fc7, in the order of the network.

    Returns
    -------
    dict of str to tuple of str

    Raises
    ------
    ValueError
        If there is no fc6 or fc7.
    """
    layers = tuple(layers)
    if layers[-2:] != ("fc6", "fc7"):
        raise ValueError(f"The last layers are {layers[-2:]}: name those of a network up to fc7.")
    blocks = sorted({name.partition("_")[0] for name in layers[:-2]}, reverse=True)
    broader = {f"from {block}": layers[_first_of(block, layers) :] for block in blocks[:-1]}
    return {"fc7": layers[-1:], CLASSIFIER_LAYERS: layers[-2:], **broader, ALL_LAYERS: layers}


def accuracies_of_sets(train_and_test, sets, seeds=range(5)):
    """Accuracy of a linear SVM on each set of layers, on the same draws.

    Parameters
    ----------
    train_and_test : callable
        seed -> (Features, Features): training and test images of one draw.
    sets : mapping of str to sequence of str
    seeds : iterable of int

    Returns
    -------
    dict of str to list of float
        Set -> mean class accuracy of each draw, from 0 to 1.
    """
    draws = [(seed, *train_and_test(seed)) for seed in seeds]
    return {
        name: [
            evaluate_features(train, test, layers, seed, normalization=NORMALIZATION).accuracy
            for seed, train, test in draws
        ]
        for name, layers in tqdm(sets.items(), "SVMs", delay=2, leave=False)
    }


def drawn_target(features, per_class=PER_CLASS):
    """Draws of ``per_class`` training images, all others testing, for ``accuracies_of_sets``."""

    def train_and_test(seed):
        parts = stratified_split(features.labels, per_class, seed)
        return tuple(of_rows(features, rows) for rows in parts)

    return train_and_test


def photo_accuracies(sources, sets, per_class=PER_CLASS, seeds=range(5)):
    """As ``accuracies_of_sets``, on the shipped photographs: the mean over several targets.

    Parameters
    ----------
    sources : mapping of str to str
        Target -> the backbone whose features it gets.
    sets : mapping of str to sequence of str
    per_class : int
    seeds : iterable of int

    Returns
    -------
    dict of str to list of float
    """

    def mean_over_targets(layers, seed):
        return np.mean(
            [
                evaluate_transfer(
                    source, target, layers, per_class, seed, normalization=NORMALIZATION
                ).accuracy
                for target, source in sources.items()
            ]
        )

    return {
        name: [float(mean_over_targets(layers, seed)) for seed in seeds]
        for name, layers in tqdm(sets.items(), "SVMs", delay=2, leave=False)
    }


def gains(accuracies, base=CLASSIFIER_LAYERS):
    """Points by which each set of layers beats ``base``, draw by draw.

    Parameters
    ----------
    accuracies : mapping of str to sequence of float
        From 0 to 1; the draws of all sets are the same.
    base : str

    Returns
    -------
    dict of str to list of float
    """
    start = np.array(accuracies[base])
    return {name: (100 * (np.array(v) - start)).tolist() for name, v in accuracies.items()}


def direction(points):
    """1 or -1 where the mean of several draws is surely above or below zero, else 0.

    Surely: zero is outside the 95% interval of ``policy_comparison.paired_difference``.

    Parameters
    ----------
    points : sequence of float
        One a draw, two draws at least.

    Returns
    -------
    int

    Raises
    ------
    ValueError
        If there are fewer than two.
    """
    found = paired_difference(points)
    return int(found.is_above_zero) - int(found.is_below_zero)


def _first_of(block, layers):
    return next(place for place, name in enumerate(layers) if name.startswith(f"{block}_"))
