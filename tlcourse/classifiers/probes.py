"""Probes: what a linear classifier reads from each layer, of simple properties and complex ones.

Alain and Bengio, "Understanding intermediate layers using linear classifier probes", arXiv
1610.01644 (2016).
"""

import numpy as np
from tqdm import tqdm

from tlcourse.classifiers.reuse import linear_separability
from tlcourse.features.extraction import extract_features
from tlcourse.features.representations import Pictures

# How much of a picture has to be seen to tell a property.
LEVELS = {
    "a point": ("brightness", "hue"),
    "a patch": ("sharpness", "background", "orientation", "texture"),
    "the whole": ("breed", "species"),
}


def probe_network(backbone, picture_sets, seeds=range(3)):
    """What a linear classifier reads of each property, layer by layer, over sets of pictures.

    ``picture_sets`` are LabelledPictures, their properties taken together:
    ``{property: {layer: accuracy of each draw}}``.
    """
    lines = {}
    for each in picture_sets:
        features = extract_features(backbone, Pictures(each.pixels), device="cpu")
        lines |= probe_layers(features, each.labels, seeds)
    return lines


def probe_layers(features, labels, seeds=range(3)):
    """What a linear classifier reads of each property, layer by layer."""
    seeds, lines = list(seeds), {}
    for name, values in tqdm(labels.items(), "probes", delay=2, leave=False):
        train = int(np.bincount(values).min() // 2)
        lines[name] = {
            layer: linear_separability(features.select(layer), values, train, seeds)
            for layer in features.layer_sizes
        }
    return lines


def depth_read(line):
    """Where along the network a property is read: one number a draw."""
    above = np.array(list(line.values()), dtype=float)
    above -= above.min(axis=0)
    if not above.any(axis=0).all():
        raise ValueError("The property is read equally well from every layer: it has no depth.")
    return (np.arange(1, len(above) + 1) @ above / above.sum(axis=0)).tolist()


def depth_by_level(lines, levels=LEVELS):
    """Mean of ``depth_read`` over the properties of each level: {level: depth of each draw}."""
    return {
        level: np.mean([depth_read(lines[name]) for name in names], axis=0).tolist()
        for level, names in levels.items()
    }


def over_control(lines, control, levels=LEVELS):
    """Points read better than from a control network: ``{level: {layer: one a draw}}``,
    the mean over the properties of the level."""
    return {
        level: {
            layer: np.mean(
                [100 * np.subtract(lines[name][layer], control[name][layer]) for name in names],
                axis=0,
            ).tolist()
            for layer in lines[names[0]]
        }
        for level, names in levels.items()
    }


def deep_over_shallow(line):
    """Mean over the second half of the layers less that over the first half: one number a draw."""
    values = np.array(list(line.values()), dtype=float)
    half = len(values) // 2
    return (values[half:].mean(axis=0) - values[:half].mean(axis=0)).tolist()
