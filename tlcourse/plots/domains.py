"""Figures of domains: a feature space X made of numbers, and P(X) as a sample and as a density."""

from tlcourse.plots.style import OKABE_ITO, PALETTE, new_axes

SIDES = (("blue", "o", "solid"), ("orange", "s", "dashed"), ("bluish green", "^", "dotted"))


def plot_tensor(image, corner=(28, 28), size=6):
    """A picture, and a corner of it as the numbers that it is made of.

    Parameters
    ----------
    image : PIL image, RGB
    corner : (int, int)
        Column and row of the upper left pixel of the part.
    size : int
        Pixels of its side.

    Returns
    -------
    matplotlib Figure
    """
    import matplotlib.pyplot as plt
    import numpy as np

    pixels, (left, top) = np.asarray(image), corner
    part = pixels[top : top + size, left : left + size]
    figure, axes = plt.subplots(1, 4, figsize=(15, 4.1), layout="constrained")
    axes[0].imshow(pixels)
    frame = (left - 0.5, top - 0.5)
    axes[0].add_patch(plt.Rectangle(frame, size, size, fill=False, edgecolor="white", lw=4))
    axes[0].add_patch(plt.Rectangle(frame, size, size, fill=False, edgecolor="black", lw=2))
    axes[0].set_title(" x ".join(map(str, pixels.shape)))
    for channel, name in enumerate(("red", "green", "blue")):
        _draw_numbers(axes[channel + 1], part[..., channel], channel)
        axes[channel + 1].set_title(name)
    for ax in axes:
        ax.set_xticks([])
        ax.set_yticks([])
    return figure


def plot_content_vectors(matrix, words, sentences, ax=None):
    """Sentences as rows of numbers, one column a word of the vocabulary.

    Parameters
    ----------
    matrix : array-like of shape (sentences, words)
    words, sentences : sequences of str
    ax : matplotlib Axes, optional

    Returns
    -------
    Axes
    """
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
    """One row of pictures for each name.

    Parameters
    ----------
    rows : mapping of str to sequence of PIL images
        All of one size; the shortest row decides how many are shown.
    ax : matplotlib Axes, optional

    Returns
    -------
    Axes
    """
    import numpy as np

    ax = ax or new_axes(height=1.4 * len(rows))
    shortest = min(len(pictures) for pictures in rows.values())
    strips = [np.hstack([np.asarray(p) for p in row[:shortest]]) for row in rows.values()]
    side = strips[0].shape[0]
    gap = np.full((side // 12, *strips[0].shape[1:]), 255, dtype=np.uint8)
    sheet = np.vstack([part for strip in strips for part in (strip, gap)][:-1])
    ax.imshow(sheet)
    ax.set_xticks([])
    ax.set_yticks([(side + len(gap)) * (row + 0.45) for row in range(len(rows))], rows)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    return ax


def plot_density(points, xlabel="", ylabel="", ax=None):
    """P(X) in two dimensions: each sample as points, its density as contours.

    Parameters
    ----------
    points : mapping of str to array-like of shape (n, 2)
        At most three samples. The density is a Gaussian kernel estimate
        (``scipy.stats.gaussian_kde``); each contour holds the region of highest density with
        half, and with nine tenths, of the sample.
    xlabel, ylabel : str
    ax : matplotlib Axes, optional

    Returns
    -------
    Axes
    """
    from matplotlib.lines import Line2D

    ax = ax or new_axes()
    handles = []
    for (name, sample), (colour, marker, line) in zip(points.items(), SIDES, strict=False):
        look = {"color": OKABE_ITO[colour], "marker": marker, "linestyle": line}
        ax.plot(*_columns(sample), marker, color=look["color"], alpha=0.45, markersize=6)
        _draw_contours(ax, sample, look["color"], line)
        handles.append(Line2D([], [], label=name, **look))
    ax.set_xlabel(xlabel)
    ax.set_ylabel(ylabel)
    ax.legend(handles=handles, loc="lower left", bbox_to_anchor=(0, 1), ncols=len(handles))
    return ax


def plot_distances(distances, control, ax=None):
    """Distances of pairs of domains in several feature spaces, beside distances by chance.

    Parameters
    ----------
    distances : mapping of (str, str) to sequence of float
        ``{(pair, feature space): proxy A-distances over seeds}``.
    control : mapping of str to sequence of float
        ``{feature space: distances by chance}``.
    ax : matplotlib Axes, optional

    Returns
    -------
    Axes
    """
    pairs = list(dict.fromkeys(pair for pair, _ in distances))
    spaces = list(dict.fromkeys(space for _, space in distances))
    ax = ax or new_axes()
    step = 0.8 / len(spaces)
    for number, (space, (colour, marker, _)) in enumerate(zip(spaces, SIDES, strict=False)):
        offset = (number - (len(spaces) - 1) / 2) * step
        for index, pair in enumerate(pairs):
            values, place = distances[pair, space], index + offset
            edges = (place - step * 0.42, place + step * 0.42)
            ax.fill_between(edges, min(control[space]), max(control[space]), color="0.86", lw=0)
            label = None if index else f"X = {space}"
            ax.plot([place] * len(values), values, marker, color=OKABE_ITO[colour], label=label)
    ax.fill_between([], [], [], color="0.86", label="by chance")
    ax.axhline(0, color=PALETTE["chance"], linewidth=1.2)
    ax.set_xticks(range(len(pairs)), pairs)
    ax.set_xlim(-0.5, len(pairs) - 0.5)
    ax.set_ylabel("proxy A-distance")
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=len(spaces) + 1)
    return ax


def _draw_numbers(ax, values, channel):
    import numpy as np

    shades = np.zeros((*values.shape, 3), dtype=np.uint8)
    shades[..., channel] = values
    ax.imshow(shades)
    for (row, column), value in np.ndenumerate(values):
        light = channel == 1 and value > 140
        ink = "black" if light else "white"
        ax.text(column, row, value, ha="center", va="center", color=ink, fontsize=14)


def _draw_contours(ax, sample, colour, line):
    """Contours around half and nine tenths of a sample; nothing where it has no area."""
    import numpy as np
    from scipy.stats import gaussian_kde

    x, y = _columns(sample)
    try:
        density = gaussian_kde(np.stack([x, y]))
    except (np.linalg.LinAlgError, ValueError):
        return
    levels = np.quantile(density(np.stack([x, y])), (0.1, 0.5))
    if not 0 < levels[0] < levels[1]:
        return
    across, up = (
        np.linspace(v.min() - 0.3 * np.ptp(v), v.max() + 0.3 * np.ptp(v), 60) for v in (x, y)
    )
    grid = np.stack(np.meshgrid(across, up)).reshape(2, -1)
    heights = density(grid).reshape(60, 60)
    ax.contour(across, up, heights, levels, colors=colour, linestyles=line, linewidths=(2, 3))


def _columns(sample):
    import numpy as np

    return np.asarray(sample, dtype=float).reshape(-1, 2).T


LOOKS = (("vermillion", "X"), ("sky blue", "s"), ("blue", "o"), ("black", "D"))


def plot_confusion(truth, predicted, labels, ax=None, title=""):
    """How often pictures of each true label got each label, in percent of the true label."""
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
    sample : tlcourse.domains.tasks.Sample
    functions : sequence of tlcourse.domains.tasks.PredictiveFunction

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
