"""Policies of fine-tuning over families of photographs, sources and images a class.

Five classes each of six families that no source saw; both sources; 4, 12 and 48 photographs a
class, drawn several times from 100 of the training folder. Another 20 of that folder are for
validation: they choose the rates, when to stop, and the weights. The test photographs are scored
once, at the end.

Frozen heads are solved (logistic regression, its C chosen on validation images). All else is
trained by SGD with a constant rate, lower from layer to layer below a fine-tuned one, until
``PATIENCE`` evaluations brought no better validation accuracy; batch normalisations that train are
re-estimated before each evaluation. Training runs in bfloat16 by ``torch.autocast``, twice as fast
on CPUs that have it; the scores are float32. ``cpu_seconds`` and ``updates`` are those until the
kept weights.
"""

import time
from dataclasses import replace
from functools import cache, partial

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression

from scripts.remake.photographs import drawn, photographs
from scripts.remake.runner import Table
from tlcourse import paths
from tlcourse.classifiers.svm import mean_class_accuracy
from tlcourse.datasets.photos import FAMILIES, PHOTO_SOURCES, class_names
from tlcourse.finetuning.policies import PRESETS, Policy
from tlcourse.finetuning.training import fine_tune
from tlcourse.networks.backbones import load_backbone
from tlcourse.networks.batch_norm import with_batch_norm
from tlcourse.networks.layers import small_vgg_backbone

FOLDER = paths.SHIPPED / "measured"
GRID, RATES = Table(FOLDER / "policy_grid.csv"), Table(FOLDER / "policy_grid_rates.csv")
N_CLASSES, N_POOL, N_VALIDATION = 5, 100, 20
VOLUMES = (4, 12, 48)  # images a class
SEVERAL = 12  # the volume at which bias and variance are measured, over more draws
DRAWS, MORE_DRAWS = 3, 5
BATCH, PATIENCE, DECAY = 20, 6, 0.8
EVERY, MOST = {4: 4, 12: 6, 48: 12}, {4: 120, 12: 240, 48: 480}  # updates
LONGER = 3  # times as many updates, between evaluations and in all, where all is random

REUSE, RANDOM = "reuse all", "all random"
TRAINED = {
    "retrain the top": PRESETS["retrain the top"],
    "freeze, fine-tune, retrain": replace(PRESETS["freeze, fine-tune, retrain"], layer_decay=DECAY),
    "fine-tune all": Policy({"*": "fine-tune"}, layer_decay=DECAY),
    RANDOM: PRESETS[RANDOM],
}
DEPTHS = {
    f"fine-tune top {n}": Policy({"*": "freeze", f"top {n}": "fine-tune"}, layer_decay=DECAY)
    for n in (3, 5, 7, 9)
}
TRIED_ON, TRIED = ("insects", "vehicles"), (0.01, 0.03, 0.1)
TRIED_VOLUME = {RANDOM: 48}  # 12 for the others
KEY = ("policy", "source", "target", "per_class", "draw")
CS = np.logspace(-3, 1, 9)


def add_arguments(parser):
    help = f"draws of the training images; {MORE_DRAWS} for bias and variance"
    parser.add_argument("--draws", type=int, default=DRAWS, help=help)


def near(target):
    """The source that is nearer to a target, by the distance of class means (notebook 03)."""
    return "natural" if target in ("cats and dogs", "insects", "food") else "manmade"


def plan(draws=DRAWS):
    """Every run, the first draw of all cells first: (policy, source, target, per_class, draw)."""
    for draw in range(draws):
        for target in FAMILIES:
            for per_class in VOLUMES:
                for source in PHOTO_SOURCES:
                    for policy in (REUSE, *(name for name in TRAINED if name != RANDOM)):
                        yield policy, source, target, per_class, draw
                for policy in DEPTHS:
                    yield policy, near(target), target, per_class, draw
            yield RANDOM, "none", target, max(VOLUMES), draw
    for draw in range(draws if draws < DRAWS else MORE_DRAWS):
        for target in FAMILIES:
            yield RANDOM, "none", target, SEVERAL, draw
            if draw >= draws:
                for policy in (REUSE, "fine-tune all"):
                    yield policy, near(target), target, SEVERAL, draw


