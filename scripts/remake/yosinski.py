"""How transferable are features? The experiment of Yosinski et al. 2014 in miniature.

A network for six of the natural classes, its bottom n layers copied, the others random: ``BnB``
copies them from a network that was trained on those classes among others, ``AnB`` from one trained
on man-made things; ``+`` fine-tunes what was copied, without it it is frozen; ``random`` freezes
layers that learned nothing.
"""

from functools import cache, partial

from scripts.remake.photographs import drawn, photographs
from scripts.remake.runner import Runs
from tlcourse.finetuning.policies import Policy
from tlcourse.finetuning.training import fine_tune
from tlcourse.networks.backbones import load_backbone
from tlcourse.networks.batch_norm import calibrate, with_batch_norm
from tlcourse.networks.layers import small_vgg_backbone
from tlcourse.tables.measured import COPIED_FILE, CURVES, CopiedRun

FROZEN_DEPTHS, TUNED_DEPTHS = (4, 6, 8, 10, 12), (6, 12)
N_LAYERS = 13
SEEDS = (0, 1)
EVERY, PER_CLASS, EPOCHS, BATCH, RATE = 8, 20, 6, 20, 0.05
TEST_PER_CLASS = 30
REUSED_FACTOR = 0.2  # fine-tuned layers learn five times more slowly than new ones
SOURCES = {"B": "natural", "A": "manmade"}
RUNS = Runs(
    COPIED_FILE,
    f"Yosinski in miniature: {PER_CLASS} photographs a class, {EPOCHS} epochs",
    "yosinski --data tiny-imagenet-200",
)


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


def steps(options):
    """A step a network."""
    keys = [dict(zip(("curve", "layer", "seed"), key, strict=True)) for key in plan()]
    return RUNS.steps(keys, partial(measure, options.data))


def measure(root, curve, layer, seed):
    """One network, as a CopiedRun."""
    pool, test = photographs("natural", root, 2 * PER_CLASS, TEST_PER_CLASS, EVERY)
    train = drawn(pool, PER_CLASS, seed)
    policy = copying_policy(curve, layer) if layer else "all random"
    options = {"batch_size": BATCH, "evaluate_every": 10**6, "device": "cpu", "progress": False}
    settings = {"epochs": EPOCHS, "learning_rate": RATE, "seed": seed, **options}
    run = fine_tune(source_of(curve[0], seed, test), policy, train, test, **settings)
    return CopiedRun(curve, layer, seed, round(run.curve[-1].validation_accuracy, 4))


@cache
def source_of(letter, seed, test):
    """What a curve copies from: network A, network B, or one that learned nothing."""
    if letter in SOURCES:
        return with_batch_norm(load_backbone(SOURCES[letter]), test)
    return calibrate(small_vgg_backbone(seed=seed), test)
