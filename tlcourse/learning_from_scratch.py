"""Learning from scratch against reusing: the same network, the same target, the same budget.

    python -m tlcourse.learning_from_scratch --data path/to/tiny-imagenet-200

measures what takes minutes and keeps it in ``data/measured/``: first which settings each start
takes, chosen on photographs held out of the training folder; then, with these, learning curves and
accuracies on photographs of five insects, which are not shipped; and a grid of settings on drawn
flowers. A command that is started again goes on after the last finished run.
"""

import argparse
import json
import sys
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import torch

from tlcourse import paths
from tlcourse.architectures import small_vgg_backbone
from tlcourse.backbones import load_backbone
from tlcourse.datasets.drawn import DrawnImages
from tlcourse.datasets.photos import TinyImageNet, default_root
from tlcourse.finetuning import fine_tune
from tlcourse.policy_grid import keep
from tlcourse.training_images import prepare_images
from tlcourse.transfer import PER_CLASS, sample_per_class

SCRATCH, FINE_TUNED, FROZEN = "from scratch", "reused, fine-tuned", "reused, frozen"
STARTS = {SCRATCH: "all random", FINE_TUNED: "fine-tune all", FROZEN: "reuse all"}
SETTINGS = {
    SCRATCH: {"learning_rate": 0.01, "augment": 0.0, "evaluate_every": 12},
    FINE_TUNED: {"learning_rate": 0.003, "evaluate_every": 12},
    FROZEN: {"learning_rate": 0.03, "evaluate_every": 5},
}
SAME_BUDGET, AS_LONG = "same budget", "as long as it takes"
TRIAL, LONG_TRIAL = "trial", "long trial"
EPOCHS, LONG_EPOCHS = 10, 30
SEEDS, TRIAL_SEEDS = (0, 1, 2), (0, 1)
TRIED = ("optimizer", "learning_rate", "augment")
TRIALS = {
    SCRATCH: (
        *(("sgd", rate, 0) for rate in (0.003, 0.01, 0.03)),
        *(("adamw", rate, 0) for rate in (3e-4, 1e-3)),
        ("adamw", 1e-3, 0.4),
    ),
    FINE_TUNED: (
        *(("sgd", rate, 0) for rate in (0.001, 0.003, 0.006)),
        *(("adamw", rate, 0) for rate in (1e-4, 3e-4)),
        ("sgd", 0.003, 0.4),
    ),
    FROZEN: (
        *(("sgd", rate, 0) for rate in (0.01, 0.03, 0.1)),
        *(("adamw", rate, 0) for rate in (1e-3, 3e-3, 1e-2)),
    ),
}
LONG_TRIALS = tuple(
    (optimizer, rate, augment)
    for optimizer, rate in (("sgd", 0.01), ("adamw", 1e-3))
    for augment in (0, 0.4)
)
FAMILY, SOURCE = "insects", "natural"
MORE, MOST = 80, 320  # photographs a class to train on
HELD_OUT = 50  # and to choose settings on
FLOWERS = ("daisy", "sunflower", "poppy", "pansy", "daffodil")
GRID = {"width": (0.25, 0.5), "augment": (0, 0.4), "learning_rate": (0.002, 0.01, 0.05, 0.25)}
MEASURED = paths.SHIPPED / "measured"
ORDER = ("tuning", "curves", "long", "volumes", "grid")
FILES = {which: f"from_scratch_{which}.json" for which in ORDER}


@dataclass(frozen=True)
class StartedRun:
    """What one run gave, from one start.

    Attributes
    ----------
    start : str
        A key of ``STARTS``.
    budget : str
        ``SAME_BUDGET``, ``AS_LONG``; ``TRIAL`` or ``LONG_TRIAL`` of a run that tries settings, on
        photographs that are held out; or "grid".
    per_class, seed : int
        Training images a class, and the seed of all that is random.
    settings : dict
        What differs from the defaults of ``tlcourse.finetuning.fine_tune``.
    curve : dict of str to list
        ``"step"``, ``"images"``, ``"cpu_seconds"``, ``"flops"``, and ``"accuracy"`` from 0 to 1,
        on images that were not trained on.
    """

    start: str
    budget: str
    per_class: int
    seed: int
    settings: dict
    curve: dict

    @property
    def accuracy(self):
        """At the end of training: nothing was chosen on the test images."""
        return self.curve["accuracy"][-1]

    def curve_over(self, what="images"):
        """Two columns, as ``plots.plot_learning_curves`` takes them."""
        return self.curve[what], self.curve["accuracy"]


