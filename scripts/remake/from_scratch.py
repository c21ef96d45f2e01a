"""Learning from scratch against reusing: the same network, the same photographs, the same rule.

The targets are six families of Tiny ImageNet that no source saw, and flowers102 at 64 pixels
(``--folder`` holds it as ``real_sets.toml`` says). Settings are tried first, on photographs that
are neither trained on nor tested on. Three tables are written to ``data/measured``: the trials, the
runs, and their learning curves. Where the processor computes in bfloat16, training does too.
"""

import time
from copy import deepcopy
from functools import cache, partial
from itertools import chain, count, product
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from filelock import FileLock
from torch import nn
from torch.nn import functional as F

from scripts.remake.policy_grid import FOLDER, near
from scripts.remake.pretraining import augment
from scripts.remake.runner import Step, bfloat16
from tlcourse import paths
from tlcourse.classifiers.score import choose_C, evaluate_features, of_rows
from tlcourse.datasets.benchmarks import read_benchmark
from tlcourse.datasets.photos import FAMILIES, TinyImageNet
from tlcourse.features.extraction import extract_features
from tlcourse.networks.backbones import load_backbone
from tlcourse.networks.small_vgg import as_input, small_vgg

RUNS, TRIALS, CURVES = (f"from_scratch{end}.csv" for end in ("", "_trials", "_curves"))
SETTINGS = ["rate", "decay", "augmentation"]
KEY = ["target", "start", "source", "per_class", "draw", *SETTINGS]
SPENT = ["updates", "images", "cpu_seconds"]
RIGHT = ["train_accuracy", "validation_accuracy"]
PLACES = {"cpu_seconds": 2, **dict.fromkeys([*RIGHT, "test_accuracy"], 4)}

SCRATCH, FINE_TUNED = "from scratch", "fine-tuned"
LAST_LAYER, ALL_LAYERS = "frozen, last layer", "frozen, all layers"
NEAR = {target: near(target) for target in FAMILIES}
FAR = {target: {"natural": "manmade", "manmade": "natural"}[NEAR[target]] for target in FAMILIES}
FLOWERS, FLOWERS_PER_CLASS, FLOWERS_HELD_OUT = "flowers102", 18, 2
POOL, HELD_OUT = 450, 50  # training photographs a class to draw from, and to choose on
VOLUMES = (1, 2, 4, 8, 20, 40, 200)  # of the frozen networks

BATCH, EVERY, PATIENCE, LONGEST, SHORT = 32, 100, 5, 6000, 150
WARM_UP = 100  # updates in which the rate rises
EARLY = (10, 20, 40, 70)  # updates after which the curve has a point too
SEEN = 500  # training images on which batch norms are re-estimated, and training accuracy is taken
TRIED_ON = [(target, per_class) for per_class in (40, 200) for target in ("insects", "vehicles")]
FINAL_ON = TRIED_ON[:1]
AUGMENTATIONS = (0, 0.4, 0.8)
TUNED = 0.003, 5e-4  # rate and decay of reused networks: not searched for


def add_arguments(parser):
    parser.add_argument("--folder", type=Path, default=Path(), help="holds flowers102")


def random_settings(seed=0, each=4):
    """Settings (rate, decay, augmentation): random rates from 0.002 to 0.1, decays to 0.01."""
    rng = np.random.default_rng(seed)
    return [
        (float(f"{10**rate:.2g}"), float(f"{10**decay:.2g}"), augmentation)
        for augmentation in AUGMENTATIONS
        for rate, decay in zip(
            -2.7 + 1.7 * (np.arange(each) + rng.random(each)) / each,
            -5 + 3 * (rng.permutation(each) + rng.random(each)) / each,
            strict=True,
        )
    ]


