"""The accuracies of the model cards: every bundled backbone on the six shipped families."""

import argparse
import json

import numpy as np

from tlcourse import paths
from tlcourse.classifiers.score import SEEDS, evaluate_transfer, layer_sets
from tlcourse.datasets.photos import FAMILIES, SOURCES
from tlcourse.networks import weights

A_FEW = (
    *(("L2 per image", C) for C in (0.3, 1, 3)),
    *(("L2 by layer", C) for C in (0.1, 0.3, 1)),
    *(("standardized", C) for C in (1e-4, 4e-4, 1e-3)),
    *(("discretized", C) for C in (1e-4, 4e-4, 1e-3)),
)


def mean_accuracy(backbone_name, family, layers, **options):
    """Mean over five draws of the training images; options as for ``evaluate_transfer``."""
    results = [
        evaluate_transfer(backbone_name, family, layers, seed=seed, **options) for seed in SEEDS
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
                "L2 per image, C = 1": _percent(mean_accuracy(name, family, layers)),
                "best of a few": _percent(best_of_a_few(name, family, layers)),
            }
            for embedding, layers in layer_sets(name).items()
        }
        for family in FAMILIES
    }


def _percent(share):
    return round(100 * float(share), 1)


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m scripts.remake transfer", description=__doc__)
    parser.add_argument("--write", action="store_true", help="put the figures into the model cards")
    options = parser.parse_args(arguments)
    for name in SOURCES:
        measured = measure_backbone(name)
        for family, row in measured.items():
            figures = "; ".join(f"{key} {list(value.values())}" for key, value in row.items())
            print(f"{name} -> {family}: {figures}", flush=True)
        if options.write:
            card = weights.read_card(name)
            card["measured"]["transfer_accuracy_percent"] = measured
            with paths.written_whole(paths.SHIPPED_WEIGHTS / f"{name}.json") as temporary:
                temporary.write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
