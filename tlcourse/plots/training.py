"""Figures of training: accuracy while it goes on, what it costs, and what policies come to.

Learning curves, images and updates needed, grids of settings.
"""

from tlcourse.plots.generalization import plot_curves
from tlcourse.plots.style import (
    PALETTE,
    SERIES,
    draw_band,
    finish,
    name_rows,
    new_axes,
    write_beside,
)


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


def plot_images_needed(by_volume, fewer, ax=None):
    """Accuracy against training images a class, with arrows from scratch to reuse.

    by_volume : ``{line: {images a class: accuracies over draws}}``; fewer : ``{(accuracy, images
    of reuse, images from scratch): what is written at the arrow}``.
    """
    ax = plot_curves(by_volume, "training images a class", ax=ax)
    volumes = sorted({volume for line in by_volume.values() for volume in line})
    ax.set_xscale("log")
    ax.set_xticks(volumes, [str(volume) for volume in volumes], minor=False)
    ax.minorticks_off()
    arrow = {"arrowstyle": "->", "linewidth": 2.2, "color": "0.25"}
    for (accuracy, few, many), text in fewer.items():
        y, middle = 100 * accuracy, (few * many) ** 0.5
        ax.annotate("", (few, y), (many, y), arrowprops=arrow)
        write_beside(ax, text, (middle, y), (0, 6), fontsize=15)
    return finish(ax, legend=3)


def plot_cost_to_reach(costs, ylabel, ax=None):
    """What each start spends until an accuracy is reached, against that accuracy.

    costs : ``{start: {accuracy: cost of each seed}}``; ``inf`` where a seed never got there, and a
    line ends where one did not. ylabel : what is spent, and its unit.
    """
    ax = ax or new_axes()
    for (name, line), series in zip(costs.items(), SERIES, strict=False):
        reached = {100 * at: seeds for at, seeds in line.items() if max(seeds) < float("inf")}
        draw_band(ax, list(reached), reached.values(), series, name, scale=1)
    xlabel = "accuracy to be reached (%)"
    return finish(ax, "y", 3, yscale="log", xlabel=xlabel, ylabel=ylabel)


def plot_settings(grids, chance, ax=None):
    """Every setting of each grid as a point, its middle half as a box, its median as a line.

    grids : ``{way of learning: accuracy of each setting}``, and chance, that of guessing: 0 to 1.
    """
    import numpy as np

    ax = ax or new_axes(height=2.2 + 0.9 * len(grids))
    for y, (values, (colour, marker, _)) in enumerate(zip(grids.values(), SERIES, strict=False)):
        values = 100 * np.sort(np.asarray(values, dtype=float))
        low, median, high = np.quantile(values, (0.25, 0.5, 0.75))
        ax.barh(y, high - low, 0.62, left=low, color=colour, alpha=0.25)
        ax.vlines(median, y - 0.31, y + 0.31, color=colour, linewidth=3.5)
        offsets = 0.2 * np.resize([-1, 0, 1], len(values))
        ax.plot(values, y + offsets, marker, color=colour, markersize=8, alpha=0.8)
    ax.axvline(100 * chance, color=PALETTE["chance"], linestyle="dotted", label="guessing")
    name_rows(ax, grids)
    return finish(ax, "x", 1, shade="0.9", xlabel="accuracy of one setting (%)")
