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
