"""The other way: the same small VGG trained from scratch on the target's few images.

On 20 photographs a class of four target families, which are not shipped. Its settings are chosen
first, on photographs held out of the training folder; nothing is chosen on the test photographs.
"""

from functools import partial

import torch

from scripts.remake.from_scratch import HELD_OUT
from scripts.remake.photographs import drawn, photographs
from scripts.remake.runner import Runs
from tlcourse.classifiers.score import PER_CLASS
from tlcourse.datasets.photos import TRAIN_PER_CLASS
from tlcourse.finetuning.starts import SCRATCH, first_of_each_class, train_from
from tlcourse.tables.measured import SCRATCH_FILE, TRIED

EPOCHS, BATCH = 12, 20
TRIALS = tuple(
    dict(zip(TRIED, trial, strict=True))
    for trial in (("sgd", 0.01, 0), ("adamw", 1e-3, 0), ("adamw", 1e-3, 0.4))
)
TARGETS = ("cats and dogs", "insects", "vehicles", "clothes")
TRIED_ON, TRIAL_SEED = ("insects", "vehicles"), 3
SEEDS = (0, 1, 2)
TRIAL, FINAL = "trial", "final"
RUNS = Runs(
    SCRATCH_FILE,
    "mean class accuracy of the small VGG trained from scratch, "
    f"{PER_CLASS} training images a class, 50 test images a class; CPU seconds of training",
    "scratch --data tiny-imagenet-200",
)


def train_on(train, test, seed=0, recipe=TRIALS[0], epochs=EPOCHS):
    """A small VGG that has seen nothing but these images, scored on others at its end."""
    end = epochs * -(-len(train) // BATCH)
    settings = {"epochs": epochs, "batch_size": BATCH, "evaluate_every": end, "progress": False}
    return train_from(SCRATCH, None, train, test, seed, **settings, **recipe)[0]


def steps(options):
    """First the trials of settings, then the best ones on every target."""
    run = partial(measure, options.data)
    tried = [trial_of(family, recipe) for family in TRIED_ON for recipe in TRIALS]
    yield from RUNS.steps(tried, run)
    recipe = best_recipe([each for each in RUNS.read() if each["purpose"] == TRIAL])
    keys = ("purpose", "target", "recipe", "seed")
    wanted = [(FINAL, family, recipe, seed) for family in TARGETS for seed in SEEDS]
    yield from RUNS.steps((dict(zip(keys, each, strict=True)) for each in wanted), run)


def trial_of(family, recipe):
    """What is said of one trial in the file."""
    return {"purpose": TRIAL, "target": family, "recipe": recipe, "seed": TRIAL_SEED}


def best_recipe(trials):
    """The recipe that was best on held-out photographs, in the mean over the families tried."""
    return max(
        TRIALS, key=lambda recipe: sum(t["accuracy"] for t in trials if t["recipe"] == recipe)
    )


def measure(root, purpose, target, recipe, seed):
    """One run, with its accuracy and its seconds."""
    pool, test = photographs(target, root, TRAIN_PER_CLASS + HELD_OUT)
    shipped = pool.subset(first_of_each_class(pool.labels, TRAIN_PER_CLASS))
    train = drawn(shipped, PER_CLASS, seed)
    if purpose == TRIAL:
        place = torch.arange(len(pool)) % (TRAIN_PER_CLASS + HELD_OUT)
        test = pool.subset(place >= TRAIN_PER_CLASS)
    run = train_on(train, test, seed, recipe)
    key = {"purpose": purpose, "target": target, "recipe": recipe, "seed": seed}
    seconds = round(run.curve["cpu_seconds"][-1], 1)
    return {**key, "accuracy": round(run.accuracy, 4), "seconds": seconds}
