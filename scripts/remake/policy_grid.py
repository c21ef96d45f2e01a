"""Policies of fine-tuning over families of photographs, sources and images a class.

Five classes each of six families that no source saw; both sources; 4, 12 and 48 photographs a
class, drawn several times from 100 of the training folder. Another 20 of that folder are for
validation: they choose the rates, when to stop, and the weights. The test photographs are scored
once, at the end.

Frozen heads are solved (logistic regression, its C chosen on validation images). All else is
trained by SGD with a constant rate, lower from layer to layer below a fine-tuned one, until
``PATIENCE`` evaluations brought no better validation accuracy; batch normalisations that train are
re-estimated before each evaluation. Training runs in bfloat16 on CPUs that have it,
twice as fast. ``cpu_seconds`` and ``updates`` are those until the kept weights; ``predicted`` has a
letter a test photograph, ``a`` for the first class, in the runs of which bias and variance are
taken.
"""

from dataclasses import replace
from functools import cache, partial
from itertools import product

import torch

from scripts.remake.photographs import drawn, photographs
from scripts.remake.runner import Table
from scripts.remake.to_plateau import best_rate, solve_head, train_to_plateau
from tlcourse import paths
from tlcourse.datasets.photos import FAMILIES, PHOTO_SOURCES, class_names
from tlcourse.finetuning.policies import PRESETS, Policy
from tlcourse.networks.backbones import load_backbone
from tlcourse.networks.batch_norm import with_batch_norm
from tlcourse.networks.layers import small_vgg_backbone

FOLDER = paths.SHIPPED / "measured"
GRID, RATES = Table(FOLDER / "policy_grid.csv"), Table(FOLDER / "policy_grid_rates.csv")
N_CLASSES, N_POOL, N_VALIDATION = 5, 100, 20
VOLUMES = (4, 12, 48)  # images a class
SEVERAL = 12  # the volume at which bias and variance are measured, over more draws
DRAWS, MORE_DRAWS = 3, 5
PATIENCE, DECAY = 6, 0.8
EVERY, MOST = {4: 4, 12: 6, 48: 12}, {4: 120, 12: 240, 48: 480}  # updates
LONGER = 3  # times as many updates, between evaluations and in all, where all is random

REUSE, RANDOM = "reuse all", "all random"
TRAINED = {
    "retrain the top": PRESETS["retrain the top"],
    "freeze, fine-tune, retrain": replace(PRESETS["freeze, fine-tune, retrain"], layer_decay=DECAY),
    "fine-tune all": Policy({"*": "fine-tune"}, layer_decay=DECAY),
    RANDOM: PRESETS[RANDOM],
}
COMPARED = (REUSE, "fine-tune all", RANDOM)
DEPTHS = {
    f"fine-tune top {n}": Policy({"*": "freeze", f"top {n}": "fine-tune"}, layer_decay=DECAY)
    for n in (3, 5, 7, 9)
}
TRIED_ON, TRIED = ("insects", "vehicles"), (0.01, 0.03, 0.1)
TRIED_VOLUMES = {RANDOM: (48,), "fine-tune all": (SEVERAL, 48)}  # of the others one
KEY = ("policy", "source", "target", "per_class", "draw")


def add_arguments(parser):
    parser.add_argument("--draws", type=int, default=DRAWS, help="of the training images")
    help = "draws that bias and variance are taken over"
    parser.add_argument("--several", type=int, default=MORE_DRAWS, help=help)


def near(target):
    """The source that is nearer to a target, by the distance of class means (notebook 03)."""
    return "natural" if target in ("cats and dogs", "insects", "food") else "manmade"


def plan(draws=DRAWS, several=MORE_DRAWS):
    """Every run, the first draw of all cells first: (policy, source, target, per_class, draw)."""
    for draw in range(draws):
        for is_near in (True, False):
            for target in FAMILIES:
                yield from _plan_of_family(target, is_near, draw)
            if is_near and not draw:
                yield from plan_of_several(draws, several)


def _plan_of_family(target, is_near, draw):
    (source,) = (each for each in PHOTO_SOURCES if (each == near(target)) == is_near)
    policies = [REUSE, *(name for name in TRAINED if name != RANDOM), *(DEPTHS if is_near else ())]
    for per_class in VOLUMES:
        yield from ((policy, source, target, per_class, draw) for policy in policies)
    if is_near:
        yield RANDOM, "none", target, max(VOLUMES), draw


def plan_of_several(draws, several):
    """What bias and variance take more of: keys as in ``plan``, those that it has left out."""
    for draw in range(several):
        for target in FAMILIES:
            yield RANDOM, "none", target, SEVERAL, draw
            if draw >= draws:
                for policy in COMPARED[:-1]:
                    yield policy, near(target), target, SEVERAL, draw


def trials():
    """Rates to choose from, a dict each; by draws that the grid does not use."""
    for policy, target in product(TRAINED, TRIED_ON):
        source = "none" if policy == RANDOM else near(target)
        for per_class, rate in product(TRIED_VOLUMES.get(policy, (SEVERAL,)), TRIED):
            key = (policy, source, target, per_class, 100)
            yield dict(zip(KEY, key, strict=True)) | {"rate": rate}


def steps(options):
    """First the rates, then a step a run."""
    yield from RATES.steps(trials(), partial(measure, options.data))
    keys = (dict(zip(KEY, key, strict=True)) for key in plan(options.draws, options.several))
    yield from GRID.steps(keys, partial(measure, options.data))


def measure(root, policy, source, target, per_class, draw, rate=None):
    """One run: what it took and what it gave."""
    row = _measured(root, policy, source, target, per_class, draw, rate)
    if per_class != SEVERAL or policy not in COMPARED or source not in ("none", near(target)):
        row["predicted"] = None
    return row


def _measured(root, policy, source, target, per_class, draw, rate):
    pool, validation, test = images_of(target, root)
    train = drawn(pool, per_class, draw)
    if policy == RANDOM:
        backbone = small_vgg_backbone()
    else:  # the same function on any image, with batch normalisation put back
        backbone = with_batch_norm(load_backbone(source), train)
    if policy == REUSE:
        return solve_head(backbone.network.eval()[:-1], train, validation, test)
    rate = rate or best_rate(RATES, "fine-tune all" if policy in DEPTHS else policy)
    longer = LONGER if policy == RANDOM else 1
    run = train_to_plateau(
        *(backbone, TRAINED.get(policy) or DEPTHS[policy], train, validation, test),
        seed=draw,
        learning_rate=rate,
        steps=longer * MOST[per_class],
        evaluate_every=longer * EVERY[per_class],
        patience=PATIENCE,
    )
    return {"rate": rate, **run}


@cache
def images_of(target, root):
    """To draw from, to validate and to test on: five classes, spread over the family."""
    every = len(class_names(target)) // N_CLASSES
    pool, test = photographs(target, root, N_POOL + N_VALIDATION, None, every)
    pool, test = (each.subset(each.labels < N_CLASSES) for each in (pool, test))
    for each in (pool, test):
        each.classes = each.classes[:N_CLASSES]
    held_out = torch.arange(len(pool)) % (N_POOL + N_VALIDATION) >= N_POOL
    return pool.subset(~held_out), pool.subset(held_out), test