def steps(options):
    """First settings: short runs, then the best of each augmentation to the plateau; then all."""
    step = partial(_step, options)
    for setting, (target, per_class) in product(random_settings(), TRIED_ON):
        yield step(target, SCRATCH, "", per_class, 0, setting, "short")
    finalists = [best_trial("short", SCRATCH, TRIED_ON, [each]) for each in AUGMENTATIONS]
    for (target, per_class), setting in product(FINAL_ON, finalists):
        yield step(target, SCRATCH, "", per_class, 0, setting, "plateau")
    scratch = best_trial("plateau", SCRATCH, FINAL_ON)
    settings = {SCRATCH: scratch, FINE_TUNED: (*TUNED, scratch[2])}
    for target, start, source, per_class, draw in plan():
        yield step(target, start, source, per_class, draw, settings.get(start))
    for setting in random_settings():  # what a setting taken at random costs
        yield step("insects", SCRATCH, "", 40, 0, setting, "check")


def plan():
    """The runs (target, start, source, images a class, draw), the most useful ones first."""
    yield FLOWERS, SCRATCH, "", FLOWERS_PER_CLASS, 0
    yield FLOWERS, FINE_TUNED, "natural", FLOWERS_PER_CLASS, 0
    yield FLOWERS, LAST_LAYER, "natural", (FLOWERS_PER_CLASS,), 0
    yield from _of_all(40, NEAR, scratch=True)
    yield from ((f, LAST_LAYER, s, VOLUMES, 0) for s in ("natural", "manmade") for f in FAMILIES)
    for per_class in (8, 200):
        yield from _of_all(per_class, NEAR, scratch=True)
    yield from _of_all(40, FAR)
    yield from _of_all(POOL, NEAR, scratch=True)
    for draw in (1, 2):
        for per_class in (40, 8):
            yield from _of_all(per_class, NEAR, scratch=True, draw=draw)
    for per_class in (8, 200):
        yield from _of_all(per_class, FAR)


def _of_all(per_class, sources, scratch=False, draw=0):
    """Runs on every family: from scratch, and then fine-tuned from its source."""
    yield from ((family, SCRATCH, "", per_class, draw) for family in FAMILIES if scratch)
    yield from ((family, FINE_TUNED, sources[family], per_class, draw) for family in FAMILIES)


def _step(options, target, start, source, per_class, draw, setting, trial=""):
    """One run as a Step; ``trial`` is the round that it belongs to, if it is one."""
    said = filter(None, (trial, target, start, source, per_class, setting, draw))
    name = ", ".join(map(str, said))
    if start == LAST_LAYER:
        done = read(RUNS, target=target, start=start, source=source, per_class=max(per_class))
        return Step(name, len(done) > 0, partial(frozen, options, target, source, per_class))
    run = dict(zip(KEY, (target, start, source, per_class, draw, *setting), strict=True))
    done = len(read(TRIALS, round=trial, **run) if trial else read(RUNS, **run)) > 0
    return Step(name, done, partial(measure, options, run, trial))


def read(file, **wanted):
    """Rows of one of the tables with these values, as a DataFrame."""
    if not (FOLDER / file).exists():
        return pd.DataFrame(columns=["round", *KEY, *SPENT, *RIGHT])
    table = pd.read_csv(FOLDER / file).fillna({"source": ""})
    for name, value in wanted.items():
        table = table[table[name] == value]
    return table


def add(file, rows):
    """Rows (dicts) at the end of a table, in place of older ones of the same run."""
    with FileLock(paths.cache_folder() / f"{file}.lock"):
        old, new = read(file), pd.DataFrame(rows).round(PLACES)
        columns = [name for name in ["round", *KEY] if name in new]
        if len(old):
            before, now = (pd.MultiIndex.from_frame(each[columns]) for each in (old, new))
            new = pd.concat([old[~before.isin(now)], new])
        paths.write_text(FOLDER / file, new.to_csv(index=False))


def best_trial(which, start, cells, augmentations=AUGMENTATIONS):
    """The settings of a round that were right on most validation photographs, over these cells.

    ValueError before every cell has been tried."""
    trials = read(TRIALS, round=which, start=start)
    tried = pd.MultiIndex.from_frame(trials[["target", "per_class"]]).isin(cells)
    tried &= trials["augmentation"].isin(augmentations)
    rated = trials[tried].groupby(SETTINGS)["validation_accuracy"].agg(["mean", "size"])
    if not len(rated) or (rated["size"] < len(cells)).any():
        raise ValueError("What comes next is planned when these trials of settings are done.")
    return rated["mean"].idxmax()


