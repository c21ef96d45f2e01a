"""Learning curves: accuracy while training goes on, a line a thing, a band over the seeds."""

from tlcourse.plots.generalization import plot_curves
from tlcourse.plots.style import OKABE_ITO, PALETTE, new_axes

_LINES = (
    ("blue", "o", "-"),
    ("vermillion", "s", "--"),
    ("bluish green", "^", "-."),
    ("black", "D", ":"),
    ("reddish purple", "v", (0, (8, 2, 2, 2, 2, 2))),
    ("orange", "P", (0, (1, 1))),
    ("sky blue", "X", (0, (12, 3))),
)


def plot_learning_curves(
    curves, ax=None, xlabel="training images seen", chance=None, measured_on="validation"
):
    """Accuracy against what was spent: mean over the seeds, and a band from lowest to highest.

    A mean is drawn as far as all of its seeds went; where one ended before, the others go on as
    thin lines.

    Parameters
    ----------
    curves : mapping of str to sequence of (sequence of float, sequence of float)
        ``{line: [(x, accuracy) of each seed]}``; x does not fall, accuracies are from 0 to 1.
        Seven lines at most.
    ax : matplotlib Axes, optional
    xlabel : str
        What x is: images, seconds, steps, floating-point operations.
    chance : float, optional
        Accuracy of guessing.
    measured_on : {"validation", "test"}
        Which images the accuracies are of.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If there is no curve, or more lines than can be told apart.
    """
    if not 0 < len(curves) <= len(_LINES) or not all(curves.values()):
        raise ValueError(
            f"There are {len(curves)} lines: give 1 to {len(_LINES)}, each with a curve or more."
        )
    ax = ax or new_axes()
    for (name, seeds), look in zip(curves.items(), _LINES, strict=False):
        _draw(ax, name, seeds, *look)
    if chance is not None:
        ax.axhline(100 * chance, color=PALETTE["chance"], linestyle="dotted", label="guessing")
    ax.set(xlabel=xlabel, ylabel=f"{measured_on} accuracy (%)")
    ax.margins(x=0.02)
    ax.grid(axis="y", color="0.88")
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3)
    return ax


def mean_curve(seeds):
    """Mean, lowest and highest of several curves, as far as all of them go."""
    import numpy as np

    end = min(max(x) for x, _ in seeds)
    at = np.unique(np.concatenate([np.asarray(x, dtype=float) for x, _ in seeds]))
    at = at[at <= end]
    values = np.array([np.interp(at, *_last_of_equals(x, y)) for x, y in seeds])
    return at, values.mean(0), values.min(0), values.max(0)


