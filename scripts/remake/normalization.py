"""Each normalization with a C of its own, on shipped features: ``data/measured/normalization.csv``.

A row has C, chosen by ``choose_C`` within the training images, and the accuracy on the test images,
0 to 1, with that C and with C = 1. "others' statistics" is standardized by the training images of
all other targets of the same network. No photograph is needed; five minutes of one core.
"""

from dataclasses import replace
from functools import lru_cache

import numpy as np

from scripts.remake.runner import Table
from tlcourse import paths
from tlcourse.classifiers.score import choose_C, evaluate_features
from tlcourse.datasets.photos import FAMILIES, PHOTO_SOURCES
from tlcourse.datasets.real_sets import REAL_SETS, SAMPLE
from tlcourse.features.extraction import shipped_features
from tlcourse.features.normalization import Standardizer

RUNS = Table(paths.SHIPPED / "measured" / "normalization.csv")
TARGETS = {"imagenet": [name for name in REAL_SETS if name != SAMPLE]}
TARGETS |= dict.fromkeys(PHOTO_SOURCES, list(FAMILIES))
ALL, LAST, OTHERS = "all layers", "last layer", "others' statistics"
SETTINGS = [(ALL, name) for name in ("none", "L2 by layer", "standardized", OTHERS)]
SETTINGS += [(ALL, "L2 per image"), (LAST, "none"), (LAST, "L2 by layer"), (ALL, "discretized")]
NAMES = "backbone", "target", "layers", "normalization"


def steps(options):
    """A step a setting, network and target."""
    keys = [
        (backbone, target, *setting)
        for setting in SETTINGS
        for backbone, targets in TARGETS.items()
        for target in targets
    ]
    return RUNS.steps([dict(zip(NAMES, key, strict=True)) for key in keys], measure)


def measure(backbone, target, layers, normalization):
    """C and two accuracies; the training images alone decide C."""
    parts = shipped_features(backbone, target)
    if normalization == OTHERS:
        statistics, normalization = _others_statistics(backbone, target), "none"
        parts = [replace(part, matrix=statistics.transform(part.matrix)) for part in parts]
    train, test = parts
    chosen = list(train.layer_sizes)[0 if layers == ALL else -1 :]
    C = choose_C(train, chosen, normalization)
    own, one = (evaluate_features(train, test, chosen, 0, each, normalization) for each in (C, 1))
    return {"C": C, "accuracy": round(own.accuracy, 5), "at_C_1": round(one.accuracy, 5)}


@lru_cache(maxsize=1)
def _others_statistics(backbone, target):
    others = [name for name in TARGETS[backbone] if name != target]
    pooled = [shipped_features(backbone, name, ("train",))[0].matrix for name in others]
    return Standardizer().fit(np.vstack(pooled))
