"""The miniature of Yosinski et al. 2014, "How transferable are features ...?", read again."""

from dataclasses import dataclass

import pandas as pd

from tlcourse import paths
from tlcourse.finetuning.grid import grouped, read_part

FOLDER = paths.SHIPPED / "measured"
COPIED_FILE = FOLDER / "yosinski_in_miniature.json"
SCRATCH_FILE = FOLDER / "from_scratch.csv"
CURVES = ("BnB", "BnB+", "AnB", "AnB+", "random")


@dataclass(frozen=True)
class CopiedRun:
    """One network of the miniature, its bottom ``layer`` layers copied.

    ``curve`` is one of ``CURVES``, or "base": nothing copied. ``accuracy`` (0 to 1) is that at
    the end of training: no evaluation was chosen.
    """

    curve: str
    layer: int
    seed: int
    accuracy: float


def read_copied():
    """The networks of the miniature: a list of CopiedRun, empty before the first."""
    return [CopiedRun(**run) for run in read_part(COPIED_FILE)] if COPIED_FILE.exists() else []


def measured_curve(name):
    """One measured curve, as ``{layers copied: [accuracy of each seed]}``."""
    runs = sorted(read_copied(), key=lambda run: run.layer)
    return grouped((run.layer, run.accuracy) for run in runs if run.curve == name)


def read_scratch():
    """From scratch with 40 images a class: {family: a dict a run, "accuracy" among it}."""
    runs = pd.read_csv(SCRATCH_FILE).query("start == 'from scratch' and per_class == 40")
    runs = runs.rename(columns={"test_accuracy": "accuracy"})
    return {target: its.to_dict("records") for target, its in runs.groupby("target")}