def _draw(ax, name, seeds, colour, marker, dashes):
    at, mean, low, high = mean_curve(seeds)
    colour, every = OKABE_ITO[colour], max(1, len(at) // 8)
    style = {"linestyle": dashes, "marker": marker, "markevery": every}
    ax.fill_between(at, 100 * low, 100 * high, color=colour, alpha=0.2, linewidth=0)
    ax.plot(at, 100 * mean, color=colour, label=name, **style)
    for x, y in seeds:
        rest = [(a, 100 * b) for a, b in zip(x, y, strict=True) if a >= at[-1]]
        if len(rest) > 1:
            ax.plot(*zip(*rest, strict=True), color=colour, linewidth=1, linestyle=dashes)


def _last_of_equals(x, y):
    """A stage of training begins where the one before ended: of two points at one x the later."""
    points = dict(zip(map(float, x), map(float, y), strict=True))
    return list(points), list(points.values())


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


_COPIED = {
    "BnB": ("blue", "o", "-"),
    "BnB+": ("sky blue", "s", "--"),
    "AnB": ("vermillion", "^", "-"),
    "AnB+": ("orange", "D", "--"),
    "random": ("black", "v", ":"),
}


def plot_copied_layers(curves, ax=None, base=None):
    """Accuracy against the number of copied layers, as in Yosinski et al. 2014.

    Parameters
    ----------
    curves : mapping of str to mapping of int to sequence of float
        "BnB", "BnB+", "AnB", "AnB+", "random" -> {layers copied: accuracies over seeds}.
    ax : matplotlib Axes, optional
    base : float, optional
        Accuracy where nothing is copied.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If there is another curve.
    """
    unknown = [name for name in curves if name not in _COPIED]
    if unknown:
        raise ValueError(f"There is no curve {unknown[0]!r}: give {', '.join(_COPIED)}.")
    ax = ax or new_axes()
    for name, points in curves.items():
        colour, marker, line = _COPIED[name]
        draws = {n: [100 * value for value in values] for n, values in points.items()}
        means = [sum(values) / len(values) for values in draws.values()]
        ax.vlines(list(draws), *zip(*map(_ends, draws.values()), strict=True), OKABE_ITO[colour])
        ax.plot(list(draws), means, line, marker=marker, color=OKABE_ITO[colour], label=name)
    if base is not None:
        ax.axhline(100 * base, color=PALETTE["chance"], linestyle="dotted", label="nothing copied")
    ax.set(xlabel="layers copied from the bottom", ylabel="accuracy (%)")
    ax.grid(axis="y", color="0.88")
    ax.legend(ncols=3, loc="lower left", bbox_to_anchor=(0, 1))
    return ax


def plot_policy_cells(cells, tied):
    """A panel for each similarity and number of images: every run, and which policies lead.

    Parameters
    ----------
    cells : mapping of (str, int) to mapping of str to mapping
        As from ``tlcourse.finetuning.grid.grid_cells``.
    tied : mapping of (str, int) to list of str
        The policies of each cell that nothing is surely better than; the best first.

    Returns
    -------
    matplotlib Figure
    """
    import matplotlib.pyplot as plt

    rows, columns = (list(dict.fromkeys(key[axis] for key in cells)) for axis in (0, 1))
    policies = list(dict.fromkeys(policy for cell in cells.values() for policy in cell))
    size = (14, 1.2 + 0.5 * len(rows) * len(policies) + 0.6 * len(rows))
    figure, axes = plt.subplots(
        len(rows), len(columns), figsize=size, sharex=True, sharey=True, layout="constrained"
    )
    axes = axes.reshape(len(rows), len(columns))
    for line, similarity in zip(axes, rows, strict=True):
        for ax, n in zip(line, columns, strict=True):
            _draw_cell(ax, cells[similarity, n], tied[similarity, n], policies)
            ax.set_title(f"{similarity} source, {n} a class", fontsize=16)
    axes[0, 0].set_ylim(len(policies) - 0.5, -0.5)
    figure.supxlabel("accuracy (%): a full mark leads or ties with the leader")
    return figure


def _draw_cell(ax, cell, tied, policies):
    for y, policy in enumerate(policies):
        values = [100 * value for value in cell[policy].values()]
        colour = OKABE_ITO["blue" if policy in tied else "black"]
        mean, marker = sum(values) / len(values), "*" if policy == tied[0] else "o"
        ax.plot(values, [y] * len(values), "|", color=colour, markersize=12)
        face = colour if policy in tied else "white"
        ax.plot(mean, y, marker, color=colour, markerfacecolor=face, markersize=13)
    ax.set_yticks(range(len(policies)), policies)
    ax.grid(axis="x", color="0.88")


def plot_trade_off(measured):
    """Parameters to learn, time of an epoch, and two kinds of error, side by side.

    Parameters
    ----------
    measured : mapping of str to mapping of str to float
        Choice -> "parameters", "seconds an epoch", "bias", "variance"; the last two in [0, 1].

    Returns
    -------
    matplotlib Figure
    """
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(
        1, 3, figsize=(14, 1.8 + 0.75 * len(measured)), sharey=True, layout="constrained"
    )
    for ax, what in zip(axes, ("parameters", "seconds an epoch"), strict=False):
        values = [choice[what] for choice in measured.values()]
        ax.barh(range(len(values)), values, height=0.6, color=OKABE_ITO["blue"])
        for y, value in enumerate(values):
            text = f" {value:,.0f}" if what == "parameters" else f" {value:.2g}"
            ax.text(value, y, text, va="center", fontsize=14)
        ax.set(title=what, xlim=(0, 1.5 * max(values)), xticks=[])
    for shift, what, words, colour, hatch in (
        (-0.2, "bias", "bias: most draws are wrong", "vermillion", ""),
        (0.2, "variance", "variance: a draw differs from most", "sky blue", "//"),
    ):
        values = [100 * choice[what] for choice in measured.values()]
        places = [y + shift for y in range(len(values))]
        axes[2].barh(places, values, 0.38, color=OKABE_ITO[colour], hatch=hatch, label=words)
        for y, value in zip(places, values, strict=True):
            axes[2].text(value, y, f" {value:.0f}", va="center", fontsize=14)
    axes[2].set_title("share of images, of answers (%)")
    axes[2].legend(loc="upper left", bbox_to_anchor=(0, -0.12))
    axes[2].margins(x=0.15)
    axes[0].set_yticks(range(len(measured)), measured)
    axes[0].set_ylim(len(measured) - 0.5, -0.5)
    return figure


def _ends(values):
    return min(values), max(values)