def train_from(start, source, train, test, seed=0, budget=SAME_BUDGET, **settings):
    """Train the course's network on a target, from random weights or from a source's.

    Parameters
    ----------
    start : str
        ``SCRATCH`` (with batch normalisation, without which it learns more slowly),
        ``FINE_TUNED`` or ``FROZEN``.
    source : Backbone
        Not looked at from scratch.
    train, test : Dataset of (PIL image, label), or PreparedImages
    seed : int
    budget : str
        A name for what is spent.
    **settings
        As for ``tlcourse.finetuning.fine_tune``; they win over those of ``SETTINGS``.

    Returns
    -------
    StartedRun
    Run
        With the network that was best on the test images.

    Raises
    ------
    ValueError
        If there is no such start, or a setting does not fit.
    """
    if start not in STARTS:
        raise ValueError(f"There is no start {start!r}: choose from {', '.join(STARTS)}.")
    settings = {**SETTINGS[start], "batch_size": 20, "device": "cpu", **settings}
    options = dict(settings)
    width = options.pop("width", 1)
    backbone = small_vgg_backbone(width=width, seed=seed) if start == SCRATCH else source
    run = fine_tune(backbone, STARTS[start], train, test, seed=seed, **options)
    columns = ("step", "images", "cpu_seconds", "flops")
    curve = {name: [round(float(value), 2) for value in run.column(name)] for name in columns}
    curve["accuracy"] = [round(float(v), 4) for v in run.column("validation_accuracy")]
    per_class = len(train) // len(run.classes)
    return StartedRun(start, budget, per_class, seed, settings, curve), run


def insect_photographs(split, root=None, per_class=None):
    """Photographs of every second insect class: five classes that no source saw."""
    return TinyImageNet(FAMILY, split, root, per_class, every=2)


def drawn_flowers(per_class, seed):
    """Drawn flowers of five classes."""
    return DrawnImages("flowers", FLOWERS, per_class, seed)


def tuning_plan():
    """Trials of settings: (start, budget, images a class, seed, settings)."""
    for seed in TRIAL_SEEDS:
        for start, trials in TRIALS.items():
            for trial in trials:
                yield start, TRIAL, PER_CLASS, seed, _to_the_end(EPOCHS, trial)
    for per_class, epochs in ((PER_CLASS, LONG_EPOCHS), (MORE, EPOCHS)):
        for trial in LONG_TRIALS:
            yield SCRATCH, LONG_TRIAL, per_class, 0, _to_the_end(epochs, trial, per_class)


def curve_plan():
    """The same budget for every start, each with the settings chosen for it."""
    for seed in SEEDS:
        for start in STARTS:
            settings = {"epochs": EPOCHS, "evaluate_every": 5 if start == FROZEN else 10}
            yield start, SAME_BUDGET, PER_CLASS, seed, settings | chosen(start)


def long_plan():
    """From scratch with three times the budget, and settings chosen for that."""
    for seed in SEEDS:
        settings = {"epochs": LONG_EPOCHS, "evaluate_every": 30} | chosen(SCRATCH, LONG_TRIAL)
        yield SCRATCH, AS_LONG, PER_CLASS, seed, settings


def volume_plan():
    """From scratch on more images, in more updates; settings chosen on the smaller number."""
    for seed in SEEDS:
        for per_class, epochs, every in ((MORE, EPOCHS, 100), (MOST, 4, 160)):
            settings = {"epochs": epochs, "evaluate_every": every}
            settings |= chosen(SCRATCH, LONG_TRIAL, MORE)
            yield SCRATCH, AS_LONG, per_class, seed, settings


