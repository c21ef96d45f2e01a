"""Curves with bands, and dumbbells."""

from tlcourse.plots.style import SERIES, draw_band, finish, name_rows, new_axes, write_beside


def plot_curves(curves, xlabel, ylabel="accuracy (%)", scale=100, ax=None):
    """Lines through means, with a band from the lowest to the highest draw.

    curves : ``{series: {x: values over draws}}``; the values are multiplied by ``scale``.
    """
    ax = ax or new_axes()
    for (name, points), series in zip(curves.items(), SERIES, strict=False):
        draw_band(ax, list(points), points.values(), series, name, scale)
    ax.legend()
    return finish(ax, "y", xlabel=xlabel, ylabel=ylabel)


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
