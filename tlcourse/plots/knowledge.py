"""Figures of what is inside a network: filters, receptive fields, probes, accuracy by layer."""

from tlcourse.plots.style import (
    OKABE_ITO,
    PALETTE,
    SERIES,
    TILTED,
    draw_band,
    finish,
    keys_of,
    name_rows,
    new_axes,
    new_panels,
    write_beside,
)

_LEAST_RANGE = 0.15  # of accuracy, for a row that is the same everywhere
_GAP = 1  # between two filters, in weights
_TRIED = (("vermillion", "X"), ("blue", "s"), ("sky blue", "o"), ("orange", "^"))


def plot_filters(filters, flat_shares, ax=None):
    """The first layer's filters as small pictures, a row a network; grey is a weight of 0.

    filters : ``{network: ndarray of shape (units, rows, columns, 3)}``, from -1 to 1;
    flat_shares : ``{network: ndarray of shape (units,)}``; "colour" is written below a filter
    where it is over a half, "edge" elsewhere.
    """
    units, side = next(iter(filters.values())).shape[:2]
    width, height = side + _GAP, side + 2 * _GAP
    if ax is None:
        ax = new_panels(1, width=14, height=14 * len(filters) * height / (units * width))[1][0, 0]
    for row, (name, weights) in enumerate(filters.items()):
        for unit, weight in enumerate(weights):
            left, top = unit * width, row * height
            place = (left, left + side, top + side, top)
            ax.imshow((1 + weight) / 2, extent=place, interpolation="nearest")
            kind = "colour" if flat_shares[name][unit] > 0.5 else "edge"
            ax.text(left + side / 2, top + side + 0.1, kind, ha="center", va="top", fontsize=14)
    ax.set(xlim=(-0.2, units * width - _GAP + 0.2), ylim=(len(filters) * height - _GAP / 2, -0.2))
    ax.set_yticks([row * height + side / 2 for row in range(len(filters))], filters)
    ax.set_xticks([unit * width + side / 2 for unit in range(units)], range(units))
    ax.xaxis.tick_top()
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    return ax


def plot_receptive_fields(fields, picture, ax=None):
    """How many pixels of the picture, from edge to edge, one place of each layer depends on.

    fields : ``{layer: ReceptiveField}``; picture : its side, in pixels.
    """
    ax = ax or new_axes(height=4.6)
    sides = [field.side for field in fields.values()]
    looks = ((OKABE_ITO["orange"], "//"), (OKABE_ITO["blue"], ""))  # the whole picture, a part
    colours, hatches = zip(*(looks[side < picture] for side in sides), strict=True)
    seen = [min(side, picture) for side in sides]
    bars = ax.bar(range(len(sides)), seen, color=colours, hatch=hatches, edgecolor="black")
    labels = [str(side) if side < picture else "all" for side in sides]
    ax.bar_label(bars, labels, fontsize=15, padding=2)
    ax.axhline(picture, color="black", linestyle="dotted", label="the whole picture")
    ax.set_xticks(range(len(sides)), fields, **TILTED)
    ax.legend(loc="upper left")
    return finish(ax, ylabel="pixels seen, from edge to edge", ylim=(0, 1.15 * picture))


def plot_probes(lines, levels, ax=None):
    """Accuracy of every probe as a table: a row a property, a column a layer, the best framed.

    lines : ``{property: {layer: accuracy of each draw}}``, from 0 to 1; levels : ``{level: its
    properties}``, the rows in this order; properties of no level come last, as controls.
    """
    import numpy as np

    level_of = {name: level for level, names in levels.items() for name in names}
    rows = [*level_of, *(name for name in lines if name not in level_of)]
    layers = list(lines[rows[0]])
    table = np.array([[np.mean(lines[name][layer]) for layer in layers] for name in rows])
    low, high = table.min(1, keepdims=True), table.max(1, keepdims=True)
    shades = (table - low) / np.maximum(high - low, _LEAST_RANGE)
    ax = ax or new_axes(height=1.3 + 0.52 * len(rows))
    ax.imshow(shades, cmap="cividis", aspect="auto", vmin=0, vmax=1)
    framed = {"boxstyle": "square", "facecolor": "none", "linewidth": 2.5}
    for (row, column), value in np.ndenumerate(table):
        best = rows[row] in level_of and column == table[row].argmax()
        look = {"fontweight": "bold", "bbox": framed} if best else {}
        colour = "black" if shades[row, column] > 0.55 else "white"
        text = f"{100 * value:.0f}"
        ax.text(column, row, text, ha="center", va="center", color=colour, **look)
    ax.set_yticks(range(len(rows)), [f"{name} ({level_of.get(name, 'control')})" for name in rows])
    ax.set_xticks(range(len(layers)), layers, **TILTED)
    edges = np.cumsum([len(names) for names in levels.values()]) - 0.5
    ax.hlines(edges[edges < len(rows) - 1], -0.5, len(layers) - 0.5, "white", linewidth=6)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    return ax


