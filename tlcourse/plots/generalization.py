"""Figures of generalisation: curves with bands, accuracy against distance, dumbbells."""

from tlcourse.plots.style import (
    SERIES,
    draw_band,
    finish,
    name_rows,
    new_axes,
    new_panels,
    write_beside,
)

CHANCE = "two halves of the source"


def plot_curves(curves, xlabel, ylabel="accuracy (%)", scale=100, ax=None):
    """Lines through means, with a band from the lowest to the highest draw.

    curves : ``{series: {x: values over draws}}``; the values are multiplied by ``scale``.
    """
    ax = ax or new_axes()
    for (name, points), series in zip(curves.items(), SERIES, strict=False):
        draw_band(ax, list(points), points.values(), series, name, scale)
    ax.legend()
    return finish(ax, "y", xlabel=xlabel, ylabel=ylabel)


def plot_in_panels(plot, panels, xlabel, height=5.0, **options):
    """The same kind of figure for several things side by side, with one legend and one scale.

    plot : a function of this module, which gets the options; panels : ``{title: its data}``;
    height : inches. Returns a Figure.
    """
    figure, [axes] = new_panels(len(panels), width=14, height=height, sharex=True, sharey=True)
    for ax, (title, data) in zip(axes, panels.items(), strict=True):
        plot(data, xlabel=xlabel, ax=ax, **options)
        ax.set_title(title)
    handles, labels = axes[0].get_legend_handles_labels()
    for ax in axes:
        ax.get_legend().remove()
    for ax in axes[1:]:
        ax.set_ylabel("")
    figure.legend(handles, labels, ncols=len(labels), loc="outside upper left")
    return figure


def plot_by_distance(dials, xlabel, ax=None):
    """Accuracy on test domains against their distance from the source, a line a dial.

    dials : ``{dial: [(distance, accuracies over draws in [0, 1]), ...]}``, from the source on;
    under ``CHANCE``, a float: the distance that two halves of the source reach by chance.
    """
    ax = ax or new_axes()
    chance = dials.get(CHANCE, 0.0)
    ax.axvspan(-chance, chance, color="0.85", zorder=0, label=CHANCE)
    lines = {name: points for name, points in dials.items() if name != CHANCE}
    for (name, points), (colour, marker, line) in zip(lines.items(), SERIES, strict=False):
        x = [distance for distance, _ in points]
        draws = [[100 * value for value in values] for _, values in points]
        means = [sum(values) / len(values) for values in draws]
        ax.vlines(x, list(map(min, draws)), list(map(max, draws)), colour, alpha=0.4)
        ax.plot(x, means, line, marker=marker, color=colour, label=name)
    ax.set_xscale("symlog", linthresh=0.01, linscale=0.8)
    ax.set_xticks([0, 0.01, 0.1], ["0", "0.01", "0.1"])
    ax.axhline(50, color="#6E6E6E", linestyle="dotted", linewidth=2)
    ax.legend()
    return finish(ax, xlabel=xlabel, ylabel="accuracy (%)")


def plot_dumbbells(rows, xlabel, ax=None, scale=100, digits=0):
    """A line a row between two or three measured things, each with the spread over draws.

    rows : ``{row: {thing: values over draws}}``, the same things in every row; the values are
    multiplied by ``scale`` and written with so many digits.
    """
    ax = ax or new_axes(height=1.8 + 0.8 * len(rows))
    for y, values in enumerate(rows.values()):
        means = [scale * sum(draws) / len(draws) for draws in values.values()]
        ax.hlines(y, min(means), max(means), "0.6", linewidth=1.5, zorder=0)
        for number, (name, draws) in enumerate(values.items()):
            colour, marker, _ = SERIES[number]
            ends = (scale * min(draws), scale * max(draws))
            ax.hlines(y, *ends, colour, linewidth=8, alpha=0.3)
            label = None if y else name
            ax.plot(means[number], y, marker, color=colour, ls="", markersize=11, label=label)
            text = f"{round(means[number], digits) + 0.0:.{digits}f}"  # no minus before a zero
            offset, side = ((0, -10), "top") if number % 2 else ((0, 10), "bottom")
            write_beside(ax, text, (means[number], y), offset, va=side, fontsize=14)
    name_rows(ax, rows, below=0.4, above=0.65)
    return finish(ax, "x", len(values), shade="0.9", xlabel=xlabel, xmargin=0.08)