def measure(options, run, trial):
    """One run, its row and its curve."""
    file, of_round = (TRIALS, {"round": trial}) if trial else (RUNS, {})
    tried = read(TRIALS, **run).query("round != 'short'").drop(columns="round")
    same = [*read(RUNS, **run).to_dict("records"), *tried.to_dict("records")]
    if trial != "short" and same:  # it was taken to the plateau before, as a trial or not
        row = same[0]
        add(file, [of_round | row])
        return f"test {row['test_accuracy']:.1%}, as before"
    train, validation, test = photographs(options, run["target"], run["per_class"], run["draw"])
    network = begin(run["source"], int(train[1].max()) + 1, run["draw"])
    settings = [run[name] for name in SETTINGS]
    if trial == "short":
        curve, _ = to_the_plateau(network, train, validation, run["draw"], *settings, longest=SHORT)
        add(file, [of_round | run | curve[-1]])
        return f"validation {curve[-1]['validation_accuracy']:.1%}"
    curve, best = to_the_plateau(network, train, validation, run["draw"], *settings)
    end = {name: curve[-1][name] for name in SPENT} | {name: best[name] for name in RIGHT}
    row = run | end | {"test_accuracy": accuracy(network, *test)}
    add(CURVES, [run | point for point in curve])
    add(file, [of_round | row])
    return f"test {row['test_accuracy']:.1%} after {row['updates']} updates"


