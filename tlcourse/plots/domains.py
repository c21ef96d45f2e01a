"""Figures of domains and tasks: what a feature space is made of, P(X), and what f says.

Pictures as numbers, samples with their densities, distances beside those by chance; confusions
in one label space or two, and what reusing f is worth.
"""

from tlcourse.plots.style import (
    OKABE_ITO,
    PALETTE,
    draw_draws,
    finish,
    keys_of,
    name_rows,
    new_axes,
    new_panels,
)

_SAMPLES = (
    (OKABE_ITO["blue"], "o", "solid"),
    (OKABE_ITO["orange"], "s", "dashed"),
    (OKABE_ITO["bluish green"], "^", "dotted"),
)
_WAYS = (("vermillion", "X"), ("sky blue", "s"), ("blue", "o"), ("black", "D"))


def plot_tensor(image, corner=(28, 28), size=6):
    """A picture (PIL, RGB), and a square of it as the numbers that it is made of.

    corner : column and row of its upper left pixel; size : pixels of its side. Returns a Figure.
    """
    import matplotlib.pyplot as plt
    import numpy as np

    pixels, (left, top) = np.asarray(image), corner
    figure, [axes] = new_panels(4, width=15, height=4.1)
    axes[0].imshow(pixels)
    for colour, width in (("white", 4), ("black", 2)):
        look = {"fill": False, "edgecolor": colour, "lw": width}
        axes[0].add_patch(plt.Rectangle((left - 0.5, top - 0.5), size, size, **look))
    axes[0].set(title=" x ".join(map(str, pixels.shape)), xticks=[], yticks=[])
    for channel, name in enumerate(("red", "green", "blue")):
        part = pixels[top : top + size, left : left + size, channel]
        shades = np.zeros((*part.shape, 3), dtype=np.uint8)
        shades[..., channel] = part
        axes[channel + 1].imshow(shades)
        for (row, column), value in np.ndenumerate(part):
            ink = "black" if channel == 1 and value > 140 else "white"
            place = {"ha": "center", "va": "center", "color": ink, "fontsize": 14}
            axes[channel + 1].text(column, row, value, place)
        axes[channel + 1].set(title=name, xticks=[], yticks=[])
    return figure


def plot_content_vectors(matrix, words, sentences, ax=None):
    """Sentences as rows of numbers, shape (sentences, words): a column a word; zeros are empty."""
    import textwrap

    ax = ax or new_axes(height=1.6 + 0.85 * len(sentences))
    ax.imshow(matrix, cmap="Blues", vmin=0, aspect="auto")
    for row, values in enumerate(matrix):
        for column, value in enumerate(values):
            if value:
                colour = "white" if value > 0.45 else "black"
                place = {"ha": "center", "va": "center", "fontsize": 14, "color": colour}
                ax.text(column, row, f"{value:.2f}", place)
    ax.set_xticks(range(len(words)), words, rotation=40, ha="left", rotation_mode="anchor")
    ax.xaxis.tick_top()
    ax.set_yticks(range(len(sentences)), [textwrap.fill(line, 34) for line in sentences])
    ax.tick_params(length=0, labelsize=14)
    ax.set_xticks([edge + 0.5 for edge in range(len(words) - 1)], minor=True)
    ax.grid(which="minor", axis="x", color="0.85", linewidth=1)
    ax.tick_params(which="minor", length=0)
    return ax


