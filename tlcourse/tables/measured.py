"""What the commands of ``scripts/remake`` measured on the maintainers' machine, read again.

Learning from scratch (trials, curves, volumes, a grid of settings), the price of it by family.
"""

import json

from tlcourse import paths
from tlcourse.classifiers.score import PER_CLASS
from tlcourse.finetuning.league import grouped
from tlcourse.finetuning.starts import SAME_BUDGET, StartedRun

FOLDER = paths.SHIPPED / "measured"
SCRATCH_FILE = FOLDER / "scratch.json"
ORDER = ("tuning", "curves", "long", "volumes", "grid")
FILES = {which: f"from_scratch_{which}.json" for which in ORDER}

# From scratch: budgets, seeds, what was tried, and the grid of settings.
AS_LONG = "as long as it takes"
TRIAL, LONG_TRIAL = "trial", "long trial"
SEEDS = (0, 1, 2)
TRIED = ("optimizer", "learning_rate", "augment")
GRID = {"width": (0.25, 0.5), "augment": (0, 0.4), "learning_rate": (0.002, 0.01, 0.05, 0.25)}


def read_part(file, part="runs"):
    """A part of a JSON file in ``data/measured``; the runs are dicts of a dataclass's fields."""
    return json.loads(file.read_text(encoding="utf-8"))[part]


def chosen(start, budget=TRIAL, per_class=PER_CLASS):
    """The tried settings of a start that were best on held-out photographs, in the mean of seeds.

    ``budget`` is TRIAL or LONG_TRIAL."""
    found = accuracy_of_trials(start, budget, per_class)
    return dict(zip(TRIED, max(found, key=lambda trial: sum(found[trial])), strict=True))


def accuracy_of_trials(start, budget=TRIAL, per_class=PER_CLASS):
    """Accuracy of each seed on held-out photographs, by what was tried, as in ``TRIED``."""
    return _by_settings(of_start(read_measured("tuning"), start, budget, per_class), TRIED)


def accuracy_of_grid():
    """Accuracy of each seed, by the settings of the grid, as in ``GRID``."""
    return _by_settings(read_measured("grid"), GRID)


def _by_settings(runs, names):
    return grouped((tuple(run.settings[name] for name in names), run.accuracy) for run in runs)


def read_measured(which):
    """The runs from scratch of one of ``FILES``: a list of StartedRun."""
    return [StartedRun(**run) for run in read_part(FOLDER / FILES[which])]


def of_start(runs, start, budget=SAME_BUDGET, per_class=PER_CLASS):
    """The runs of one start, one budget and one number of images: one a seed."""
    wanted = start, budget, per_class
    return [run for run in runs if (run.start, run.budget, run.per_class) == wanted]


def read_scratch():
    """From scratch on every family: {family: [{"seed", "accuracy" (0 to 1), "seconds"}]}."""
    runs = read_part(SCRATCH_FILE)
    return grouped((run["target"], run) for run in runs if run["purpose"] == "final")
