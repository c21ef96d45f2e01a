"""What makes a representation good: the same targets, from sources that differ in one factor.

    python -m scripts.remake representation_quality --data path/to/tiny-imagenet-200

measures the sources on the six families of photographs and keeps the accuracies in
``data/measured/representation_quality.json``, since the photographs are not shipped.
"""

import argparse
import json
import sys
from pathlib import Path

from tlcourse import paths
from tlcourse.datasets.photos import FAMILIES, default_root
from tlcourse.networks import weights
from tlcourse.networks.weights import WeightsError
from tlcourse.tables.source_factors import (
    KEY,
    MEASURED,
    compared_sources,
    factor_effects,
    quality_cells,
)
from tlcourse.tables.sweep import run_sweep
from tlcourse.tables.targets import PhotographTarget


def main(arguments=None):
    parser = argparse.ArgumentParser(
        prog="python -m scripts.remake representation_quality", description=__doc__
    )
    parser.add_argument("--data", type=Path, default=default_root(), help="folder of Tiny ImageNet")
    options = parser.parse_args(arguments)
    targets = [PhotographTarget(family, str(options.data)) for family in FAMILIES]
    try:
        results = run_sweep(quality_cells(targets))
    except (FileNotFoundError, ValueError, WeightsError) as problem:
        sys.exit(str(problem))
    cells = results[["source", *KEY, "accuracy"]].round({"accuracy": 4})
    report = {
        "what": "mean class accuracy of a linear SVM, C = 1, 20 training and 50 test photographs a "
        "class, five draws",
        "command": "python -m scripts.remake representation_quality --data tiny-imagenet-200",
        "weights_sha256": {name: weights.read_card(name)["sha256"] for name in compared_sources()},
        "cells": cells.to_dict("records"),
    }
    with paths.written_whole(MEASURED) as temporary:
        temporary.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print(factor_effects(results).round(2).to_string())
