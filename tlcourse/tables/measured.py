"""What the commands of ``scripts/remake`` measured and keep in ``data/measured``."""

import json
from dataclasses import dataclass

from tlcourse import paths
from tlcourse.classifiers.score import PER_CLASS
from tlcourse.finetuning.starts import SAME_BUDGET, StartedRun

AS_LONG = "as long as it takes"

TRIAL, LONG_TRIAL = "trial", "long trial"

SEEDS = (0, 1, 2)

TRIED = ("optimizer", "learning_rate", "augment")

GRID = {"width": (0.25, 0.5), "augment": (0, 0.4), "learning_rate": (0.002, 0.01, 0.05, 0.25)}

FOLDER = paths.SHIPPED / "measured"

ORDER = ("tuning", "curves", "long", "volumes", "grid")

FILES = {which: f"from_scratch_{which}.json" for which in ORDER}


def chosen(start, budget=TRIAL, per_class=PER_CLASS):
    """The settings of the trials that were best on held-out photographs, in the mean of seeds.

    Parameters
    ----------
    start : str
        A key of ``STARTS``.
    budget : {TRIAL, LONG_TRIAL}
    per_class : int
        Training images a class in the trials.

    Returns
    -------
    dict
        Optimizer, learning rate and augmentation.
    """
    found = accuracy_of_trials(start, budget, per_class)
    return dict(zip(TRIED, max(found, key=lambda trial: sum(found[trial])), strict=True))


def accuracy_of_trials(start, budget=TRIAL, per_class=PER_CLASS):
    """What was tried on held-out photographs.

    Returns
    -------
    dict of tuple to list of float
        (optimizer, learning rate, augmentation) -> accuracy of each seed, from 0 to 1.
    """
    found = {}
    for run in of_start(read_measured("tuning"), start, budget, per_class):
        trial = tuple(run.settings[name] for name in TRIED)
        found.setdefault(trial, []).append(run.accuracy)
    return found


def accuracy_of_grid():
    """What every setting of the grid gave: dict of tuple, as in ``GRID``, to a list of seeds."""
    found = {}
    for run in read_measured("grid"):
        found.setdefault(tuple(run.settings[name] for name in GRID), []).append(run.accuracy)
    return found


def read_measured(which):
    """What the command measured on the maintainers' machine.

    Parameters
    ----------
    which : {"tuning", "curves", "long", "volumes", "grid"}

    Returns
    -------
    list of StartedRun
    """
    saved = json.loads((FOLDER / FILES[which]).read_text(encoding="utf-8"))
    return [StartedRun(**run) for run in saved["runs"]]


def of_start(runs, start, budget=SAME_BUDGET, per_class=PER_CLASS):
    """The runs of one start, one budget and one number of images: one a seed."""
    wanted = start, budget, per_class
    return [run for run in runs if (run.start, run.budget, run.per_class) == wanted]


SCRATCH_FILE = paths.SHIPPED / "measured" / "scratch.json"


def read_scratch():
    """What this command measured on the maintainers' machine.

    Returns
    -------
    dict
        Family -> list of {"seed", "accuracy" in [0, 1], "seconds"}.
    """
    found = {}
    for run in json.loads(SCRATCH_FILE.read_text(encoding="utf-8"))["runs"]:
        if run["purpose"] == "final":
            found.setdefault(run["target"], []).append(run)
    return found


COPIED_FILE = paths.SHIPPED / "measured" / "yosinski_in_miniature.json"

CURVES = ("BnB", "BnB+", "AnB", "AnB+", "random")


@dataclass(frozen=True)
class CopiedRun:
    """One network of the miniature.

    Attributes
    ----------
    curve : str
        One of ``CURVES``, or "base": nothing copied.
    layer : int
        Layers copied from the bottom.
    seed : int
    accuracy : float
        At the end of training, from 0 to 1: no evaluation was chosen.
    """

    curve: str
    layer: int
    seed: int
    accuracy: float


def read_copied():
    """What the command measured on the maintainers' machine: a list of CopiedRun."""
    if not COPIED_FILE.exists():
        return []
    return [CopiedRun(**run) for run in json.loads(COPIED_FILE.read_text(encoding="utf-8"))["runs"]]


def measured_curve(name, runs=None):
    """One measured curve, as ``{layers copied: [accuracy of each seed]}``."""
    found = {}
    for run in sorted(runs or read_copied(), key=lambda run: run.layer):
        if run.curve == name:
            found.setdefault(run.layer, []).append(run.accuracy)
    return found
