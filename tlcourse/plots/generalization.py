"""Figures of generalisation: curves with bands, accuracy against distance, dumbbells."""

from tlcourse.plots.style import OKABE_ITO, new_axes

CHANCE = "two halves of the source"
_SERIES = (
    ("blue", "o", "-"),
    ("vermillion", "s", "--"),
    ("bluish green", "^", "-."),
    ("black", "D", ":"),
)


def plot_curves(curves, xlabel, ylabel="accuracy (%)", scale=100, ax=None):
    """Lines through means, with a band from the lowest to the highest draw.

    Parameters
    ----------
    curves : mapping of str to mapping of float to sequence of float
        ``{series: {x: values over draws}}``; four series at most.
    xlabel, ylabel : str
    scale : float
        What the values are multiplied by.
    ax : matplotlib Axes, optional

    Returns
    -------
    Axes
    """
    ax = ax or new_axes()
    for (name, points), (colour, marker, line) in zip(curves.items(), _SERIES, strict=False):
        x, values = list(points), [[scale * float(v) for v in draws] for draws in points.values()]
        means = [sum(draws) / len(draws) for draws in values]
        low, high = (list(map(end, values)) for end in (min, max))
        ax.fill_between(x, low, high, color=OKABE_ITO[colour], alpha=0.2, linewidth=0)
        ax.plot(x, means, line, marker=marker, color=OKABE_ITO[colour], label=name)
    ax.set(xlabel=xlabel, ylabel=ylabel)
    ax.grid(axis="y", color="0.88")
    ax.legend()
    return ax


def plot_in_panels(plot, panels, xlabel, height=5.0, share_x=True, **options):
    """The same kind of figure for several things side by side, with one legend and one scale.

    Parameters
    ----------
    plot : function
        One of this module.
    panels : mapping of str to data
        Title -> what ``plot`` takes.
    xlabel : str
    height : float
        Inches.
    share_x : bool
    **options
        For ``plot``.

    Returns
    -------
    matplotlib Figure
    """
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(
        1, len(panels), figsize=(14, height), sharex=share_x, sharey=True, layout="constrained"
    )
    for ax, (title, data) in zip(axes, panels.items(), strict=True):
        plot(data, xlabel=xlabel, ax=ax, **options)
        ax.set_title(title)
        if ax is not axes[0]:
            ax.set_ylabel("")
    handles, labels = axes[0].get_legend_handles_labels()
    for ax in axes:
        ax.get_legend().remove()
    figure.legend(handles, labels, ncols=len(labels), loc="outside upper left")
    return figure


def plot_by_distance(dials, xlabel, ax=None):
    """Accuracy on test domains against their distance from the source, a line a dial.

    Parameters
    ----------
    dials : mapping of str to sequence of (float, sequence of float)
        Name of the dial -> (distance, accuracies over draws in [0, 1]), from the source on. Under
        ``CHANCE``, a float: the distance that two halves of the source reach by chance.
    xlabel : str
    ax : matplotlib Axes, optional

    Returns
    -------
    Axes
    """
    ax = ax or new_axes()
    chance = dials.get(CHANCE, 0.0)
    ax.axvspan(-chance, chance, color="0.85", zorder=0, label=CHANCE)
    lines = {name: points for name, points in dials.items() if name != CHANCE}
    for (name, points), (colour, marker, line) in zip(lines.items(), _SERIES, strict=False):
        x = [distance for distance, _ in points]
        draws = [[100 * value for value in values] for _, values in points]
        means = [sum(values) / len(values) for values in draws]
        ax.vlines(x, list(map(min, draws)), list(map(max, draws)), OKABE_ITO[colour], alpha=0.4)
        ax.plot(x, means, line, marker=marker, color=OKABE_ITO[colour], label=name)
    ax.set_xscale("symlog", linthresh=0.01, linscale=0.8)
    ax.set_xticks([0, 0.01, 0.1], ["0", "0.01", "0.1"])
    ax.axhline(50, color="#6E6E6E", linestyle="dotted", linewidth=2)
    ax.set(xlabel=xlabel, ylabel="accuracy (%)")
    ax.legend()
    return ax


def plot_dumbbells(rows, xlabel, ax=None, scale=100, digits=0):
    """A line a row between two or three measured things, each with the spread over draws.

    Parameters
    ----------
    rows : mapping of str to mapping of str to sequence of float
        ``{row: {thing: values over draws}}``; the same things in every row, four at most.
    xlabel : str
    ax : matplotlib Axes, optional
    scale : float
        What the values are multiplied by.
    digits : int
        Decimals of the numbers in the figure.

    Returns
    -------
    Axes
    """
    ax = ax or new_axes(height=1.8 + 0.8 * len(rows))
    for y, values in enumerate(rows.values()):
        means = [scale * sum(draws) / len(draws) for draws in values.values()]
        ax.hlines(y, min(means), max(means), "0.6", linewidth=1.5, zorder=0)
        for number, (name, draws) in enumerate(values.items()):
            colour, marker, _ = _SERIES[number]
            ends = (scale * min(draws), scale * max(draws))
            ax.hlines(y, *ends, OKABE_ITO[colour], linewidth=8, alpha=0.3)
            style = {"color": OKABE_ITO[colour], "ls": "", "markersize": 11}
            ax.plot(means[number], y, marker, label=None if y else name, **style)
            _write(ax, means[number], y, digits, above=number % 2 == 0)
    ax.set_yticks(range(len(rows)), rows)
    ax.set_ylim(len(rows) - 0.4, -0.65)
    ax.margins(x=0.08)
    ax.set_xlabel(xlabel)
    ax.grid(axis="x", color="0.9")
    ax.legend(ncols=len(values), loc="lower left", bbox_to_anchor=(0, 1))
    return ax


def _write(ax, x, y, digits, above):
    ax.annotate(
        f"{round(x, digits) + 0.0:.{digits}f}",  # + 0.0: no minus sign before a zero
        (x, y),
        (0, 10 if above else -10),
        textcoords="offset points",
        ha="center",
        va="bottom" if above else "top",
        fontsize=14,
    )
