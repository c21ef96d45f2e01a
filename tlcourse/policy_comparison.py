"""Which policy is best, which only look so, and what a choice costs in bias and in variance.

All comparisons are paired: two policies are compared on the same target and the same draw of the
training images, where luck with the images is the same for both.
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import t

LEVEL = 0.95
DEPTH_OF = {"reuse all": 1, "fine-tune all": 13}


def grid_cells(runs):
    """Accuracies in each cell of the grid.

    Parameters
    ----------
    runs : list of GridRun

    Returns
    -------
    dict
        ``{(similarity, images a class): {policy: {(target, seed): accuracy}}}``; a policy that
        keeps nothing of the source is in the cells of every source.
    """
    from tlcourse.policy_grid import GRID_POLICIES, SEEDS, SOURCES

    cells = {}
    kept = [run for run in runs if run.policy in GRID_POLICIES and run.seed in SEEDS]
    kept.sort(key=lambda run: (run.per_class, GRID_POLICIES.index(run.policy)))
    for similarity in SOURCES:
        for run in kept:
            if run.similarity in (similarity, "none"):
                cell = cells.setdefault((similarity, run.per_class), {})
                cell.setdefault(run.policy, {})[run.target, run.seed] = run.accuracy
    return cells


@dataclass(frozen=True)
class Difference:
    """A paired difference and how sure it is.

    Attributes
    ----------
    mean : float
    low, high : float
        Ends of the 95% interval of Student's t over the pairs.
    pairs : tuple of float
    """

    mean: float
    low: float
    high: float
    pairs: tuple

    @property
    def is_above_zero(self):
        return self.low > 0

    @property
    def is_below_zero(self):
        return self.high < 0

    @property
    def words(self):
        """ "yes", "no" or "undecided": whether it is above zero."""
        return "yes" if self.is_above_zero else "no" if self.is_below_zero else "undecided"


def paired_difference(pairs):
    """Mean and interval of differences, one a pair.

    Raises
    ------
    ValueError
        If there are fewer than two pairs.
    """
    pairs = np.asarray(pairs, dtype=float)
    if pairs.ndim != 1 or len(pairs) < 2:
        raise ValueError(f"A spread needs 2 pairs or more, not {pairs.size}: run more seeds.")
    half = t.ppf((1 + LEVEL) / 2, len(pairs) - 1) * pairs.std(ddof=1) / np.sqrt(len(pairs))
    mean = pairs.mean()
    return Difference(float(mean), float(mean - half), float(mean + half), tuple(pairs.tolist()))


def difference(first, second):
    """Of two policies in one cell, or anything measured on the same keys.

    Parameters
    ----------
    first, second : dict
        Key of a pair -> accuracy.

    Returns
    -------
    Difference

    Raises
    ------
    ValueError
        If fewer than two keys are in both.
    """
    return paired_difference([first[key] - second[key] for key in first if key in second])


def tied_with_best(cell):
    """The best policy of a cell first, then those that are not surely worse.

    Parameters
    ----------
    cell : dict
        Policy -> {key: accuracy}.

    Returns
    -------
    list of str
    """
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
    return paired_difference(
        [
            gained[similarity, most][key] - points
            for (similarity, n), pairs in gained.items()
            if n == fewest
            for key, points in pairs.items()
            if key in gained[similarity, most]
        ]
    )


def change_with_similarity(gained):
    """How much more is gained from the near source than from the far one, over all volumes."""
    return paired_difference(
        [
            points - gained["far", n][key]
            for (similarity, n), pairs in gained.items()
            if similarity == "near"
            for key, points in pairs.items()
            if key in gained["far", n]
        ]
    )


def depth_curves(runs, target="insects", similarity="near"):
    """Accuracy against the number of fine-tuned layers at the top.

    Returns
    -------
    dict
        ``{images a class: {layers: [accuracy of each seed]}}``
    """
    from tlcourse.policy_grid import DEPTHS, SEEDS

    depths, curves = {**DEPTH_OF, **DEPTHS}, {}
    chosen = [run for run in runs if run.policy in depths and run.seed in SEEDS]
    for run in sorted(chosen, key=lambda run: (run.per_class, depths[run.policy], run.seed)):
        if (run.target, run.similarity) == (target, similarity):
            curve = curves.setdefault(run.per_class, {})
            curve.setdefault(depths[run.policy], []).append(run.accuracy)
    return curves


def bias_and_variance(predictions, labels):
    """Two ways to be wrong, from the predictions after several draws of the training images.

    The *main prediction* of an image is what most draws say. Bias is how often it is wrong;
    variance is how often one draw says something else (Domingos 2000, for 0-1 loss).

    Parameters
    ----------
    predictions : array-like of int, shape (draws, images)
    labels : array-like of int, shape (images,)

    Returns
    -------
    bias, variance : float
        Each from 0 to 1.

    Raises
    ------
    ValueError
        If there are fewer than two draws, or the shapes do not fit.
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


def draws_of(runs, policy, target="insects", per_class=16, similarity=("near", "none")):
    """Predictions and labels of all draws of one policy in one cell.

    Returns
    -------
    predictions : ndarray of int, shape (draws, images)
    labels : ndarray of int, shape (images,)
    """
    found = [
        run
        for run in runs
        if (run.policy, run.target, run.per_class) == (policy, target, per_class)
        and run.similarity in similarity
    ]
    labels = np.array(list(map(int, found[0].labels)))
    return np.array([list(map(int, run.predicted)) for run in found]), labels