def grid_plan():
    """Every combination of the grid's settings, design included: how wide the network is."""
    for seed in SEEDS:
        for values in product(*GRID.values()):
            settings = dict(zip(GRID, values, strict=True)) | {"epochs": 16, "evaluate_every": 80}
            yield SCRATCH, "grid", PER_CLASS, seed, settings


PLANS = dict(zip(ORDER, (tuning_plan, curve_plan, long_plan, volume_plan, grid_plan), strict=True))


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


def measure(which, root=None):
    """Run after run of a plan that is not in its file yet."""
    wanted = list(_left(which))
    if not wanted:
        return
    source = load_backbone(SOURCE)
    pool, test = _images(which, source, root)
    for start, budget, per_class, seed, settings in wanted:
        few = pool.subset(first_of_each_class(pool.labels, max(per_class, 2 * PER_CLASS)))
        train = few.subset(sample_per_class(few.labels.numpy(), per_class, seed))
        yield train_from(start, source, train, test, seed, budget, **settings)[0]


def first_of_each_class(labels, n):
    """Rows of the first n images of each class: int64 tensor."""
    return torch.cat([(labels == label).nonzero()[:n, 0] for label in labels.unique()])


def _to_the_end(epochs, trial, per_class=PER_CLASS):
    """Settings of a trial; only its end is evaluated."""
    steps = epochs * len(FLOWERS) * per_class // 20
    return dict(zip(TRIED, trial, strict=True)) | {"epochs": epochs, "evaluate_every": steps}


def _images(which, backbone, root):
    """To train on, and to evaluate on: for trials the last photographs of the training folder."""
    if which == "grid":
        return tuple(prepare_images(backbone, drawn_flowers(40, seed)) for seed in (0, 1))
    pool = prepare_images(backbone, insect_photographs("train", root, MOST + HELD_OUT))
    if which != "tuning":
        return pool, prepare_images(backbone, insect_photographs("val", root))
    held_out = torch.arange(len(pool)) % (MOST + HELD_OUT) >= MOST
    return pool.subset(~held_out), pool.subset(held_out)


def read_measured(which):
    """What the command measured on the maintainers' machine.

    Parameters
    ----------
    which : {"tuning", "curves", "long", "volumes", "grid"}

    Returns
    -------
    list of StartedRun
    """
    saved = json.loads((MEASURED / FILES[which]).read_text(encoding="utf-8"))
    return [StartedRun(**run) for run in saved["runs"]]


def of_start(runs, start, budget=SAME_BUDGET, per_class=PER_CLASS):
    """The runs of one start, one budget and one number of images: one a seed."""
    wanted = start, budget, per_class
    return [run for run in runs if (run.start, run.budget, run.per_class) == wanted]


def _left(which):
    done = read_measured(which) if (MEASURED / FILES[which]).exists() else []
    keys = [(run.start, run.budget, run.per_class, run.seed, run.settings) for run in done]
    for wanted in PLANS[which]():
        *names, settings = wanted
        if not any(list(key[:-1]) == names and settings.items() <= key[-1].items() for key in keys):
            yield wanted


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m tlcourse.learning_from_scratch")
    parser.add_argument("--data", type=Path, default=default_root(), help="folder of Tiny ImageNet")
    options = parser.parse_args(arguments)
    what = __doc__.splitlines()[0]
    command = "python -m tlcourse.learning_from_scratch --data tiny-imagenet-200"
    try:
        for which in ORDER:
            for run in measure(which, options.data):
                keep(MEASURED / FILES[which], what, command, run)
                settings = ", ".join(f"{name} {run.settings.get(name)}" for name in TRIED)
                said = f"{run.start}, {run.budget}, {run.per_class} a class, seed {run.seed}"
                print(f"{said}, {settings}: {run.accuracy:.1%}", flush=True)
    except (FileNotFoundError, ValueError) as problem:
        sys.exit(str(problem))


if __name__ == "__main__":
    main()
