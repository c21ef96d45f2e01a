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

    "fc7", "fc6, fc7", "from conv5", ..., "all layers" -> names, from ``layers`` in the order of
    the network. ValueError if the last are not fc6 and fc7.
    """
    layers = tuple(layers)
    if layers[-2:] != ("fc6", "fc7"):
        raise ValueError(f"The last layers are {layers[-2:]}: name those of a network up to fc7.")
    block_of = [name.partition("_")[0] for name in layers]
    blocks = sorted(set(block_of[:-2]), reverse=True)[:-1]
    broader = {f"from {block}": layers[block_of.index(block) :] for block in blocks}
    return {"fc7": layers[-1:], CLASSIFIER_LAYERS: layers[-2:], **broader, ALL_LAYERS: layers}


def accuracies_of_sets(train_and_test, sets, seeds=range(5)):
    """Mean class accuracy of a linear SVM (0 to 1), of each draw on each set of layers.

    ``train_and_test``: seed -> (Features, Features)."""
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

    ``sources`` says which backbone's features a target gets: {target: backbone}.
    """

    def mean_over_targets(layers, seed):
        options = {"per_class": per_class, "seed": seed, "normalization": NORMALIZATION}
        found = [evaluate_transfer(sources[to], to, layers, **options) for to in sources]
        return float(np.mean([each.accuracy for each in found]))

    return {
        name: [mean_over_targets(layers, seed) for seed in seeds]
        for name, layers in tqdm(sets.items(), "SVMs", delay=2, leave=False)
    }


def gains(accuracies, base=CLASSIFIER_LAYERS):
    """Points by which each set of layers beats ``base``, draw by draw: as ``accuracies``."""
    start = np.array(accuracies[base])
    return {name: (100 * (np.array(v) - start)).tolist() for name, v in accuracies.items()}


def direction(points):
    """1 or -1 where the mean of two draws or more is surely above or below zero, else 0.

    Surely: zero is outside the 95% interval of ``paired_difference``."""
    found = paired_difference(points)
    return int(found.is_above_zero) - int(found.is_below_zero)
