"""Figures of reuse against learning from scratch: images needed, cost to reach, settings."""

from tlcourse.plots.generalization import plot_curves
from tlcourse.plots.style import OKABE_ITO, new_axes

_LOOKS = (
    ("blue", "o", "-"),
    ("vermillion", "s", "--"),
    ("bluish green", "^", "-."),
    ("black", "D", ":"),
)


def plot_images_needed(by_volume, fewer=None, ax=None):
    """Accuracy against training images a class, with arrows from scratch to reuse.

    Parameters
    ----------
    by_volume : mapping of str to mapping of int to sequence of float
        ``{line: {images a class: accuracies over draws}}``; four lines at most.
    fewer : mapping of (float, float, float) to str, optional
        (accuracy, images of reuse, images from scratch) -> what is written at the arrow.
    ax : matplotlib Axes, optional

    Returns
    -------
    Axes
    """
    ax = plot_curves(by_volume, "training images a class", ax=ax)
    volumes = sorted({volume for line in by_volume.values() for volume in line})
    ax.set_xscale("log")
    ax.set_xticks(volumes, [str(volume) for volume in volumes], minor=False)
    ax.minorticks_off()
    for (accuracy, few, many), text in (fewer or {}).items():
        y = 100 * accuracy
        arrow = {"arrowstyle": "->", "linewidth": 2.2, "color": "0.25"}
        ax.annotate("", (few, y), (many, y), arrowprops=arrow)
        middle = (few * many) ** 0.5
        ax.annotate(text, (middle, y), (0, 6), textcoords="offset points", ha="center", fontsize=15)
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3)
    return ax


def plot_cost_to_reach(costs, ylabel, ax=None):
    """What each start spends until an accuracy is reached, against that accuracy.

    Parameters
    ----------
    costs : mapping of str to mapping of float to sequence of float
        ``{start: {accuracy: cost of each seed}}``; ``inf`` where a seed never got there, and a
        line ends where one did not. Four starts at most.
    ylabel : str
        What is spent, and its unit.
    ax : matplotlib Axes, optional

    Returns
    -------
    Axes
    """
    ax = ax or new_axes()
    for (name, line), (colour, marker, dashes) in zip(costs.items(), _LOOKS, strict=False):
        reached = {at: seeds for at, seeds in line.items() if max(seeds) < float("inf")}
        x = [100 * at for at in reached]
        low, high = (list(map(end, reached.values())) for end in (min, max))
        means = [sum(seeds) / len(seeds) for seeds in reached.values()]
        colour = OKABE_ITO[colour]
        ax.fill_between(x, low, high, color=colour, alpha=0.2, linewidth=0)
        ax.plot(x, means, color=colour, marker=marker, linestyle=dashes, label=name)
    ax.set_yscale("log")
    ax.set(xlabel="accuracy to be reached (%)", ylabel=ylabel)
    ax.grid(axis="y", color="0.88")
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3)
    return ax


def plot_settings(grids, chance=None, ax=None):
    """Every setting of each grid as a point, its middle half as a box, its median as a line.

    Parameters
    ----------
    grids : mapping of str to sequence of float
        ``{way of learning: accuracy of each setting}``, from 0 to 1.
    chance : float, optional
        Accuracy of guessing.
    ax : matplotlib Axes, optional

    Returns
    -------
    Axes
    """
    import numpy as np

    ax = ax or new_axes(height=2.2 + 0.9 * len(grids))
    for y, (values, (colour, marker, _)) in enumerate(zip(grids.values(), _LOOKS, strict=False)):
        values = 100 * np.sort(np.asarray(values, dtype=float))
        low, median, high = np.quantile(values, (0.25, 0.5, 0.75))
        colour = OKABE_ITO[colour]
        ax.barh(y, high - low, 0.62, left=low, color=colour, alpha=0.25)
        ax.vlines(median, y - 0.31, y + 0.31, color=colour, linewidth=3.5)
        offsets = 0.2 * np.resize([-1, 0, 1], len(values))
        ax.plot(values, y + offsets, marker, color=colour, markersize=8, alpha=0.8)
    if chance is not None:
        ax.axvline(100 * chance, color="#6E6E6E", linestyle="dotted", label="guessing")
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1))
    ax.set_yticks(range(len(grids)), grids)
    ax.set_ylim(len(grids) - 0.5, -0.5)
    ax.set_xlabel("accuracy of one setting (%)")
    ax.grid(axis="x", color="0.9")
    return ax
