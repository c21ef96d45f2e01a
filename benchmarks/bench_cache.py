"""Seconds to toggle a set of layers: 1,000 images x the 12,416 features of VGG16."""

import statistics
import tempfile
from pathlib import Path

import numpy as np
from side_by_side import arguments, at_most, show, timed

from tlcourse.features import cache
from tlcourse.features.extraction import Features

N_IMAGES = 1000
WIDTHS = {1: (64, 64), 2: (128, 128), 3: (256,) * 3, 4: (512,) * 3, 5: (512,) * 3}
LAYER_SIZES = {
    f"conv{block}_{number}": width
    for block, widths in WIDTHS.items()
    for number, width in enumerate(widths, start=1)
} | {"fc6": 4096, "fc7": 4096}
SETS = {
    "one layer, fc7": ["fc7"],
    "every other layer": list(LAYER_SIZES)[::2],
    "all but conv5_3": [layer for layer in LAYER_SIZES if layer != "conv5_3"],
    "all": list(LAYER_SIZES),
}


def stand_in():
    """Features with the shape of VGG16's, non-negative as after ReLU."""
    rng = np.random.default_rng(0)
    matrix = np.maximum(rng.normal(size=(N_IMAGES, sum(LAYER_SIZES.values()))), 0)
    labels = np.arange(N_IMAGES) % 10
    classes = [str(label) for label in range(10)]
    cache.round_in_place(matrix)
    return Features(matrix, labels, classes, LAYER_SIZES, {})


def from_disk(file, layers):
    """What a fresh kernel does: read the entry, then keep some layers."""
    return Features(**cache.read_file(file)).restricted_to(layers)


def main():
    rounds = arguments(__doc__).parse_args().rounds
    features = stand_in()
    rows = []
    for name, layers in SETS.items():
        seconds = [timed(lambda: features.select(layers)) for _ in range(rounds)]  # noqa: B023
        rows.append(at_most(name, statistics.median(seconds) * 1000, 200, "ms"))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "entry.npz"
        cache.write_file(file, **vars(features))
        seconds = [timed(lambda: from_disk(file, ["fc6", "fc7"])) for _ in range(rounds)]
        note = f"The entry read from disk first, once a kernel: {statistics.median(seconds):.2f} s."
    show("Layers toggled from cache, 1,000 images x 12,416 features", rows, [note])


if __name__ == "__main__":
    main()
