"""Make the features that the course ships, from the photographs that it does not.

``data/features/{backbone}/{family}-{train,test}.npz`` for the six target families. The same command
on the same data set gives the same numbers.
"""

from functools import partial

from scripts.remake.runner import Step
from tlcourse.datasets.photos import FAMILIES, PHOTO_SOURCES, TRAIN_PER_CLASS, TinyImageNet
from tlcourse.features import cache
from tlcourse.features.extraction import extract_features
from tlcourse.networks import weights
from tlcourse.networks.backbones import load_backbone

SPLITS = {"train": ("train", TRAIN_PER_CLASS), "test": ("val", None)}


def steps(options):
    """A step a backbone, family and split; done where the file is of the bundled weights."""
    for name in PHOTO_SOURCES:
        wanted, backbone = weights.read_card(name)["sha256"], load_backbone(name)
        for family in FAMILIES:
            for split in SPLITS:
                entry = cache.read_file(cache.shipped_file(name, family, split))
                is_done = bool(entry) and entry["about"]["weights_sha256"] == wanted
                make = partial(ship_family, backbone, family, split, options.data)
                yield Step(f"{name}, {family}, {split}", is_done, make)


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
