"""The best policy over a grid of similarity and images a class, measured on photographs.

Every policy is trained from a near and from a far source, on 4, 16 and 48 photographs a class of
two target families that no source saw. Every run ends after a number of steps that was set
beforehand, and nothing is chosen on the test photographs. The networks have batch normalisation
(``tlcourse.networks.batch_norm``), so that random layers get a fair chance; frozen layers keep its
statistics.
"""

from functools import cache, partial

from scripts.remake.photographs import drawn, photographs
from scripts.remake.runner import Runs
from tlcourse.finetuning.grid import (
    DEPTHS,
    GRID_POLICIES,
    GRID_SEEDS,
    GRID_SOURCES,
    GRID_TARGETS,
    MEASURED,
    STEPS,
    TEST_PER_CLASS,
    GridRun,
    train_run,
)
from tlcourse.networks.backbones import load_backbone
from tlcourse.networks.batch_norm import with_batch_norm

MOST = max(STEPS)  # photographs a class to train on
MORE_DRAWS = (2, 3, 4)
RUNS = Runs(MEASURED, __doc__.splitlines()[0], "policy_grid --data tiny-imagenet-200")
KEY = ("policy", "similarity", "target", "per_class", "seed")


def plan():
    """Every run: (policy, similarity, target, images a class, seed)."""
    for seed in GRID_SEEDS:
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


def steps(options):
    """A step a run."""
    keys = [dict(zip(KEY, key, strict=True)) for key in plan()]
    return RUNS.steps(keys, partial(measure, options.data))


def measure(root, policy, similarity, target, per_class, seed):
    """One run, as a GridRun."""
    pool, test = photographs(target, root, MOST, TEST_PER_CLASS, 2)
    source = source_of("near" if similarity == "none" else similarity, target, root)
    train = drawn(pool, per_class, seed)
    run = train_run(source, policy, train, test, seed, STEPS[per_class])
    return GridRun(
        *(policy, similarity, target, per_class, seed),
        round(run.curve[-1].validation_accuracy, 4),
        round(run.curve[-1].cpu_seconds, 2),
        "".join(map(str, run.predict(test))),
        "".join(map(str, test.labels.tolist())),
    )


@cache
def source_of(similarity, target, root):
    """The near or far source of a target, with batch normalisation."""
    name = GRID_SOURCES[similarity][GRID_TARGETS.index(target)]
    pool, _ = photographs(target, root, MOST, TEST_PER_CLASS, 2)
    return with_batch_norm(load_backbone(name), drawn(pool, 16, 0))
