"""The best policy over a grid of similarity and images a class, measured on photographs.

    python -m tlcourse.policy_grid --data path/to/tiny-imagenet-200

trains every policy from a near and from a far source, on 4, 16 and 48 photographs a class of two
target families that no source saw, and keeps the runs in ``data/measured/policy_grid.json``. A
command that is started again goes on after the last finished run.

Every run ends after a number of steps that was set beforehand, and nothing is chosen on the test
photographs. The networks have batch normalisation (``tlcourse.batch_norm``), so that random layers
get a fair chance; frozen layers keep its statistics.
"""

import argparse
import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from filelock import FileLock

from tlcourse import paths
from tlcourse.backbones import load_backbone
from tlcourse.batch_norm import with_batch_norm
from tlcourse.datasets.photos import TinyImageNet, default_root
from tlcourse.finetuning import fine_tune
from tlcourse.policies import PRESETS, Policy
from tlcourse.training_images import prepare_images
from tlcourse.transfer import sample_per_class

MEASURED = paths.SHIPPED / "measured" / "policy_grid.json"
GRID_POLICIES = (
    "reuse all",
    "retrain the top",
    "freeze, fine-tune, retrain",
    "fine-tune all",
    "all random",
)
DEPTHS = {f"fine-tune top {n}": n for n in (3, 5, 7, 9)}
SOURCES = {"near": ("natural", "manmade"), "far": ("manmade", "natural")}
TARGETS = ("insects", "vehicles")
STEPS = {4: 16, 16: 24, 48: 32}
TEST_PER_CLASS = 30
SEEDS, MORE_DRAWS = (0, 1), (2, 3, 4)
BATCH, RATE, RANDOM_RATE = 20, 0.02, 0.05


@dataclass(frozen=True)
class GridRun:
    """One policy, trained once.

    Attributes
    ----------
    policy : str
        A preset, or "fine-tune top N" where the layers below are frozen.
    similarity : {"near", "far", "none"}
        Of the source; "none" where no layer of it is kept.
    target : str
        Family of photographs; every second class.
    per_class, seed : int
        Training images a class, and the seed that drew them and all else that is random.
    accuracy : float
        Mean class accuracy on the test photographs, from 0 to 1.
    cpu_seconds : float
        Of training, evaluations left out.
    predicted, labels : str
        The predicted and the true class of each test photograph, one digit each. ``fine_tune``
        keeps the better of the first and the last weights; they are the last ones in all runs but
        those of "all random" that end no better than they began.
    """

    policy: str
    similarity: str
    target: str
    per_class: int
    seed: int
    accuracy: float
    cpu_seconds: float
    predicted: str
    labels: str


def policy_of(name):
    """The policy that a name of the grid stands for.

    Raises
    ------
    ValueError
        If there is none.
    """
    if name in PRESETS:
        return PRESETS[name]
    if name in DEPTHS:
        return Policy({"*": "freeze", f"top {DEPTHS[name]}": "fine-tune"}, name=name)
    raise ValueError(f"There is no policy {name!r}: take one of {', '.join((*PRESETS, *DEPTHS))}.")


def plan():
    """Every run: (policy, similarity, target, images a class, seed)."""
    for seed in SEEDS:
        for per_class in STEPS:
            for target in TARGETS:
                yield "all random", "none", target, per_class, seed
                for similarity in SOURCES:
                    for policy in GRID_POLICIES[:-1]:
                        yield policy, similarity, target, per_class, seed
            for policy in DEPTHS:
                yield policy, "near", "insects", per_class, seed
        for draw in MORE_DRAWS:
            for policy in ("reuse all", "fine-tune all"):
                yield policy, "near", "insects", 16, draw
            yield "all random", "none", "insects", 16, draw


def train_run(source, policy, train, test, seed, steps):
    """Train a policy for so many steps.

    Parameters
    ----------
    source : Backbone
    policy : str
        As for ``policy_of``.
    train, test : PreparedImages
    seed, steps : int

    Returns
    -------
    Run
        Test images are evaluated at the beginning and the end only.
    """
    rate = RANDOM_RATE if policy == "all random" else RATE
    options = {"batch_size": BATCH, "evaluate_every": steps, "device": "cpu", "progress": False}
    policy = policy_of(policy)
    return fine_tune(
        source, policy, train, test, seed=seed, steps=steps, learning_rate=rate, **options
    )


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
            name = SOURCES[similarity][TARGETS.index(self.target)]
            statistics = self.draw(16, 0)
            self._sources[similarity] = with_batch_norm(load_backbone(name), statistics)
        return self._sources[similarity]


def read_grid():
    """What the command measured on the maintainers' machine: a list of GridRun."""
    return [GridRun(**run) for run in json.loads(MEASURED.read_text(encoding="utf-8"))["runs"]]


def _key(run):
    return run.policy, run.similarity, run.target, run.per_class, run.seed


def keep(file, what, command, run):
    """Add a run (a dataclass) to a file of runs, beside what made them; safe for many processes."""
    with FileLock(paths.cache_folder() / f"{file.stem}.lock"):
        runs = json.loads(file.read_text(encoding="utf-8"))["runs"] if file.exists() else []
        report = {"what": what, "command": command, "cpu_threads": torch.get_num_threads()}
        report["runs"] = [*runs, asdict(run)]
        with paths.written_whole(file) as temporary:
            temporary.write_text(json.dumps(report, indent=0) + "\n", encoding="utf-8")


def add_workers(parser):
    """Options that let several processes share a plan."""
    parser.add_argument("--worker", type=int, default=0, help="which of them this is, from 0 on")
    parser.add_argument("--workers", type=int, default=1, help="processes that share the runs")


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m tlcourse.policy_grid")
    parser.add_argument("--data", type=Path, default=default_root(), help="folder of Tiny ImageNet")
    add_workers(parser)
    options = parser.parse_args(arguments)
    command = "python -m tlcourse.policy_grid --data tiny-imagenet-200"
    try:
        for run in measure(options.data, options.worker, options.workers):
            keep(MEASURED, __doc__.splitlines()[0], command, run)
            print(*_key(run), f"{run.accuracy:.3f} {run.cpu_seconds:.1f} s", flush=True)
    except (FileNotFoundError, ValueError) as problem:
        sys.exit(str(problem))


if __name__ == "__main__":
    main()
