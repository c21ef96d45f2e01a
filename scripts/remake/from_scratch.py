"""Learning from scratch against reusing: the same network, the same target, the same budget.

First which settings each start takes, chosen on photographs held out of the training folder; then,
with these, learning curves and accuracies on photographs of five insects, which are not shipped;
and a grid of settings on drawn flowers.
"""

from functools import cache, partial
from itertools import product

import torch

from scripts.remake.photographs import drawn, photographs
from scripts.remake.runner import Runs
from tlcourse.classifiers.score import PER_CLASS
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
)

KEY = ("start", "budget", "per_class", "seed", "settings")
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


def steps(options):
    """A step a run, plan after plan: settings that were chosen decide the later ones."""
    for which in ORDER:
        keys = (dict(zip(KEY, key, strict=True)) for key in PLANS[which]())
        yield from runs_of(which).steps(keys, partial(measure, which, options.data))


def runs_of(which):
    """The file of one plan."""
    return Runs(
        FOLDER / FILES[which], __doc__.splitlines()[0], "from_scratch --data tiny-imagenet-200"
    )


def measure(which, root, start, budget, per_class, seed, settings):
    """One run, as a StartedRun."""
    pool, test = _images(which, root)
    few = pool.subset(first_of_each_class(pool.labels, max(per_class, 2 * PER_CLASS)))
    train = drawn(few, per_class, seed)
    return train_from(start, load_backbone(SOURCE), train, test, seed, budget, **settings)[0]


def _to_the_end(epochs, trial, per_class=PER_CLASS):
    """Settings of a trial; only its end is evaluated."""
    steps = epochs * len(FLOWERS) * per_class // 20
    return dict(zip(TRIED, trial, strict=True)) | {"epochs": epochs, "evaluate_every": steps}


@cache
def _images(which, root):
    """To train on, and to evaluate on: for trials the last photographs of the training folder."""
    if which == "grid":
        backbone = load_backbone(SOURCE)
        return tuple(prepare_images(backbone, drawn_flowers(40, seed)) for seed in (0, 1))
    pool, test = photographs(FAMILY, root, MOST + HELD_OUT, every=2)  # five that no source saw
    if which != "tuning":
        return pool, test
    held_out = torch.arange(len(pool)) % (MOST + HELD_OUT) >= MOST
    return pool.subset(~held_out), pool.subset(held_out)
