"""The other way: the same small VGG trained from scratch on the target's few images.

    python -m scripts.remake scratch --data path/to/tiny-imagenet-200

trains it on 20 photographs a class of four target families and keeps the measured accuracies in
``data/measured/scratch.json``, since the photographs are not shipped. Its settings are chosen
first, on photographs held out of the training folder; nothing is chosen on the test photographs.
A command that is started again goes on after the last finished run.
"""

import argparse
import json
import sys
from pathlib import Path

import torch

from scripts.remake.from_scratch import HELD_OUT
from tlcourse import paths
from tlcourse.classifiers.score import PER_CLASS, sample_per_class
from tlcourse.datasets.photos import TRAIN_PER_CLASS, TinyImageNet, default_root
from tlcourse.finetuning.starts import SCRATCH, first_of_each_class, train_from
from tlcourse.networks.backbones import load_backbone
from tlcourse.networks.images import prepare_images
from tlcourse.tables.measured import SCRATCH_FILE, TRIED

EPOCHS, BATCH = 12, 20

TRIALS = tuple(
    dict(zip(TRIED, trial, strict=True))
    for trial in (("sgd", 0.01, 0), ("adamw", 1e-3, 0), ("adamw", 1e-3, 0.4))
)

TARGETS = ("cats and dogs", "insects", "vehicles", "clothes")

TRIED_ON, TRIAL_SEED = ("insects", "vehicles"), 3

SEEDS = (0, 1, 2)


def train_on(train, test, seed=0, recipe=TRIALS[0], epochs=EPOCHS):
    """A small VGG that has seen nothing but these images, scored on others at its end."""
    end = epochs * -(-len(train) // BATCH)
    settings = {"epochs": epochs, "batch_size": BATCH, "evaluate_every": end, "progress": False}
    return train_from(SCRATCH, None, train, test, seed, **settings, **recipe)[0]


def best_recipe(trials):
    """The recipe that was best on held-out photographs, in the mean over the families tried."""
    return max(
        TRIALS, key=lambda recipe: sum(t["accuracy"] for t in trials if t["recipe"] == recipe)
    )


def measure(report, root):
    """Add the runs that are not there yet to the report; yields it after each."""
    backbone = load_backbone("natural")
    for family in TRIED_ON:
        left = [recipe for recipe in TRIALS if not _has(report["trials"], family, recipe)]
        photographs = left and _training_photographs(backbone, family, root)
        for recipe in left:
            train, held_out = _drawn(photographs, TRIAL_SEED), _held_out(photographs)
            run = train_on(train, held_out, TRIAL_SEED, recipe)
            report["trials"].append({"target": family, "recipe": recipe, **_summary(run)})
            yield report
    report["recipe"] = best_recipe(report["trials"]) | {"epochs": EPOCHS, "batch_size": BATCH}
    for family in TARGETS:
        runs = report["families"].setdefault(family, [])
        left = [seed for seed in SEEDS if seed not in [run["seed"] for run in runs]]
        photographs = left and _training_photographs(backbone, family, root)
        test = left and prepare_images(backbone, TinyImageNet(family, "val", root))
        for seed in left:
            recipe = best_recipe(report["trials"])
            runs.append(_summary(train_on(_drawn(photographs, seed), test, seed, recipe)))
            yield report


def _training_photographs(backbone, family, root):
    dataset = TinyImageNet(family, "train", root, TRAIN_PER_CLASS + HELD_OUT)
    return prepare_images(backbone, dataset)


def _drawn(photographs, seed):
    """The training images that ``evaluate_transfer`` draws too."""
    shipped = photographs.subset(first_of_each_class(photographs.labels, TRAIN_PER_CLASS))
    return shipped.subset(sample_per_class(shipped.labels.numpy(), PER_CLASS, seed))


def _held_out(photographs):
    place = torch.arange(len(photographs)) % (TRAIN_PER_CLASS + HELD_OUT)
    return photographs.subset(place >= TRAIN_PER_CLASS)


def _has(trials, family, recipe):
    return any((trial["target"], trial["recipe"]) == (family, recipe) for trial in trials)


def _summary(run):
    seconds = round(run.curve["cpu_seconds"][-1], 1)
    return {"seed": run.seed, "accuracy": round(run.accuracy, 4), "seconds": seconds}


def _begun():
    if SCRATCH_FILE.exists():
        return json.loads(SCRATCH_FILE.read_text(encoding="utf-8"))
    return {
        "what": "mean class accuracy of the small VGG trained from scratch, "
        f"{PER_CLASS} training images a class, 50 test images a class; CPU seconds of training",
        "cpu_threads": torch.get_num_threads(),
        "command": "python -m scripts.remake scratch --data tiny-imagenet-200",
        "trials": [],
        "families": {},
    }


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m scripts.remake scratch")
    parser.add_argument("--data", type=Path, default=default_root(), help="folder of Tiny ImageNet")
    options = parser.parse_args(arguments)
    try:
        for report in measure(_begun(), options.data):
            with paths.written_whole(SCRATCH_FILE) as temporary:
                temporary.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
            runs = [*report["trials"], *sum(report["families"].values(), [])]
            print(len(runs), "runs:", runs[-1], flush=True)
    except (FileNotFoundError, ValueError) as problem:
        sys.exit(str(problem))
