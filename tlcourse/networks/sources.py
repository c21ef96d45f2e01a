"""What each bundled backbone learned from, and for how long: the sources of the course.

*natural* and *manmade* differ in kind and not in volume; *photos* has every class of Tiny ImageNet
that is no target; *drawn* needs no data set. The four smaller ones are for the lecture's "factors
of deep representation quality": *half_width* is the reference, and each of the others differs from
it in one factor (``change``) and takes as many training steps.
"""

import math
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from tlcourse.datasets.drawn import FAMILIES as DRAWN_FAMILIES
from tlcourse.datasets.drawn import HybridImages, hybrids
from tlcourse.datasets.photos import FAMILIES, TinyImageNet, class_names

PER_CLASS = 500


def two_cycles(first, second):
    """The recipe of the photographs: so many epochs of strong, then of mild augmentation."""
    return {
        "cycles": [
            {"epochs": first, "peak_learning_rate": 0.1, "augmentation": 1.0},
            {"epochs": second, "peak_learning_rate": 0.04, "augmentation": 0.4},
        ],
        "batch_size": 128,
        "optimizer": "SGD, Nesterov momentum 0.9",
        "weight_decay": 5e-4,
        "schedule": "each cycle: linear warm-up over a tenth of its steps, then cosine to 0",
        "augmentation": "at 1: flip, random crop of 35% to 100% of the area, rotation up to 15 "
        "degrees, brightness, contrast and saturation up to 40%, one in ten grey; "
        "in proportion below 1",
        "seed": 0,
    }


RECIPE = two_cycles(26, 14)
SHORT = {**RECIPE, "cycles": [{"epochs": 10, "peak_learning_rate": 0.1, "augmentation": 0.5}]}
RECIPES = {"long": RECIPE, "half": two_cycles(13, 7), "a third": two_cycles(7, 4), "short": SHORT}


@dataclass(frozen=True)
class Source:
    """A source of pictures, and the network that learns from it.

    ``every=2`` takes every second class, ``width`` is of the small VGG's layers; ``change`` is the
    one factor in which it differs from the source that it is ``compared_with``.
    """

    name: str
    role: str
    per_class: int = PER_CLASS
    every: int = 1
    width: float = 1
    recipe: dict = field(default_factory=lambda: RECIPE, hash=False)
    compared_with: str = ""
    change: str = ""

    def images(self, split, root=None):
        """The pictures: Tiny ImageNet's from the folder ``root``, the drawn ones from code."""
        if self.role == "drawn":
            return HybridImages(split)
        per_class = self.per_class if split == "train" and self.per_class < PER_CLASS else None
        return TinyImageNet(self.role, split, root, per_class, self.every)

    def describe(self):
        """What the model card says of the source, as a dict of str."""
        if self.role == "drawn":
            return {
                "data": "Drawn hybrids (tlcourse.datasets.drawn), 64 x 64 pixels, "
                f"{self.per_class} training pictures of each class",
                "held_out": f"every class of the drawn families: {', '.join(DRAWN_FAMILIES)}",
                "command": "python -m scripts.remake pretraining drawn",
            }
        kind = "classes that are no target" if self.role == "photos" else f"{self.role} classes"
        which = f"the {kind}" if self.every == 1 else f"every second one of the {kind}"
        return {
            "data": "Tiny ImageNet (200 classes of ImageNet, 64 x 64 pixels): "
            f"{which}, {self.per_class} training images each",
            "held_out": f"every class of the target families: {', '.join(FAMILIES)}",
            "command": f"python -m scripts.remake pretraining {self.name} --data tiny-imagenet-200",
        }

    def class_names(self):
        """Names of the classes, in the order of the network's outputs."""
        if self.role == "drawn":
            return [name for family in DRAWN_FAMILIES for name in hybrids(family)]
        return list(class_names(self.role).values())[:: self.every]


def _read():
    told = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    for name, entry in told.items():
        recipe = RECIPES[entry.pop("recipe", "long")]
        yield name, Source(name, recipe=recipe, **entry)


SOURCES = dict(_read())


def n_epochs(recipe):
    return sum(cycle["epochs"] for cycle in recipe["cycles"])


def learning_rate(recipe, epoch):
    """The learning rate after so many epochs, which may be a fraction."""
    cycle, epoch = _place_in_cycle(recipe, epoch)
    return cycle["peak_learning_rate"] * _warm_up_then_cosine(epoch / cycle["epochs"])


def _place_in_cycle(recipe, epoch):
    """The cycle that an epoch falls into, and how many of its epochs are over."""
    for cycle in recipe["cycles"]:
        if epoch < cycle["epochs"]:
            return cycle, epoch
        epoch -= cycle["epochs"]
    return cycle, cycle["epochs"]


def _warm_up_then_cosine(progress, warm_up=0.1):
    if progress < warm_up:
        return 0.01 + 0.99 * progress / warm_up
    return (1 + math.cos(math.pi * (progress - warm_up) / (1 - warm_up))) / 2
