"""How transferable are features? The experiment of Yosinski et al. 2014 in miniature.

A network for six of the natural classes, its bottom n layers copied, the others random: ``BnB``
copies them from a network that was trained on those classes among others, ``AnB`` from one trained
on man-made things; ``+`` fine-tunes what was copied, without it it is frozen; ``random`` freezes
layers that learned nothing, and ``base`` copies nothing. Trained to the plateau as in
``policy_grid``; statistics of batch normalisations are the training images'. Validation photographs
are of the second folder, as the network for B has seen all of the first.
"""

from functools import partial

import torch

from scripts.remake.photographs import drawn, photographs
from scripts.remake.policy_grid import FOLDER, LONGER, PATIENCE
from scripts.remake.runner import Table
from scripts.remake.to_plateau import train_to_plateau
from tlcourse.finetuning.policies import Policy
from tlcourse.networks.backbones import load_backbone
from tlcourse.networks.batch_norm import calibrate, with_batch_norm
from tlcourse.networks.layers import small_vgg_backbone

RUNS = Table(FOLDER / "yosinski.csv")
FROZEN_DEPTHS, TUNED_DEPTHS, N_LAYERS = (2, 4, 6, 8, 10, 12), (4, 8, 12), 13
CLASSES_EVERY, PER_CLASS, N_POOL, N_VALIDATION = 8, 20, 100, 20
RATE, EVERY, MOST, DRAWS = 0.03, 6, 240, 3
REUSED_FACTOR = 0.2  # fine-tuned layers learn five times more slowly than new ones
SOURCES = {"B": "natural", "A": "manmade"}


def copying_policy(curve, n):
    """Copy the bottom n layers and begin the others anew; ValueError unless n is 1 to 12."""
    if not 0 < n < N_LAYERS:
        raise ValueError(f"{n} layers are to be copied: take 1 to {N_LAYERS - 1}.")
    choice = "fine-tune" if curve.endswith("+") else "freeze"
    rates = {f"bottom {n}": REUSED_FACTOR} if choice == "fine-tune" else {}
    return Policy({"*": "random", f"bottom {n}": choice}, rates=rates, name=f"{curve}, n = {n}")


def add_arguments(parser):
    parser.add_argument("--draws", type=int, default=DRAWS, help="of the training images")


def plan(draws=DRAWS):
    """Every network of the miniature: (curve, layers copied, draw)."""
    for draw in range(draws):
        yield "base", 0, draw
        for n in FROZEN_DEPTHS:
            yield from ((curve, n, draw) for curve in ("BnB", "AnB", "random"))
        for n in TUNED_DEPTHS:
            yield from ((curve, n, draw) for curve in ("BnB+", "AnB+"))


def steps(options):
    """A step a network."""
    keys = [dict(zip(("curve", "layer", "draw"), key, strict=True)) for key in plan(options.draws)]
    return RUNS.steps(keys, partial(measure, options.data))


def measure(root, curve, layer, draw):
    """One network: what it took and what it gave."""
    pool, others = photographs("natural", root, N_POOL, None, CLASSES_EVERY)
    place = torch.arange(len(others)) % (len(others) // len(others.classes))
    validation, test = others.subset(place < N_VALIDATION), others.subset(place >= N_VALIDATION)
    train = drawn(pool, PER_CLASS, draw)
    if curve[0] in SOURCES:
        source = with_batch_norm(load_backbone(SOURCES[curve[0]]), train)
    else:
        source = calibrate(small_vgg_backbone(seed=draw), train)
    row = train_to_plateau(
        *(source, copying_policy(curve, layer) if layer else "all random"),
        *(train, validation, test),
        seed=draw,
        learning_rate=RATE,
        steps=MOST if layer else LONGER * MOST,
        evaluate_every=EVERY if layer else LONGER * EVERY,
        patience=PATIENCE,
    )
    return {name: value for name, value in row.items() if name != "predicted"}
