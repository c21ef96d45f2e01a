"""The ImageNet network fine-tuned on photographs of others: how many of its layers, on what.

EfficientNet-Lite0 at 128 pixels; ten classes of flowers102 and the seven of PACS sketch; 5 and 20
images a class, drawn from 30. Ten more a class are for validation, as in ``policy_grid``, and 30
for the test. Four ways: the head alone (logistic regression on the frozen last layer), the top two
stages of blocks too, all layers, and a probe first, then all (Kumar et al. 2022). Rates are tried
at 5 images a class. ``cpu_seconds`` and ``updates`` are those until the kept weights; the frozen
bottom is computed once.
"""

from functools import cache, partial
from pathlib import Path

import numpy as np
import torch
from torchvision.transforms import v2

from scripts.remake.photographs import drawn
from scripts.remake.policy_grid import FOLDER
from scripts.remake.runner import Table
from scripts.remake.to_plateau import best_rate, solve_head, train_to_plateau
from tlcourse.datasets.folder import read_image
from tlcourse.datasets.real_sets import REAL_SETS
from tlcourse.finetuning.policies import Policy
from tlcourse.networks.backbones import load_backbone
from tlcourse.networks.images import PreparedImages

RUNS = Table(FOLDER / "real_fine_tuning.csv")
RATES = Table(FOLDER / "real_fine_tuning_rates.csv")
SETS, MOST_CLASSES, PARTS = ("flowers102", "PACS sketch"), 10, (30, 10, 30)
SIDE, RESIZED = 128, 146
VOLUMES, DRAWS, TRIED = (5, 20), 2, (0.01, 0.04)
EVERY, MOST, PATIENCE = {5: 6, 20: 10}, {5: 90, 20: 120}, 4  # updates
HEAD, PROBE, DECAY = "head", "probe, then all", 0.97
_ALL = {"*": "fine-tune"}
_GENTLY = Policy(_ALL, rates={"*": 0.5}, layer_decay=DECAY)
TRAINED = {
    "top block": Policy(
        {"*": "freeze", "blocks.5": "fine-tune", "blocks.6": "fine-tune", "conv_head": "fine-tune"}
    ),
    "all": Policy(_ALL, layer_decay=DECAY),
    PROBE: Policy({"*": "freeze"}, rates={"classifier": 10}, then=_GENTLY),
}
KEY = ("policy", "target", "per_class", "draw")


def add_arguments(parser):
    parser.add_argument("--folder", type=Path, help="holds PACS and flowers-102")
    parser.add_argument("--draws", type=int, default=DRAWS, help="draws of the training images")


def plan(draws=DRAWS):
    """Every run: (policy, target, images a class, draw)."""
    for draw in range(draws):
        for target in SETS:
            for per_class in VOLUMES:
                yield from ((policy, target, per_class, draw) for policy in (HEAD, *TRAINED))


def steps(options):
    """First the rates, by a draw that is not used again, then a step a run."""
    tried = [
        dict(zip(KEY, (policy, target, VOLUMES[0], 100), strict=True)) | {"rate": rate}
        for policy in ("top block", "all")
        for target in SETS
        for rate in TRIED
    ]
    yield from RATES.steps(tried, partial(measure, options.folder))
    keys = (dict(zip(KEY, key, strict=True)) for key in plan(options.draws))
    yield from RUNS.steps(keys, partial(measure, options.folder))


def measure(root, policy, target, per_class, draw, rate=None):
    """One run: what it took and what it gave."""
    pool, validation, test = images_of(target, root)
    train, backbone = drawn(pool, per_class, draw), load_backbone("imagenet")
    if policy == HEAD:
        row = solve_head(_body(backbone), train, validation, test)
    else:
        rate = rate or best_rate(RATES, "all" if policy == PROBE else policy)
        row = {"rate": rate} | train_to_plateau(
            *(backbone, TRAINED[policy], train, validation, test),
            half=False,  # depthwise convolutions are slower in bfloat16
            seed=draw,
            learning_rate=rate,
            steps=MOST[per_class],
            evaluate_every=EVERY[per_class],
            patience=PATIENCE,
        )
    return {name: value for name, value in row.items() if name != "predicted"}


def _body(backbone):
    network = backbone.network.eval()
    return lambda images: network.forward_head(network.forward_features(images), pre_logits=True)


@cache
def images_of(name, root):
    """To draw from, to validate and to test on, at 128 pixels: ten classes at most."""
    parts = REAL_SETS[name].images(root)
    files = np.array([file for part in parts for file in part.files])
    targets = np.concatenate([part.targets for part in parts])
    enough = np.flatnonzero(np.bincount(targets) >= sum(PARTS))
    places = np.linspace(0, len(enough) - 1, min(MOST_CLASSES, len(enough))).round().astype(int)
    chosen, generator = enough[places], np.random.default_rng(0)
    own = (generator.permutation(np.flatnonzero(targets == label)) for label in chosen)
    by_class = np.stack([rows[: sum(PARTS)] for rows in own])
    rows = map(np.ravel, np.split(by_class, np.cumsum(PARTS)[:-1], axis=1))
    names = [parts[0].classes[label] for label in chosen]
    return [_prepared(files[part], np.searchsorted(chosen, targets[part]), names) for part in rows]


def _prepared(files, labels, classes):
    prepare = v2.Compose(
        [
            v2.Resize(RESIZED, v2.InterpolationMode.BICUBIC),
            v2.CenterCrop(SIDE),
            v2.ToImage(),
            v2.ToDtype(torch.float32, scale=True),
            v2.Normalize([0.5] * 3, [0.5] * 3),
        ]
    )
    inputs = torch.stack([prepare(read_image(file)) for file in files])
    return PreparedImages(inputs, torch.as_tensor(labels), classes)
