"""Learning from scratch against reusing: the same network, the same target, the same budget.

    python -m scripts.remake from_scratch --data path/to/tiny-imagenet-200

measures what takes minutes and keeps it in ``data/measured/``: first which settings each start
takes, chosen on photographs held out of the training folder; then, with these, learning curves and
accuracies on photographs of five insects, which are not shipped; and a grid of settings on drawn
flowers. A command that is started again goes on after the last finished run.
"""

import argparse
import sys
from itertools import product
from pathlib import Path

import torch

from scripts.remake.runner import keep
from tlcourse.classifiers.score import PER_CLASS, sample_per_class
from tlcourse.datasets.photos import TinyImageNet, default_root
from tlcourse.finetuning.starts import (
    FAMILY,
    FINE_TUNED,
    FLOWERS,
    FROZEN,
    SAME_BUDGET,
    SCRATCH,
    SOURCE,
    STARTS,
    drawn_flowers,
    first_of_each_class,
    train_from,
)
from tlcourse.networks.backbones import load_backbone
from tlcourse.networks.images import prepare_images
from tlcourse.tables.measured import (
    AS_LONG,
    FILES,
    FOLDER,
    GRID,
    LONG_TRIAL,
    ORDER,
    SEEDS,
    TRIAL,
    TRIED,
    chosen,
    read_measured,
)

EPOCHS, LONG_EPOCHS = 10, 30

TRIAL_SEEDS = (0, 1)

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

MORE, MOST = 80, 320  # photographs a class to train on

HELD_OUT = 50  # and to choose settings on


def insect_photographs(split, root=None, per_class=None):
    """Photographs of every second insect class: five classes that no source saw."""
    return TinyImageNet(FAMILY, split, root, per_class, every=2)


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


def _left(which):
    done = read_measured(which) if (FOLDER / FILES[which]).exists() else []
    keys = [(run.start, run.budget, run.per_class, run.seed, run.settings) for run in done]
    for wanted in PLANS[which]():
        *names, settings = wanted
        if not any(list(key[:-1]) == names and settings.items() <= key[-1].items() for key in keys):
            yield wanted


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m scripts.remake from_scratch")
    parser.add_argument("--data", type=Path, default=default_root(), help="folder of Tiny ImageNet")
    options = parser.parse_args(arguments)
    what = __doc__.splitlines()[0]
    command = "python -m scripts.remake from_scratch --data tiny-imagenet-200"
    try:
        for which in ORDER:
            for run in measure(which, options.data):
                keep(FOLDER / FILES[which], what, command, run)
                settings = ", ".join(f"{name} {run.settings.get(name)}" for name in TRIED)
                said = f"{run.start}, {run.budget}, {run.per_class} a class, seed {run.seed}"
                print(f"{said}, {settings}: {run.accuracy:.1%}", flush=True)
    except (FileNotFoundError, ValueError) as problem:
        sys.exit(str(problem))
