"""The best policy over a grid of similarity and images a class, measured on photographs.

    python -m scripts.remake policy_grid --data path/to/tiny-imagenet-200

trains every policy from a near and from a far source, on 4, 16 and 48 photographs a class of two
target families that no source saw, and keeps the runs in ``data/measured/policy_grid.json``. A
command that is started again goes on after the last finished run.

Every run ends after a number of steps that was set beforehand, and nothing is chosen on the test
photographs. The networks have batch normalisation (``tlcourse.networks.batch_norm``), so that
random layers get a fair chance; frozen layers keep its statistics.
"""

import argparse
import sys
from pathlib import Path

from scripts.remake.runner import add_workers, keep
from tlcourse.classifiers.score import sample_per_class
from tlcourse.datasets.photos import TinyImageNet, default_root
from tlcourse.finetuning.grid import (
    DEPTHS,
    GRID_POLICIES,
    GRID_SOURCES,
    GRID_TARGETS,
    MEASURED,
    SEEDS,
    STEPS,
    TEST_PER_CLASS,
    GridRun,
    read_grid,
    train_run,
)
from tlcourse.networks.backbones import load_backbone
from tlcourse.networks.batch_norm import with_batch_norm
from tlcourse.networks.images import prepare_images

MORE_DRAWS = (2, 3, 4)


def plan():
    """Every run: (policy, similarity, target, images a class, seed)."""
    for seed in SEEDS:
        for per_class in STEPS:
            for target in GRID_TARGETS:
                yield "all random", "none", target, per_class, seed
                for similarity in GRID_SOURCES:
                    for policy in GRID_POLICIES[:-1]:
                        yield policy, similarity, target, per_class, seed
            for policy in DEPTHS:
                yield policy, "near", "insects", per_class, seed
        for draw in MORE_DRAWS:
            for policy in ("reuse all", "fine-tune all"):
                yield policy, "near", "insects", 16, draw
            yield "all random", "none", "insects", 16, draw


def measure(root=None, worker=0, workers=1):
    """The runs of the plan that are not in the file yet, one by one; a share of them each."""
    done = {_key(run) for run in read_grid()} if MEASURED.exists() else set()
    todo = [key for key in dict.fromkeys(plan()) if key not in done]
    images = {}
    for key in todo[worker::workers]:
        policy, similarity, target, per_class, seed = key
        if target not in images:
            images[target] = _Photographs(target, root)
        photographs = images[target]
        source = photographs.source("near" if similarity == "none" else similarity)
        train = photographs.draw(per_class, seed)
        run = train_run(source, policy, train, photographs.test, seed, STEPS[per_class])
        predicted = run.predict(photographs.test)
        yield GridRun(
            *key,
            round(run.curve[-1].validation_accuracy, 4),
            round(run.curve[-1].cpu_seconds, 2),
            "".join(map(str, predicted)),
            "".join(map(str, photographs.test.labels.tolist())),
        )


class _Photographs:
    """Training and test photographs of one target, and its two sources."""

    def __init__(self, target, root):
        self.target, self._sources = target, {}
        natural = load_backbone("natural")
        self.pool = prepare_images(natural, TinyImageNet(target, "train", root, 48, every=2))
        self.test = prepare_images(natural, TinyImageNet(target, "val", root, TEST_PER_CLASS, 2))

    def draw(self, per_class, seed):
        return self.pool.subset(sample_per_class(self.pool.labels.numpy(), per_class, seed))

    def source(self, similarity):
        if similarity not in self._sources:
            name = GRID_SOURCES[similarity][GRID_TARGETS.index(self.target)]
            statistics = self.draw(16, 0)
            self._sources[similarity] = with_batch_norm(load_backbone(name), statistics)
        return self._sources[similarity]


def _key(run):
    return run.policy, run.similarity, run.target, run.per_class, run.seed


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m scripts.remake policy_grid")
    parser.add_argument("--data", type=Path, default=default_root(), help="folder of Tiny ImageNet")
    add_workers(parser)
    options = parser.parse_args(arguments)
    command = "python -m scripts.remake policy_grid --data tiny-imagenet-200"
    try:
        for run in measure(options.data, options.worker, options.workers):
            keep(MEASURED, __doc__.splitlines()[0], command, run)
            print(*_key(run), f"{run.accuracy:.3f} {run.cpu_seconds:.1f} s", flush=True)
    except (FileNotFoundError, ValueError) as problem:
        sys.exit(str(problem))
