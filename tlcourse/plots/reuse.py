"""Figures of a network cut in two: separability by layer, tasks by domains."""

from tlcourse.plots.style import OKABE_ITO, PALETTE, new_axes

_LINES = (
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
    for (name, line), (colour, marker, dashes) in zip(accuracies.items(), _LINES, strict=False):
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
