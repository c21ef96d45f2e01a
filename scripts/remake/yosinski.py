"""How transferable are features? Published curves of Yosinski et al. 2014, and in miniature.

    python -m scripts.remake yosinski --data path/to/tiny-imagenet-200

measures the miniature: a network for six of the natural classes, its bottom n layers copied, the
others random. ``BnB`` copies them from a network that was trained on those classes among others,
``AnB`` from one trained on man-made things; ``+`` fine-tunes what was copied, without it it is
frozen; ``random`` freezes layers that learned nothing.

``published_yosinski.csv`` was recomputed from the logs that the authors released with "How
transferable are features in deep neural networks?" (NIPS 2014). The paper's plots average the ten
best validation scores of each run, which is optimistic: the mean of the last ten is beside it.
Logs of many fine-tuned networks are missing.
"""

import argparse
import sys
from pathlib import Path

from scripts.remake.runner import add_workers, keep
from tlcourse.classifiers.score import sample_per_class
from tlcourse.datasets.photos import TinyImageNet, default_root
from tlcourse.finetuning.policies import Policy
from tlcourse.finetuning.training import fine_tune
from tlcourse.networks.backbones import load_backbone
from tlcourse.networks.batch_norm import calibrated, with_batch_norm
from tlcourse.networks.images import prepare_images
from tlcourse.networks.layers import small_vgg_backbone
from tlcourse.tables.measured import COPIED_FILE, CURVES, CopiedRun, read_copied

FROZEN_DEPTHS, TUNED_DEPTHS = (4, 6, 8, 10, 12), (6, 12)

N_LAYERS = 13

SEEDS = (0, 1)

EVERY, PER_CLASS, EPOCHS, BATCH, RATE = 8, 20, 6, 20, 0.05

TEST_PER_CLASS = 30

REUSED_FACTOR = 0.2  # fine-tuned layers learn five times more slowly than new ones


def copying_policy(curve, n):
    """Copy the bottom n layers and begin the others anew."""
    if curve not in CURVES:
        raise ValueError(f"There is no curve {curve!r}: take one of {', '.join(CURVES)}.")
    if not 0 < n < N_LAYERS:
        raise ValueError(f"{n} layers are to be copied: take 1 to {N_LAYERS - 1}.")
    choice = "fine-tune" if curve.endswith("+") else "freeze"
    rates = {f"bottom {n}": REUSED_FACTOR} if choice == "fine-tune" else {}
    return Policy({"*": "random", f"bottom {n}": choice}, rates=rates, name=f"{curve}, n = {n}")


def plan():
    """Every network of the miniature: (curve, layers copied, seed)."""
    for seed in SEEDS:
        yield "base", 0, seed
        for n in FROZEN_DEPTHS:
            yield from ((curve, n, seed) for curve in ("BnB", "AnB", "random"))
        for n in TUNED_DEPTHS:
            yield from ((curve, n, seed) for curve in ("BnB+", "AnB+"))


def measure(root=None, worker=0, workers=1):
    """The networks of the plan that are not in the file yet, one by one; a share of them each."""
    done = {(run.curve, run.layer, run.seed) for run in read_copied()}
    todo = [key for key in plan() if key not in done]
    natural = load_backbone("natural")
    pool = prepare_images(natural, TinyImageNet("natural", "train", root, 2 * PER_CLASS, EVERY))
    test = prepare_images(natural, TinyImageNet("natural", "val", root, TEST_PER_CLASS, EVERY))
    sources = {name: with_batch_norm(load_backbone(name), test) for name in ("natural", "manmade")}
    copied = {"B": sources["natural"], "A": sources["manmade"]}
    for curve, n, seed in todo[worker::workers]:
        train = pool.subset(sample_per_class(pool.labels.numpy(), PER_CLASS, seed))
        source = copied.get(curve[0]) or calibrated(small_vgg_backbone(seed=seed), test)
        policy = copying_policy(curve, n) if n else "all random"
        options = {"batch_size": BATCH, "evaluate_every": 10**6, "device": "cpu"}
        settings = {"epochs": EPOCHS, "learning_rate": RATE, "seed": seed, **options}
        run = fine_tune(source, policy, train, test, progress=False, **settings)
        yield CopiedRun(curve, n, seed, round(run.curve[-1].validation_accuracy, 4))


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m scripts.remake yosinski")
    parser.add_argument("--data", type=Path, default=default_root(), help="folder of Tiny ImageNet")
    add_workers(parser)
    options = parser.parse_args(arguments)
    command = "python -m scripts.remake yosinski --data tiny-imagenet-200"
    what = f"Yosinski in miniature: {PER_CLASS} photographs a class, {EPOCHS} epochs"
    try:
        for run in measure(options.data, options.worker, options.workers):
            keep(COPIED_FILE, what, command, run)
            print(run, flush=True)
    except (FileNotFoundError, ValueError) as problem:
        sys.exit(str(problem))
