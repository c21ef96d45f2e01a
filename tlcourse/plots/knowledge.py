"""Figures of what can be read from a network: accuracy by layer, and by task and domain."""

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

_TRIED = (("vermillion", "X"), ("blue", "s"), ("sky blue", "o"), ("orange", "^"))


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
