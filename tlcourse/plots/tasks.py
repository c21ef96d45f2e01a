"""Figures of tasks: who is called what under a label space, and what reuse of f_S gives."""

from tlcourse.plots.style import OKABE_ITO, PALETTE, new_axes

LOOKS = (("vermillion", "X"), ("sky blue", "s"), ("blue", "o"), ("black", "D"))


def plot_confusion(truth, predicted, labels, ax=None, title=""):
    """How often pictures of each true label got each label, in percent of the true label.

    Parameters
    ----------
    truth, predicted : sequences of str, shape (n,)
    labels : sequence of str
        Columns; the rows are those that occur in ``truth``.
    ax : matplotlib Axes, optional
    title : str

    Returns
    -------
    Axes
    """
    from sklearn.metrics import confusion_matrix

    ax = ax or new_axes(height=3.4)
    labels = list(labels)
    shares = 100 * confusion_matrix(truth, predicted, labels=labels, normalize="true")
    rows = [row for row, label in enumerate(labels) if label in set(truth)]
    ax.imshow(shares[rows], cmap="Blues", vmin=0, vmax=100, aspect="auto")
    for place, row in enumerate(rows):
        for column, share in enumerate(shares[row]):
            ink = "white" if share > 55 else "black"
            weight = "bold" if row == column else "normal"
            text = {"ha": "center", "va": "center", "color": ink, "fontsize": 20}
            ax.text(column, place, f"{share:.0f}%", text, weight=weight)
            if row == column:
                _frame(ax, column, place)
    ax.set_xticks(range(len(labels)), labels)
    ax.set_yticks(range(len(rows)), [labels[row] for row in rows])
    ax.tick_params(length=0)
    ax.set_xlabel("f_S says")
    ax.set_ylabel("the truth")
    ax.set_title(title)
    return ax


def plot_in_two_label_spaces(sample, functions):
    """What functions learned on species say of other species: under species, and under kind.

    Parameters
    ----------
    sample : tlcourse.tasks.Sample
    functions : sequence of tlcourse.tasks.PredictiveFunction

    Returns
    -------
    matplotlib Figure
    """
    import matplotlib.pyplot as plt
    import numpy as np

    figure, axes = plt.subplots(
        1, 2, figsize=(13, 3.6), width_ratios=[1.7, 1], layout="constrained"
    )
    for ax, space in zip(axes, ("species", "kind"), strict=True):
        read = [f.read_as(space) for f in functions]
        truth = np.tile(sample.labels(space), len(read))
        labels = list(dict.fromkeys([*read[0].names, *truth.tolist()]))
        predicted = np.concatenate([f.predict(sample) for f in read])
        plot_confusion(truth, predicted, labels, ax, "Y = {" + ", ".join(labels) + "}")
    return figure


def plot_called(shares, pictures, xlabel, ax=None):
    """One row for each group of pictures: an example, and how often f gives it a label.

    Parameters
    ----------
    shares : mapping of str to sequence of float
        ``{group: shares over seeds}``, each in [0, 1].
    pictures : mapping of str to PIL image
    xlabel : str
    ax : matplotlib Axes, optional

    Returns
    -------
    Axes
    """
    from matplotlib.offsetbox import AnnotationBbox, OffsetImage

    ax = ax or new_axes(height=1.2 + 0.66 * len(shares))
    for row, (name, values) in enumerate(shares.items()):
        mean = 100 * sum(values) / len(values)
        ax.barh(row, mean, height=0.5, color=OKABE_ITO["sky blue"])
        ax.plot([100 * value for value in values], [row] * len(values), "|", color="black", ms=14)
        thumbnail = OffsetImage(pictures[name], zoom=0.62)
        box = {"xybox": (-26, 0), "boxcoords": "offset points", "frameon": False}
        ax.add_artist(AnnotationBbox(thumbnail, (0, row), annotation_clip=False, **box))
    ax.axvline(50, color=PALETTE["chance"], linestyle="dotted")
    ax.set_yticks(range(len(shares)), shares)
    ax.tick_params(axis="y", length=0, pad=52)
    ax.set_ylim(len(shares) - 0.5, -0.5)
    ax.set_xlim(0, 100)
    ax.set_xlabel(xlabel)
    return ax


def plot_reuse(accuracies, ax=None, ylabel="accuracy (%)"):
    """Accuracy of each way to reuse f_S on each target: a mark a seed, their mean, its number.

    Parameters
    ----------
    accuracies : mapping of (str, str) to sequence of float
        ``{(target, way): accuracies over seeds}``, each in [0, 1]; at most four ways.
    ax : matplotlib Axes, optional
    ylabel : str

    Returns
    -------
    Axes
    """
    targets = list(dict.fromkeys(target for target, _ in accuracies))
    ways = list(dict.fromkeys(way for _, way in accuracies))
    ax = ax or new_axes()
    step = 0.84 / len(ways)
    for number, (way, (colour, marker)) in enumerate(zip(ways, LOOKS, strict=False)):
        offset = (number - (len(ways) - 1) / 2) * step
        for index, target in enumerate(targets):
            values = [100 * value for value in accuracies[target, way]]
            label, x, mean = None if index else way, index + offset, sum(values) / len(values)
            hue = OKABE_ITO[colour]
            ax.vlines(x, min(values), max(values), hue, linewidth=5, alpha=0.35)
            ax.plot([x] * len(values), values, "_", color=hue, markersize=12)
            ax.plot(x, mean, marker, color=hue, label=label, markersize=11, linestyle="none")
            text = {"xytext": (0, 9), "textcoords": "offset points", "ha": "center"}
            ax.annotate(f"{mean:.0f}", (x, max(values)), **text)
    ax.axhline(50, color=PALETTE["chance"], linestyle="dotted", label="guessing")
    ax.set_xticks(range(len(targets)), targets)
    ax.set_ylabel(ylabel)
    ax.margins(y=0.15)
    ax.grid(axis="y", color="0.88")
    ax.legend(ncols=3, loc="lower left", bbox_to_anchor=(0, 1))
    return ax


def _frame(ax, column, row):
    from matplotlib.patches import Rectangle

    corner = (column - 0.47, row - 0.46)
    ax.add_patch(Rectangle(corner, 0.94, 0.92, fill=False, edgecolor=OKABE_ITO["orange"], lw=4))