def plot_pictures(rows, ax=None):
    """One row of pictures for each name, as long as the shortest; PIL images of one size."""
    import numpy as np

    ax = ax or new_axes(height=1.4 * len(rows))
    shortest = min(len(pictures) for pictures in rows.values())
    strips = [np.hstack([np.asarray(p) for p in row[:shortest]]) for row in rows.values()]
    side = strips[0].shape[0]
    gap = np.full((side // 12, *strips[0].shape[1:]), 255, dtype=np.uint8)
    ax.imshow(np.vstack([part for strip in strips for part in (strip, gap)][:-1]))
    ax.set_xticks([])
    ax.set_yticks([(side + len(gap)) * (row + 0.45) for row in range(len(rows))], rows)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    return ax


def plot_density(points, xlabel="", ylabel="", ax=None):
    """P(X) in two dimensions: each sample as points, its density as contours.

    points : ``{name: array-like of shape (n, 2)}``, three at most. The density is a Gaussian
    kernel estimate (``scipy.stats.gaussian_kde``); its contours hold the regions of highest
    density with half, and with nine tenths, of the sample; there are none where it has no area.
    """
    import numpy as np
    from matplotlib.lines import Line2D

    ax = ax or new_axes()
    handles = []
    for (name, sample), (colour, marker, line) in zip(points.items(), _SAMPLES, strict=False):
        sample = np.asarray(sample, dtype=float).reshape(-1, 2).T
        ax.plot(*sample, marker, color=colour, alpha=0.45, markersize=6)
        _draw_contours(ax, sample, colour, line)
        handles.append(Line2D([], [], label=name, color=colour, marker=marker, linestyle=line))
    ax.set(xlabel=xlabel, ylabel=ylabel)
    ax.legend(handles=handles, loc="lower left", bbox_to_anchor=(0, 1), ncols=len(handles))
    return ax


def _draw_contours(ax, sample, colour, line):
    """Contours around half and nine tenths of a sample; nothing where it has no area."""
    import numpy as np
    from scipy.stats import gaussian_kde

    try:
        density = gaussian_kde(sample)
    except (np.linalg.LinAlgError, ValueError):
        return
    levels = np.quantile(density(sample), (0.1, 0.5))
    if not 0 < levels[0] < levels[1]:
        return
    sides = [(v.min() - 0.3 * np.ptp(v), v.max() + 0.3 * np.ptp(v)) for v in sample]
    across, up = (np.linspace(*ends, 60) for ends in sides)
    grid = np.stack(np.meshgrid(across, up)).reshape(2, -1)
    heights = density(grid).reshape(60, 60)
    ax.contour(across, up, heights, levels, colors=colour, linestyles=line, linewidths=(2, 3))


def plot_distances(distances, control, ax=None):
    """Distances of pairs of domains in several feature spaces, beside distances by chance.

    distances : ``{(pair, feature space): proxy A-distances over seeds}``, three spaces at most;
    control : ``{feature space: distances by chance}``.
    """
    pairs, spaces = keys_of(distances)
    ax = ax or new_axes()
    step = 0.8 / len(spaces)
    for number, (space, (colour, marker, _)) in enumerate(zip(spaces, _SAMPLES, strict=False)):
        offset = (number - (len(spaces) - 1) / 2) * step
        for index, pair in enumerate(pairs):
            values, place = distances[pair, space], index + offset
            edges = (place - step * 0.42, place + step * 0.42)
            ax.fill_between(edges, min(control[space]), max(control[space]), color="0.86", lw=0)
            label = None if index else f"X = {space}"
            ax.plot([place] * len(values), values, marker, color=colour, label=label)
    ax.fill_between([], [], [], color="0.86", label="by chance")
    ax.axhline(0, color=PALETTE["chance"], linewidth=1.2)
    ax.set_xticks(range(len(pairs)), pairs)
    ends = (-0.5, len(pairs) - 0.5)
    return finish(ax, legend=len(spaces) + 1, xlim=ends, ylabel="proxy A-distance")


def plot_confusion(truth, predicted, labels, ax=None, title=""):
    """How often pictures of each true label got each label, in percent of the true label."""
    from matplotlib.patches import Rectangle
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
        frame = {"fill": False, "edgecolor": OKABE_ITO["orange"], "lw": 4}
        ax.add_patch(Rectangle((row - 0.47, place - 0.46), 0.94, 0.92, **frame))
    ax.set_xticks(range(len(labels)), labels)
    ax.set_yticks(range(len(rows)), [labels[row] for row in rows])
    ax.tick_params(length=0)
    return finish(ax, xlabel="f_S says", ylabel="the truth", title=title)


def plot_in_two_label_spaces(sample, functions):
    """What functions learned on species say of other species: under species, and under kind.

    sample : tlcourse.domains.tasks.Animals; functions : PredictiveFunctions. Returns a Figure.
    """
    import numpy as np

    figure, [axes] = new_panels(2, width=13, height=3.6, width_ratios=[1.7, 1])
    for ax, space in zip(axes, ("species", "kind"), strict=True):
        read = [f.read_as(space) for f in functions]
        truth = np.tile(sample.labels(space), len(read))
        labels = list(dict.fromkeys([*read[0].names, *truth.tolist()]))
        predicted = np.concatenate([f.predict(sample) for f in read])
        plot_confusion(truth, predicted, labels, ax, "Y = {" + ", ".join(labels) + "}")
    return figure


def plot_called(shares, pictures, xlabel, ax=None):
    """A row for each group of pictures: one of them (PIL), and how often f gives it a label.

    shares : ``{group: shares over seeds}``, each in [0, 1]; pictures : ``{group: picture}``.
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
    name_rows(ax, shares)
    ax.tick_params(axis="y", length=0, pad=52)
    return finish(ax, xlim=(0, 100), xlabel=xlabel)


def plot_reuse(accuracies, ax=None):
    """Accuracy of each way to reuse f_S on each target: a mark a seed, their mean, its number.

    accuracies : ``{(target, way): accuracies over seeds}``, each in [0, 1]; four ways at most.
    """
    targets, ways = keys_of(accuracies)
    ax = ax or new_axes()
    step = 0.84 / len(ways)
    for number, (way, (colour, marker)) in enumerate(zip(ways, _WAYS, strict=False)):
        for index, target in enumerate(targets):
            x = index + (number - (len(ways) - 1) / 2) * step
            mean = draw_draws(ax, x, accuracies[target, way], OKABE_ITO[colour])
            look = {"color": OKABE_ITO[colour], "markersize": 11, "linestyle": "none"}
            ax.plot(x, mean, marker, label=None if index else way, **look)
    ax.axhline(50, color=PALETTE["chance"], linestyle="dotted", label="guessing")
    ax.set_xticks(range(len(targets)), targets)
    return finish(ax, "y", 3, ylabel="accuracy (%)", ymargin=0.15)
