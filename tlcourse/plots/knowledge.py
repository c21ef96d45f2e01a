"""Figures of what is inside a network: filters, receptive fields, probes, gains by layer."""

from tlcourse.plots.style import OKABE_ITO, PALETTE, new_axes

_LINES = (
    ("blue", "o", "-"),
    ("vermillion", "s", "--"),
    ("bluish green", "^", "-."),
    ("black", "D", ":"),
)

LEAST_RANGE = 0.15  # of accuracy, for a row that is the same everywhere

GAP = 1  # between two filters, in weights


def plot_filters(filters, flat_shares, ax=None):
    """The first layer's filters as small pictures, a row a network; grey is a weight of 0.

    Parameters
    ----------
    filters : mapping of str to ndarray of shape (units, rows, columns, 3)
        From -1 to 1; as many units for each network.
    flat_shares : mapping of str to ndarray of shape (units,)
        Written below each filter: "colour" where it is over a half, "edge" elsewhere.
    ax : matplotlib Axes, optional

    Returns
    -------
    Axes
    """

    import matplotlib.pyplot as plt

    units, side = next(iter(filters.values())).shape[:2]
    width, height = side + GAP, side + 2 * GAP
    if ax is None:
        size = (14, 14 * len(filters) * height / (units * width))
        ax = plt.subplots(figsize=size, layout="constrained")[1]
    for row, (name, weights) in enumerate(filters.items()):
        for unit, weight in enumerate(weights):
            left, top = unit * width, row * height
            place = (left, left + side, top + side, top)
            ax.imshow((1 + weight) / 2, extent=place, interpolation="nearest")
            kind = "colour" if flat_shares[name][unit] > 0.5 else "edge"
            ax.text(left + side / 2, top + side + 0.1, kind, ha="center", va="top", fontsize=14)
    ax.set_xlim(-0.2, units * width - GAP + 0.2)
    ax.set_ylim(len(filters) * height - GAP / 2, -0.2)
    ax.set_yticks([row * height + side / 2 for row in range(len(filters))], filters)
    ax.set_xticks([unit * width + side / 2 for unit in range(units)], range(units))
    ax.xaxis.tick_top()
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    return ax


def plot_receptive_fields(fields, picture, ax=None):
    """How many pixels of the picture, from edge to edge, one place of each layer depends on.

    Parameters
    ----------
    fields : mapping of str to ReceptiveField
    picture : int
        Side of the picture, in pixels.
    ax : matplotlib Axes, optional

    Returns
    -------
    Axes
    """
    ax = ax or new_axes(height=4.6)
    sides = [field.side for field in fields.values()]
    seen = [min(side, picture) for side in sides]
    whole = OKABE_ITO["orange"], OKABE_ITO["blue"]
    colours = [whole[side < picture] for side in sides]
    bars = ax.bar(range(len(sides)), seen, color=colours, edgecolor="black")
    for bar, side in zip(bars, sides, strict=True):
        bar.set_hatch("" if side < picture else "//")
    labels = [str(side) if side < picture else "all" for side in sides]
    ax.bar_label(bars, labels, fontsize=15, padding=2)
    ax.axhline(picture, color="black", linestyle="dotted", label="the whole picture")
    ax.set_xticks(range(len(sides)), fields, rotation=35, ha="right", rotation_mode="anchor")
    ax.set_ylabel("pixels seen, from edge to edge")
    ax.set_ylim(0, 1.15 * picture)
    ax.legend(loc="upper left")
    return ax


def plot_probes(lines, levels, ax=None):
    """Accuracy of every probe as a table: a row a property, a column a layer, the best framed.

    Parameters
    ----------
    lines : mapping of str to mapping of str to sequence of float
        ``{property: {layer: accuracy of each draw}}``, from 0 to 1.
    levels : mapping of str to sequence of str
        Level -> its properties; the rows in this order, properties of no level last.
    ax : matplotlib Axes, optional

    Returns
    -------
    Axes
    """
    import numpy as np

    level_of = {name: level for level, names in levels.items() for name in names}
    rows = [*level_of, *(name for name in lines if name not in level_of)]
    layers = list(lines[rows[0]])
    table = np.array([[np.mean(lines[name][layer]) for layer in layers] for name in rows])
    low, high = table.min(1, keepdims=True), table.max(1, keepdims=True)
    shades = (table - low) / np.maximum(high - low, LEAST_RANGE)
    ax = ax or new_axes(height=1.3 + 0.52 * len(rows))
    ax.imshow(shades, cmap="cividis", aspect="auto", vmin=0, vmax=1)
    for (row, column), value in np.ndenumerate(table):
        best = rows[row] in level_of and column == table[row].argmax()
        _write_accuracy(ax, row, column, value, shades[row, column] > 0.55, best)
    ax.set_yticks(range(len(rows)), [f"{name} ({level_of.get(name, 'control')})" for name in rows])
    ax.set_xticks(range(len(layers)), layers, rotation=35, ha="right", rotation_mode="anchor")
    edges = np.cumsum([len(names) for names in levels.values()]) - 0.5
    ax.hlines(edges[edges < len(rows) - 1], -0.5, len(layers) - 0.5, "white", linewidth=6)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    return ax


def _write_accuracy(ax, row, column, value, on_light, best):
    frame = {"boxstyle": "square", "facecolor": "none", "linewidth": 2.5} if best else None
    ax.text(
        column,
        row,
        f"{100 * value:.0f}",
        ha="center",
        va="center",
        color="black" if on_light else "white",
        fontweight="bold" if best else "normal",
        bbox=frame,
    )