def trials():
    """Rates to choose from, a dict each; by draws that the grid does not use."""
    for policy in TRAINED:
        for target in TRIED_ON:
            for rate in TRIED:
                source, per_class = near(target), TRIED_VOLUME.get(policy, SEVERAL)
                key = (policy, "none" if policy == RANDOM else source, target, per_class, 100)
                yield dict(zip(KEY, key, strict=True)) | {"rate": rate}


def steps(options):
    """First the rates, then a step a run."""
    yield from RATES.steps(trials(), partial(measure, options.data))
    keys = (dict(zip(KEY, key, strict=True)) for key in plan(options.draws))
    yield from GRID.steps(keys, partial(measure, options.data))


def measure(root, policy, source, target, per_class, draw, rate=None):
    """One run: what it took and what it gave."""
    pool, validation, test = images_of(target, root)
    train = drawn(pool, per_class, draw)
    backbone = small_vgg_backbone() if policy == RANDOM else source_of(source, train)
    if policy == REUSE:
        return {"rate": None, **converged_head(backbone, train, validation, test)}
    if rate is None:
        rate = chosen_rate("fine-tune all" if policy in DEPTHS else policy)
        return {"rate": rate, **trained(backbone, policy, train, validation, test, draw, rate)}
    return trained(backbone, policy, train, validation, test, draw, rate)


@cache
def chosen_rate(policy):
    """The rate of a policy that was best on validation images, in the mean of the trials."""
    rows = RATES.read().query("policy == @policy")
    return float(rows.groupby("rate")["validation"].mean().idxmax())


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


def source_of(name, images):
    """A source with batch normalisation put back, the same function on any image."""
    return with_batch_norm(load_backbone(name), images)


def trained(backbone, policy, train, validation, test, seed, rate):
    """Train to the plateau: updates and CPU seconds until the kept weights, accuracies."""
    policy = TRAINED.get(policy) or DEPTHS[policy]
    longer = LONGER if policy == TRAINED[RANDOM] else 1
    per_class = len(train) // len(train.classes)
    options = {"schedule": "constant", "batch_size": BATCH, "device": "cpu", "progress": False}
    with torch.autocast("cpu", torch.bfloat16, cache_enabled=False):
        run = fine_tune(
            *(backbone, policy, train, validation),
            seed=seed,
            learning_rate=rate,
            steps=longer * MOST[per_class],
            evaluate_every=longer * EVERY[per_class],
            patience=PATIENCE,
            **options,
        )
    spent = {"updates": run.best.step, "cpu_seconds": round(run.best.cpu_seconds, 2)}
    spent["updates_in_all"] = run.curve[-1].step
    return spent | _scored(run.predict, validation, test)


@torch.no_grad()
def converged_head(backbone, train, validation, test):
    """Logistic regression on what the frozen layers say, its C chosen on validation images."""
    started, body = time.process_time(), backbone.network.eval()[:-1]
    known = {each: body(each.inputs).numpy() for each in (train, validation, test)}
    heads = [LogisticRegression(C=C, max_iter=5000).fit(known[train], train.labels) for C in CS]
    best = max(heads, key=lambda head: head.score(known[validation], validation.labels))
    updates = sum(int(head.n_iter_.max()) for head in heads)
    spent = {"updates": updates, "cpu_seconds": round(time.process_time() - started, 2)}
    scores = _scored(lambda images: best.predict(known[images]), validation, test)
    return spent | {"updates_in_all": updates} | scores


def _scored(predict, validation, test):
    accuracy = {
        name: round(mean_class_accuracy(each.labels.numpy(), predict(each)), 4)
        for name, each in (("validation", validation), ("test", test))
    }
    return accuracy | {"predicted": "".join(map(str, predict(test)))}
