"""What makes a representation good: the same targets, from sources that differ in one factor.

The photographs are not shipped, but the accuracies are. Cells that were measured are kept in the
cache of sweeps: a command that is started again goes on.
"""

import json

from scripts.remake.runner import Step
from tlcourse import paths
from tlcourse.datasets.photos import FAMILIES
from tlcourse.networks import weights
from tlcourse.tables.source_factors import (
    KEY,
    MEASURED,
    compared_sources,
    factor_effects,
    quality_cells,
)
from tlcourse.tables.sweep import run_sweep
from tlcourse.tables.targets import PhotographTarget


def steps(options):
    """One step, done where the file is of the bundled weights."""
    wanted = {name: weights.read_card(name)["sha256"] for name in compared_sources()}

    def make():
        targets = [PhotographTarget(family, str(options.data)) for family in FAMILIES]
        results = run_sweep(quality_cells(targets))
        cells = results[["source", *KEY, "accuracy"]].round({"accuracy": 4})
        report = {
            "what": "mean class accuracy of a linear SVM, C = 1, 20 training and 50 test "
            "photographs a class, five draws",
            "command": "python -m scripts.remake representation_quality --data tiny-imagenet-200",
            "weights_sha256": wanted,
            "cells": cells.to_dict("records"),
        }
        paths.write_text(MEASURED, json.dumps(report, indent=1) + "\n")
        return "\n" + factor_effects(results).round(2).to_string()

    report = json.loads(MEASURED.read_text(encoding="utf-8")) if MEASURED.exists() else {}
    yield Step(MEASURED.stem, report.get("weights_sha256") == wanted, make)