def plot_gains(panels, ylabel):
    """Points above a reference, by layer or by set of layers, with the spread of the draws.

    panels : ``{title: {line: {layer: points of each draw}}}``. Returns a Figure.
    """
    figure, [axes] = new_panels(len(panels), width=14, height=5.2, sharey=True)
    for ax, (title, lines) in zip(axes, panels.items(), strict=True):
        for (name, points), series in zip(lines.items(), SERIES, strict=False):
            draw_band(ax, range(len(points)), points.values(), series, name, scale=1)
            ax.set_xticks(range(len(points)), points, **TILTED)
        ax.axhline(0, color="black", linewidth=1.4)
        place = {"loc": "lower left", "bbox_to_anchor": (-0.02, 1), "columnspacing": 1}
        finish(ax, "y").legend(ncols=len(lines), **place)
        ax.set_title(title, pad=40)
    axes[0].set_ylabel(ylabel)
    return figure


def plot_by_layer(accuracies, ax=None):
    """Accuracy of a linear classifier on what comes out of each layer, with the spread of draws.

    accuracies : ``{line: {layer: accuracy of each draw}}``, from 0 to 1.
    """
    ax = ax or new_axes()
    layers = list(dict.fromkeys(layer for line in accuracies.values() for layer in line))
    for (name, line), series in zip(accuracies.items(), SERIES, strict=False):
        draw_band(ax, list(map(layers.index, line)), line.values(), series, name, edge=1)
    ax.set_xticks(range(len(layers)), layers, **TILTED)
    ax.set_ylim(bottom=0)
    return finish(ax, "y", 2, ylabel="accuracy of a linear SVM (%)")


def plot_accuracy_table(accuracies, chance=None):
    """A table of small figures: a row of them a task, a column a domain, in each what was tried.

    accuracies : ``{(row, column, what was tried): accuracy of each draw}``, from 0 to 1, complete;
    four things tried at most; a row may be called "" where there is one only. chance : ``{row:
    accuracy of guessing}``. Returns a Figure.
    """
    rows, columns, names = keys_of(accuracies)
    height = 1.3 + 0.55 * len(names) * len(rows)
    figure, axes = new_panels(len(columns), len(rows), height=height, sharex=True, sharey=True)
    for row, line in zip(rows, axes, strict=True):
        for column, ax in zip(columns, line, strict=True):
            _draw_tried(ax, {name: accuracies[row, column, name] for name in names})
            if chance:
                ax.axvline(100 * chance[row], color=PALETTE["chance"], linestyle="dotted")
        line[0].set_ylabel(row, fontweight="bold", labelpad=14)
    for column, first, last in zip(columns, axes[0], axes[-1], strict=True):
        first.set_title(column)
        last.set_xlabel("accuracy (%)" + (", dotted: guessing" if chance else ""))
    return figure


def _draw_tried(ax, tried):
    for place, (values, (colour, marker)) in enumerate(zip(tried.values(), _TRIED, strict=False)):
        values, colour = [100 * value for value in values], OKABE_ITO[colour]
        mean = sum(values) / len(values)
        ax.hlines(place, min(values), max(values), colour, linewidth=7, alpha=0.35)
        ax.plot(mean, place, marker, color=colour, markersize=11)
        end, aside = (min(values), -9) if mean > 85 else (max(values), 9)
        write_beside(ax, f"{mean:.0f}", (end, place), (aside, 0), fontsize=14)
    name_rows(ax, tried, below=0.4, above=0.6)
    finish(ax, "x", xlim=(0, 103))
