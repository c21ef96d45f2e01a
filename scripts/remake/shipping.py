"""Make the features that the course ships, from the photographs that it does not.

    python -m scripts.remake shipping natural manmade --data path/to/tiny-imagenet-200

writes ``data/features/{backbone}/{family}-{train,test}.npz`` for the six target families. The
same command on the same data set gives the same numbers.
"""

import argparse
import sys
from pathlib import Path

from tlcourse.datasets.photos import FAMILIES, SOURCES, TRAIN_PER_CLASS, TinyImageNet, default_root
from tlcourse.features import cache
from tlcourse.features.extraction import extract_features
from tlcourse.networks import weights
from tlcourse.networks.backbones import load_backbone
from tlcourse.networks.weights import WeightsError

SPLITS = {"train": ("train", TRAIN_PER_CLASS), "test": ("val", None)}


def extract_family(backbone, family, split, root, progress=True):
    """The features of one family, as they are shipped: float32 arithmetic, nothing cached."""
    part, per_class = SPLITS[split]
    dataset = TinyImageNet(family, part, root, per_class)
    return extract_features(
        backbone, dataset, device="cpu", precision="float32", progress=progress, cache=False
    )


def ship_family(backbone, family, split, root):
    """Extract one family and write its entry in 8 bits a feature."""
    features = extract_family(backbone, family, split, root)
    features.about["weights_sha256"] = weights.read_card(backbone.name)["sha256"]
    features.about["data"] = f"Tiny ImageNet, {family}, {SPLITS[split][0]} images"
    file = cache.shipped_file(backbone.name, family, split)
    cache.write_file(file, **vars(features), eight_bits=True)
    return features


def main(arguments=None):
    parser = argparse.ArgumentParser(
        prog="python -m scripts.remake shipping",
        description="Compute the features of the six target families that the course ships.",
    )
    parser.add_argument("backbones", nargs="*", default=SOURCES, help=f"of {', '.join(SOURCES)}")
    parser.add_argument("--data", type=Path, default=default_root(), help="folder of Tiny ImageNet")
    options = parser.parse_args(arguments)
    try:
        for name in options.backbones:
            backbone = load_backbone(name)
            for family in FAMILIES:
                for split in SPLITS:
                    print(name, family, split, ship_family(backbone, family, split, options.data))
    except (FileNotFoundError, ValueError, WeightsError) as problem:
        sys.exit(str(problem))