def plot_gains(panels, ylabel, xlabel="", height=5.2):
    """Points above a reference, by layer or by set of layers, with the spread of the draws.

    Parameters
    ----------
    panels : mapping of str to mapping of str to mapping of str to sequence of float
        ``{title: {line: {layer: points of each draw}}}``; four lines a panel at most.
    ylabel, xlabel : str
    height : float
        Inches.

    Returns
    -------
    matplotlib Figure
    """
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(
        1, len(panels), figsize=(14, height), sharey=True, squeeze=False, layout="constrained"
    )
    for ax, (title, lines) in zip(axes[0], panels.items(), strict=True):
        _draw_gains(ax, lines)
        ax.set_title(title, pad=40)
        ax.set_xlabel(xlabel)
    axes[0, 0].set_ylabel(ylabel)
    return figure


def _draw_gains(ax, lines):
    for (name, points), (colour, marker, dashes) in zip(lines.items(), _LINES, strict=False):
        at, colour = range(len(points)), OKABE_ITO[colour]
        means = [sum(draws) / len(draws) for draws in points.values()]
        ends = [[end(draws) for draws in points.values()] for end in (min, max)]
        ax.fill_between(at, *ends, color=colour, alpha=0.2, linewidth=0)
        ax.plot(at, means, dashes, marker=marker, color=colour, label=name)
        ax.set_xticks(at, points, rotation=35, ha="right", rotation_mode="anchor")
    ax.axhline(0, color="black", linewidth=1.4)
    ax.grid(axis="y", color="0.88")
    ax.legend(ncols=len(lines), loc="lower left", bbox_to_anchor=(-0.02, 1), columnspacing=1)


_REUSE_LINES = (
    ("blue", "o", "-"),
    ("vermillion", "s", "--"),
    ("bluish green", "^", "-."),
    ("black", "D", ":"),
)

_MARKS = (
    ("vermillion", "X"),
    ("blue", "s"),
    ("sky blue", "o"),
    ("orange", "^"),
)


def plot_by_layer(accuracies, ax=None):
    """Accuracy of a linear classifier on what comes out of each layer, with the spread of draws.

    Parameters
    ----------
    accuracies : mapping of str to mapping of str to sequence of float
        ``{line: {layer: accuracy of each draw}}``, from 0 to 1; four lines at most.
    ax : matplotlib Axes, optional

    Returns
    -------
    Axes
    """
    ax = ax or new_axes()
    layers = list(dict.fromkeys(layer for line in accuracies.values() for layer in line))
    for (name, line), (colour, marker, dashes) in zip(
        accuracies.items(), _REUSE_LINES, strict=False
    ):
        at = [layers.index(layer) for layer in line]
        draws = [[100 * value for value in values] for values in line.values()]
        means = [sum(values) / len(values) for values in draws]
        colour = OKABE_ITO[colour]
        ax.fill_between(
            at, [min(v) for v in draws], [max(v) for v in draws], color=colour, alpha=0.2
        )
        ax.plot(at, means, dashes, marker=marker, color=colour, label=name)
    ax.set_xticks(range(len(layers)), layers, rotation=35, ha="right", rotation_mode="anchor")
    ax.set_ylabel("accuracy of a linear SVM (%)")
    ax.grid(axis="y", color="0.88")
    ax.set_ylim(bottom=0)
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
    return ax


def plot_accuracy_table(accuracies, chance=None):
    """A table of small figures: a row of them a task, a column a domain, in each what was tried.

    Parameters
    ----------
    accuracies : mapping of (str, str, str) to sequence of float
        ``{(row, column, what was tried): accuracy of each draw}``, from 0 to 1, complete; four
        things tried at most. A row may be called "" where there is one only.
    chance : mapping of str to float, optional
        Accuracy of guessing, by row.

    Returns
    -------
    matplotlib Figure
    """
    import matplotlib.pyplot as plt

    rows, columns, names = (list(dict.fromkeys(keys)) for keys in zip(*accuracies, strict=True))
    size = (plt.rcParams["figure.figsize"][0], 1.3 + 0.55 * len(names) * len(rows))
    shared = {"sharex": True, "sharey": True, "squeeze": False, "layout": "constrained"}
    figure, axes = plt.subplots(len(rows), len(columns), figsize=size, **shared)
    for row, line in zip(rows, axes, strict=True):
        for column, ax in zip(columns, line, strict=True):
            _draw_cell(ax, {name: accuracies[row, column, name] for name in names})
            if chance:
                ax.axvline(100 * chance[row], color=PALETTE["chance"], linestyle="dotted")
        line[0].set_ylabel(row, fontweight="bold", labelpad=14)
    for column, first, last in zip(columns, axes[0], axes[-1], strict=True):
        first.set_title(column)
        last.set_xlabel("accuracy (%)" + (", dotted: guessing" if chance else ""))
    return figure


def _draw_cell(ax, tried):
    for place, (values, (colour, marker)) in enumerate(zip(tried.values(), _MARKS, strict=False)):
        values, colour = [100 * value for value in values], OKABE_ITO[colour]
        mean = sum(values) / len(values)
        ax.hlines(place, min(values), max(values), colour, linewidth=7, alpha=0.35)
        ax.plot(mean, place, marker, color=colour, markersize=11)
        at_left = mean > 85
        ax.annotate(
            f"{mean:.0f}",
            (min(values) if at_left else max(values), place),
            (-9 if at_left else 9, 0),
            textcoords="offset points",
            ha="right" if at_left else "left",
            va="center",
            fontsize=14,
        )
    ax.set_yticks(range(len(tried)), tried)
    ax.set_ylim(len(tried) - 0.4, -0.6)
    ax.set_xlim(0, 103)
    ax.grid(axis="x", color="0.88")
