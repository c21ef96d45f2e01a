"""The grid of policies, similarities and volumes: one run of it, what was measured, what it says.

All comparisons are paired: two policies are compared on the same target and the same draw of the
training images, where luck with the images is the same for both.
"""

import json
from dataclasses import dataclass

import numpy as np

from tlcourse import paths
from tlcourse.classifiers.intervals import difference, paired_difference
from tlcourse.finetuning.policies import PRESETS, Policy
from tlcourse.finetuning.training import fine_tune

MEASURED = paths.SHIPPED / "measured" / "policy_grid.json"
GRID_POLICIES = (
    "reuse all",
    "retrain the top",
    "freeze, fine-tune, retrain",
    "fine-tune all",
    "all random",
)
DEPTHS = {f"fine-tune top {n}": n for n in (3, 5, 7, 9)}
EVERY_DEPTH = {"reuse all": 1, "fine-tune all": 13, **DEPTHS}
GRID_SOURCES = {"near": ("natural", "manmade"), "far": ("manmade", "natural")}
GRID_TARGETS = ("insects", "vehicles")
STEPS = {4: 16, 16: 24, 48: 32}
TEST_PER_CLASS = 30
GRID_SEEDS = (0, 1)
BATCH, RATE, RANDOM_RATE = 20, 0.02, 0.05


@dataclass(frozen=True)
class GridRun:
    """One policy (or "fine-tune top N", frozen below), trained once.

    ``similarity`` is that of the source: "near", "far", or "none" where no layer of it is kept.
    ``per_class`` training images a class; ``accuracy`` is the mean class accuracy on the test
    photographs (0 to 1), ``cpu_seconds`` those of training, ``predicted`` and ``labels`` have a
    digit a test photograph. ``fine_tune`` keeps the better of the first and the last weights;
    they are the last ones in all runs but those of "all random" that end no better than they
    began.
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
    """The policy that a name of the grid stands for; ValueError if there is none."""
    if name in PRESETS:
        return PRESETS[name]
    if name in DEPTHS:
        return Policy({"*": "freeze", f"top {DEPTHS[name]}": "fine-tune"}, name=name)
    raise ValueError(f"There is no policy {name!r}: take one of {', '.join((*PRESETS, *DEPTHS))}.")


def train_run(source, policy, train, test, seed, steps):
    """Train a policy, as for ``policy_of``, for so many steps: a Run.

    The PreparedImages for testing are evaluated at the beginning and the end only.
    """
    rate = RANDOM_RATE if policy == "all random" else RATE
    options = {"batch_size": BATCH, "evaluate_every": steps, "device": "cpu", "progress": False}
    policy = policy_of(policy)
    return fine_tune(
        source, policy, train, test, seed=seed, steps=steps, learning_rate=rate, **options
    )


def read_grid():
    """What was measured on the maintainers' machine: a list of GridRun."""
    return [GridRun(**run) for run in read_part(MEASURED)]


def read_part(file, part="runs"):
    """A part of a JSON file in ``data/measured``; the runs are dicts of a dataclass's fields."""
    return json.loads(file.read_text(encoding="utf-8"))[part]


def grouped(pairs):
    """Pairs of key and value as ``{key: its values}``, both in their order."""
    found = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return found


def grid_cells(runs):
    """Accuracies in each cell of the grid, from a list of GridRun.

    ``{(similarity, images a class): {policy: {(target, seed): accuracy}}}``; a policy that keeps
    nothing of the source is in the cells of every source.
    """
    cells = {}
    kept = [run for run in runs if run.policy in GRID_POLICIES and run.seed in GRID_SEEDS]
    kept.sort(key=lambda run: (run.per_class, GRID_POLICIES.index(run.policy)))
    for similarity in GRID_SOURCES:
        for run in kept:
            if run.similarity in (similarity, "none"):
                cell = cells.setdefault((similarity, run.per_class), {})
                cell.setdefault(run.policy, {})[run.target, run.seed] = run.accuracy
    return cells


def tied_with_best(cell):
    """The best policy of a cell ({policy: {key: accuracy}}), then those not surely worse."""
    mean = {policy: np.mean(list(values.values())) for policy, values in cell.items()}
    best = max(mean, key=mean.get)
    others = [policy for policy in sorted(mean, key=mean.get, reverse=True) if policy != best]
    ties = [name for name in others if not difference(cell[best], cell[name]).is_above_zero]
    return [best, *ties]


def gains(cells, policy, rival):
    """What a policy gains over a rival: ``{(similarity, images): {(target, seed): points}}``."""
    return {
        where: {
            key: 100 * (cell[policy][key] - cell[rival][key])
            for key in cell[rival]
            if key in cell[policy]
        }
        for where, cell in cells.items()
    }


def change_with_volume(gained):
    """How much more is gained with most images than with fewest, over all similarities."""
    fewest, most = min(n for _, n in gained), max(n for _, n in gained)
    return _change(gained, [((kind, most), (kind, n)) for kind, n in gained if n == fewest])


def change_with_similarity(gained):
    """How much more is gained from the near source than from the far one, over all volumes."""
    return _change(gained, [((kind, n), ("far", n)) for kind, n in gained if kind == "near"])


def _change(gained, cells):
    return paired_difference(
        [
            points - gained[start][key]
            for end, start in cells
            for key, points in gained[end].items()
            if key in gained[start]
        ]
    )


def depth_curves(runs):
    """Accuracy against the number of fine-tuned layers at the top, for insects from near.

    ``{images a class: {layers: [accuracy of each seed]}}``
    """
    depths, curves = EVERY_DEPTH, {}
    chosen = [run for run in runs if run.policy in depths and run.seed in GRID_SEEDS]
    for run in sorted(chosen, key=lambda run: (run.per_class, depths[run.policy], run.seed)):
        if (run.target, run.similarity) == ("insects", "near"):
            curve = curves.setdefault(run.per_class, {})
            curve.setdefault(depths[run.policy], []).append(run.accuracy)
    return curves


def bias_and_variance(predictions, labels):
    """Two ways to be wrong, each from 0 to 1, from predictions (draws, images), labels (images,).

    The *main prediction* of an image is what most draws say. Bias is how often it is wrong;
    variance is how often one draw says something else (Domingos 2000, for 0-1 loss). ValueError
    if there are fewer than two draws, or the shapes do not fit.
    """
    predictions, labels = np.asarray(predictions), np.asarray(labels)
    if predictions.ndim != 2 or len(predictions) < 2 or predictions.shape[1:] != labels.shape:
        raise ValueError(
            f"Predictions are {predictions.shape} and labels {labels.shape}: give 2 draws or more, "
            "(draws, images) and (images,)."
        )
    main = main_prediction(predictions)
    return float((main != labels).mean()), float((predictions != main).mean())


def main_prediction(predictions):
    """What most draws say of each image; of a tie the lower class. Shape (draws, images)."""
    return np.array([np.bincount(column).argmax() for column in np.asarray(predictions).T])


def draws_of(runs, policy):
    """Predictions (draws, images) and labels (images,) of one policy, as int.

    Of all draws of 16 insects a class, from the near source or none.
    """
    found = [
        run
        for run in runs
        if (run.policy, run.target, run.per_class) == (policy, "insects", 16)
        and run.similarity in ("near", "none")
    ]
    labels = np.array(list(map(int, found[0].labels)))
    return np.array([list(map(int, run.predicted)) for run in found]), labels
