"""Figures of training: accuracy while it goes on."""

from tlcourse.plots.style import PALETTE, SERIES, finish, new_axes


def plot_learning_curves(
    curves, ax=None, xlabel="training images seen", chance=None, measured_on="validation"
):
    """Accuracy against what was spent: mean over the seeds, and a band from lowest to highest.

    curves : ``{line: [(x, accuracy) of each seed]}``; x does not fall, accuracies are from 0 to 1;
    ValueError unless there are one to seven lines, each with a curve. A mean is drawn as far as
    all of its seeds went; where one ended before, the others go on as thin lines. chance :
    accuracy of guessing; measured_on : "validation" or "test", for the label.
    """
    if not 0 < len(curves) <= len(SERIES) or not all(curves.values()):
        raise ValueError(
            f"There are {len(curves)} lines: give 1 to {len(SERIES)}, each with a curve or more."
        )
    ax = ax or new_axes()
    for (name, seeds), (colour, marker, dashes) in zip(curves.items(), SERIES, strict=False):
        at, mean, low, high = mean_curve(seeds)
        ax.fill_between(at, 100 * low, 100 * high, color=colour, alpha=0.2, linewidth=0)
        style = {"color": colour, "linestyle": dashes}
        marks = {"marker": marker, "markevery": max(1, len(at) // 8)}
        ax.plot(at, 100 * mean, label=name, **style, **marks)
        for x, y in seeds:
            rest = [(a, 100 * b) for a, b in zip(x, y, strict=True) if a >= at[-1]]
            if len(rest) > 1:
                ax.plot(*zip(*rest, strict=True), linewidth=1, **style)
    if chance is not None:
        ax.axhline(100 * chance, color=PALETTE["chance"], linestyle="dotted", label="guessing")
    return finish(ax, "y", 3, xlabel=xlabel, ylabel=f"{measured_on} accuracy (%)", xmargin=0.02)


def mean_curve(seeds):
    """Where, mean, lowest and highest of several curves, as far as all of them go."""
    import numpy as np

    end = min(max(x) for x, _ in seeds)
    at = np.unique(np.concatenate([np.asarray(x, dtype=float) for x, _ in seeds]))
    at = at[at <= end]
    # A stage of training begins where the one before ended: of two points at one x the later.
    points = [dict(zip(map(float, x), map(float, y), strict=True)) for x, y in seeds]
    values = np.array([np.interp(at, list(each), list(each.values())) for each in points])
    return at, values.mean(0), values.min(0), values.max(0)