def begin(source, n_classes, seed):
    """The small VGG: random weights with batch norm, or a source's with a new last layer."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        if not source:
            return small_vgg(n_classes, batch_norm=True)
        network = deepcopy(load_backbone(source).network)
        network.fc8 = nn.Linear(network.fc8.in_features, n_classes)
        return network.requires_grad_()


def to_the_plateau(network, train, validation, seed, rate, decay, augmentation, longest=LONGEST):
    """Train by the rule, and leave the network with its best weights: (curve, its best point).

    Every 100 updates validation accuracy is taken; after five without a better one the rate falls
    to a tenth, and after five more training ends."""
    network.to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(network.parameters(), rate, 0.9, 0, decay, nesterov=True)
    generator = torch.Generator().manual_seed(seed)
    batches = _batches(len(train[1]), generator)
    curve, best, weights, waited, falls = [], {"validation_accuracy": -1}, None, 0, 0
    updates, images, seconds = 0, 0, 0.0
    early = EARLY if longest > SHORT else ()
    some = torch.randperm(len(train[1]), generator=torch.Generator().manual_seed(0))[:SEEN]
    seen = train[0][some], train[1][some]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for end in chain(early, count(EVERY, EVERY)):
            network.train()
            started = time.process_time()
            while updates < min(end, longest):
                rows = next(batches)
                for group in optimizer.param_groups:
                    group["lr"] = rate * min(1, (updates + 1) / WARM_UP) / 10**falls
                inputs = as_input(train[0][rows]).contiguous(memory_format=torch.channels_last)
                if augmentation:
                    inputs = augment(inputs, generator, augmentation)
                with bfloat16():
                    scores = network(inputs)
                loss = F.cross_entropy(scores.float(), train[1][rows])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                updates, images = updates + 1, images + len(rows)
            seconds += time.process_time() - started
            settle(network, seen[0])
            right = [accuracy(network, *each) for each in (seen, validation)]
            curve.append(dict(zip(SPENT + RIGHT, (updates, images, seconds, *right), strict=True)))
            if right[1] > best["validation_accuracy"]:
                best, weights, waited = curve[-1], deepcopy(network.state_dict()), 0
            elif updates >= EVERY:
                waited += 1
            if waited == PATIENCE:
                waited, falls = 0, falls + 1
            if falls == 2 or updates == longest:
                network.load_state_dict(weights)
                return curve, best


def _batches(n, generator):
    """Rows of batches, epoch after epoch; one of a single image is left out."""
    while True:
        batches = torch.randperm(n, generator=generator).split(BATCH)
        yield from (rows for rows in batches if len(rows) > 1)


@torch.no_grad()
def settle(network, images):
    """Re-estimate what batch norms divide by: the average over batches of training images."""
    kinds = nn.BatchNorm1d | nn.BatchNorm2d
    norms = [each for each in network.modules() if isinstance(each, kinds)]
    network.eval()
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None
        norm.train()
    if norms:
        scores_of(network, images)


@torch.no_grad()
def scores_of(network, images, batch=128):
    """Scores of uint8 images, float32 (n, classes)."""
    with bfloat16():
        inputs = (as_input(each) for each in images.split(batch) if len(each) > 1)
        return torch.cat(
            [network(each.contiguous(memory_format=torch.channels_last)) for each in inputs]
        ).float()


def accuracy(network, images, labels):
    """Mean class accuracy (0 to 1)."""
    right = (scores_of(network.eval(), images).argmax(1) == labels).double()
    return float(np.mean([right[labels == label].mean() for label in labels.unique()]))


def frozen(options, target, source, volumes):
    """Linear SVMs on frozen features, C by inner cross-validation, at every volume."""
    backbone = load_backbone(source)
    most, _, test = (_as_pictures(p) for p in photographs(options, target, max(volumes), 0))
    started = time.process_time()
    features, test = (
        extract_features(backbone, each, device="cpu", cache=False, progress=False)
        for each in (most, test)
    )
    a_pass = (time.process_time() - started) / (len(features.labels) + len(test.labels))
    for per_class in volumes:
        train = of_rows(features, first_of_each(features.labels, 0, per_class))
        rows = []
        for start, layers, how in (
            (LAST_LAYER, ["fc7"], "L2 per image"),
            (ALL_LAYERS, list(features.layer_sizes), "standardized"),
        ):
            started = time.process_time()
            C = choose_C(train, layers, how) if per_class > 2 else 1.0
            found = evaluate_features(train, test, layers, 0, C, how)
            spent = time.process_time() - started + a_pass * len(train.labels)
            rows.append(
                dict(zip(KEY, (target, start, source, per_class, 0, 0, 0, 0), strict=True))
                | {"updates": 0, "images": len(train.labels), "cpu_seconds": spent}
                | {"test_accuracy": found.accuracy}
            )
        add(RUNS, rows)
    return f"test {rows[-1]['test_accuracy']:.1%}"


def _as_pictures(images_and_labels):
    images, labels = images_and_labels
    return list(zip(images.permute(0, 2, 3, 1).numpy(), labels.tolist(), strict=True))


def photographs(options, target, per_class, draw):
    """To train on, to choose on, to test on: (uint8 (n, 3, 64, 64), labels) each.

    Draws are disjoint: the first images of each class, the next, ..."""
    pool, validation, test = _photographs(target, options.data, options.folder)
    rows = first_of_each(pool[1].numpy(), draw, per_class)
    return (pool[0][rows], pool[1][rows]), validation, test


def first_of_each(labels, draw, per_class):
    """Rows of the draw-th ``per_class`` images of each class."""
    places = slice(draw * per_class, (draw + 1) * per_class)
    return np.concatenate([np.flatnonzero(labels == label)[places] for label in np.unique(labels)])


@cache
def _photographs(target, data, folder):
    if target == FLOWERS:
        train, test = read_benchmark(target, folder).train(), read_benchmark(target, folder).test()
        keep, hold_out = FLOWERS_PER_CLASS, FLOWERS_HELD_OUT
    else:
        train, test = (TinyImageNet(target, split, data) for split in ("train", "val"))
        keep, hold_out = POOL, HELD_OUT
    resize, cut = load_backbone("natural").preprocess.transforms[:2]
    sets = []
    for images in (train, test):
        pixels = np.stack([np.asarray(cut(resize(image.convert("RGB")))) for image, _ in images])
        sets.append((torch.from_numpy(pixels).permute(0, 3, 1, 2), torch.tensor(images.targets)))
    labels = sets[0][1].numpy()
    kept, both = (first_of_each(labels, 0, n) for n in (keep, keep + hold_out))
    held_out = both[~np.isin(both, kept)]
    return *((sets[0][0][rows], sets[0][1][rows]) for rows in (kept, held_out)), sets[1]
