"""The accuracies of the model cards: ``natural`` and ``manmade`` on the six shipped families."""

import json
from functools import partial

import numpy as np

from scripts.remake.runner import Step
from tlcourse import paths
from tlcourse.classifiers.score import DRAWS, evaluate_transfer, layer_sets
from tlcourse.datasets.photos import FAMILIES, PHOTO_SOURCES
from tlcourse.networks import weights

A_FEW = (
    *(("L2 per image", C) for C in (0.3, 1, 3)),
    *(("L2 by layer", C) for C in (0.1, 0.3, 1)),
    *(("standardized", C) for C in (1e-4, 4e-4, 1e-3)),
    *(("discretized", C) for C in (1e-4, 4e-4, 1e-3)),
)


def steps(options):
    """A step a backbone; none is ever done, as the features may be new ones."""
    return (Step(name, False, partial(write_into_card, name)) for name in PHOTO_SOURCES)


def write_into_card(name):
    """Measure one backbone and put the figures into its card; returns them as lines."""
    card, measured = weights.read_card(name), measure_backbone(name)
    card["measured"]["transfer_accuracy_percent"] = measured
    paths.write_text(paths.SHIPPED_WEIGHTS / f"{name}.json", json.dumps(card, indent=2) + "\n")
    return "".join(f"\n  {family}: {row}" for family, row in measured.items())


def mean_accuracy(backbone_name, family, layers, **options):
    """Mean over five draws of the training images; options as for ``evaluate_transfer``."""
    results = [
        evaluate_transfer(backbone_name, family, layers, seed=seed, **options) for seed in DRAWS
    ]
    return float(np.mean([result.accuracy for result in results]))


def best_of_a_few(backbone_name, family, layers):
    """Mean accuracy over five draws at the best of a few normalizations and C."""
    return max(
        mean_accuracy(backbone_name, family, layers, C=C, normalization=normalization)
        for normalization, C in A_FEW
    )


def measure_backbone(name):
    """Accuracy in percent on every family: {family: {embedding: {"C = 1": a, "best": b}}}."""
    return {
        family: {
            embedding: {
                "L2 per image, C = 1": _percent(
                    mean_accuracy(name, family, layers, normalization="L2 per image")
                ),
                "best of a few": _percent(best_of_a_few(name, family, layers)),
            }
            for embedding, layers in layer_sets(name).items()
        }
        for family in FAMILIES
    }


def _percent(share):
    return round(100 * float(share), 1)
