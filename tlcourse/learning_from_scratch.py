"""Learning from scratch against reusing: the same network, the same target, the same budget.

    python -m tlcourse.learning_from_scratch curves --data path/to/tiny-imagenet-200
    python -m tlcourse.learning_from_scratch long --data path/to/tiny-imagenet-200
    python -m tlcourse.learning_from_scratch volumes --data path/to/tiny-imagenet-200
    python -m tlcourse.learning_from_scratch grid

measure what takes minutes and keep it in ``data/measured/``: learning curves and accuracies on
photographs of five insects, which are not shipped, and a grid of settings on drawn flowers. A
command that is started again goes on after the last finished run.
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
SEEDS = (0, 1, 2)
FAMILY, SOURCE = "insects", "natural"
FLOWERS = ("daisy", "sunflower", "poppy", "pansy", "daffodil")
GRID = {"width": (0.25, 0.5), "augment": (0, 0.4), "learning_rate": (0.002, 0.01, 0.05, 0.25)}
MEASURED = paths.SHIPPED / "measured"
FILES = {which: f"from_scratch_{which}.json" for which in ("curves", "long", "volumes", "grid")}


@dataclass(frozen=True)
class StartedRun:
    """What one run gave, from one start.

    Attributes
    ----------
    start : str
        A key of ``STARTS``.
    budget : str
        ``SAME_BUDGET``, ``AS_LONG``, or "tuning" and "grid" for runs that try settings.
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


def curve_plan():
    """The same budget for every start: (start, budget, images a class, seed, settings)."""
    for seed in SEEDS:
        for start in STARTS:
            yield start, SAME_BUDGET, PER_CLASS, seed, {"epochs": 12}


def long_plan():
    """From scratch with three times the budget, and other settings at the same budget."""
    for seed in SEEDS:
        settings = {"epochs": 36, "augment": 0.4, "evaluate_every": 30}
        yield SCRATCH, AS_LONG, PER_CLASS, seed, settings
    for rate, augment in ((0.01, 0.4), (0.05, 0.4), (0.15, 0.4), (0.05, 0.0)):
        tried = {"epochs": 12, "learning_rate": rate, "augment": augment}
        yield SCRATCH, "tuning", PER_CLASS, 0, tried
    for seed in SEEDS:
        yield FINE_TUNED, "tuning", PER_CLASS, seed, {"epochs": 12, "learning_rate": 0.01}


def volume_plan():
    """From scratch on more images, in more updates."""
    for per_class, epochs, every in ((80, 12, 60), (320, 4, 80)):
        yield SCRATCH, AS_LONG, per_class, 0, {"epochs": epochs, "evaluate_every": every}


def grid_plan():
    """Every combination of the grid's settings, design included: how wide the network is."""
    for values in product(*GRID.values()):
        settings = dict(zip(GRID, values, strict=True)) | {"epochs": 30, "evaluate_every": 150}
        yield SCRATCH, "grid", PER_CLASS, 0, settings


PLANS = {"curves": curve_plan, "long": long_plan, "volumes": volume_plan, "grid": grid_plan}


def measure(which, root=None):
    """Run after run of a plan that is not in its file yet."""
    source, sets = load_backbone(SOURCE), {}
    test = _images(which, source, "val", root)
    for start, budget, per_class, seed, settings in _left(which):
        most = max(per_class, 2 * PER_CLASS)
        if most not in sets:
            sets[most] = _images(which, source, "train", root, most)
        rows = sample_per_class(sets[most].labels.numpy(), per_class, seed)
        train = sets[most].subset(rows)
        yield train_from(start, source, train, test, seed, budget, **settings)[0]


def _images(which, backbone, split, root, per_class=None):
    if which == "grid":
        dataset = drawn_flowers(per_class or 40, seed=0 if split == "train" else 1)
    else:
        dataset = insect_photographs(split, root, per_class)
    return prepare_images(backbone, dataset)


def read_measured(which):
    """What the command measured on the maintainers' machine.

    Parameters
    ----------
    which : {"curves", "long", "volumes", "grid"}

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


def _keep(which, run):
    file = MEASURED / FILES[which]
    kept = read_measured(which) if file.exists() else []
    report = {
        "what": __doc__.splitlines()[0],
        "command": f"python -m tlcourse.learning_from_scratch {which}",
        "cpu_threads": torch.get_num_threads(),
        "runs": [vars(each) for each in (*kept, run)],
    }
    with paths.written_whole(file) as temporary:
        temporary.write_text(json.dumps(report) + "\n", encoding="utf-8")


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m tlcourse.learning_from_scratch")
    parser.add_argument("which", choices=FILES, help="what to measure")
    parser.add_argument("--data", type=Path, default=default_root(), help="folder of Tiny ImageNet")
    options = parser.parse_args(arguments)
    try:
        for run in measure(options.which, options.data):
            _keep(options.which, run)
            print(f"{run.start}, {run.budget}, seed {run.seed}: {run.accuracy:.1%}", flush=True)
    except (FileNotFoundError, ValueError) as problem:
        sys.exit(str(problem))


if __name__ == "__main__":
    main()
