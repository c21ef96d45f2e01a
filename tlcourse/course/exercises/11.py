"""Exercises of notebook 11: gains of a tidy table, and a mean over independent units."""

import numpy as np
import pandas as pd
from scipy import stats

from tlcourse.course.exercises import Exercise

EMBEDDINGS = ("fc7", "full network")


def results(targets, draws, seed):
    """Accuracies of a sweep, one row each, not in the order of the targets."""
    rng = np.random.default_rng(seed)
    rows = [(t, e, d) for t in reversed(targets) for d in range(draws) for e in EMBEDDINGS]
    table = pd.DataFrame(rows, columns=["target", "embedding", "draw"])
    return table.assign(accuracy=rng.uniform(0.3, 0.9, len(table)))


def gains_of(results, how="mean"):
    means = results.pivot_table("accuracy", "target", "embedding", aggfunc=how)
    return 100 * (means["full network"] - means["fc7"])


def by_target(result, results):
    """Gains as a dict in the order of the targets; what is no Series stays as it is."""
    return dict(result.sort_index()) if isinstance(result, pd.Series) else result


def gains_and_groups(groups, seed):
    gains = pd.Series(
        np.random.default_rng(seed).normal(1, 2, len(groups)), list(range(len(groups)))
    )
    return gains, pd.Series(list(groups), gains.index)


def interval(values, half):
    return values.mean(), values.mean() - half, values.mean() + half


def t_of(values):
    return stats.t.ppf(0.975, len(values) - 1)


def mean_over_groups(gains, groups):
    values = gains.groupby(groups).mean()
    return interval(values, t_of(values) * values.sem())


def over_groups(half_of):
    """The same, with another half-width of the interval."""

    def answer(gains, groups):
        values = gains.groupby(groups).mean()
        return interval(values, half_of(values))

    return answer


EXERCISES = {
    "11: gains": Exercise(
        solution=gains_of,
        inputs=lambda: [
            (results(["food", "insects", "scenes"], 3, 0),),
            (results(["a", "b"], 5, 1),),
        ],
        read=by_target,
        wrong=[
            (lambda r: gains_of(r) / 100, "These are shares: points are a hundred times as many."),
            (lambda r: -gains_of(r), "That is fc7 over the full network: turn it round."),
            (lambda r: gains_of(r).mean(), "One number is left: group by the target, keep them."),
            (
                lambda r: gains_of(r, "max"),
                "You took the best draw of each, which flatters: average the draws.",
            ),
        ],
        right="Right. The draws of a target share its images: averaged first, a target is one "
        "observation.",
    ),
    "11: mean over groups": Exercise(
        solution=mean_over_groups,
        inputs=lambda: [gains_and_groups("aaaabbcde", 0), gains_and_groups("abcdeff", 1)],
        wrong=[
            (
                lambda gains, groups: interval(gains, t_of(gains) * gains.sem()),
                "Every target counted by itself: average each group first.",
            ),
            (
                over_groups(lambda values: 1.96 * values.sem()),
                "1.96 is for many units: of few, take stats.t.ppf(0.975, n - 1).",
            ),
            (
                over_groups(lambda values: t_of(values) * values.std()),
                "That is where single groups lie; the mean's error is smaller: sem().",
            ),
            (
                lambda gains, groups: interval(
                    gains.groupby(groups).mean(), t_of(gains) * gains.groupby(groups).mean().sem()
                ),
                "The degrees of freedom are those of groups, not of targets.",
            ),
        ],
        right="Right. With PACS as one, nine targets are left of twelve, and the interval says so.",
    ),
}
