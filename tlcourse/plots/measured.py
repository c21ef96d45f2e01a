"""Figures of measured runs: accuracies with their spread, features, a clock."""

from tlcourse.plots.style import MARKERS, OKABE_ITO, PALETTE, as_duration, colour_of, new_axes


def plot_accuracies(accuracies, ax=None, chance=None):
    """Accuracy of each embedding on each target: a point a seed, their mean, its number.

    Parameters
    ----------
    accuracies : mapping of (str, str) to sequence of float
        ``{(target, embedding): accuracies over seeds}``, each in [0, 1]; the order of first
        appearance is the order on the axes.
    ax : matplotlib Axes, optional
    chance : mapping of str to float, optional
        Accuracy of guessing, by target.

    Returns
    -------
    Axes
    """
    ax = ax or new_axes()
    targets = list(dict.fromkeys(target for target, _ in accuracies))
    embeddings = list(dict.fromkeys(embedding for _, embedding in accuracies))
    step = 0.8 / len(embeddings)
    for number, embedding in enumerate(embeddings):
        offset = (number - (len(embeddings) - 1) / 2) * step
        points = {
            index + offset: accuracies[target, embedding]
            for index, target in enumerate(targets)
            if (target, embedding) in accuracies
        }
        _draw_spread(ax, points, embedding)
    for index, target in enumerate(targets if chance else ()):
        label = None if index else "guessing"
        level = 100 * chance[target]
        ax.hlines(level, index - 0.4, index + 0.4, PALETTE["chance"], "dotted", label=label)
    ax.set_xticks(range(len(targets)), targets)
    ax.set_ylabel("accuracy (%)")
    ax.margins(y=0.15)
    ax.grid(axis="y", color="0.88")
    ax.legend(ncols=len(embeddings) + 1, loc="lower left", bbox_to_anchor=(0, 1))
    return ax


def chance_of(families):
    """Accuracy of guessing on each target family, as {family: share}."""
    from tlcourse.datasets.photos import class_names

    return {family: 1 / len(class_names(family)) for family in families}


def plot_histogram(values, xlabel, ylabel, ax=None):
    """How often each value occurs.

    Parameters
    ----------
    values : array-like of float, shape (n,)
    xlabel, ylabel : str
    ax : matplotlib Axes, optional

    Returns
    -------
    Axes
    """
    ax = ax or new_axes()
    ax.hist(values, bins=30, color=OKABE_ITO["blue"], edgecolor="white")
    ax.set_xlabel(xlabel)
    ax.set_ylabel(ylabel)
    return ax


def plot_images_and_features(images, matrix, layer):
    """Each image, and beside it its features as a row of grey levels.

    Parameters
    ----------
    images : list of PIL images
    matrix : ndarray of shape (images, features)
        Not negative.
    layer : str

    Returns
    -------
    matplotlib Figure
    """
    import matplotlib.pyplot as plt
    import numpy as np

    width, height = plt.rcParams["figure.figsize"]
    figure, axes = plt.subplots(
        len(images), 2, figsize=(width, height), width_ratios=[1, 16], layout="constrained"
    )
    for (left, right), image, row in zip(axes, images, matrix, strict=True):
        left.imshow(image)
        right.imshow(row[None], aspect="auto", cmap="Greys", vmin=0, vmax=np.quantile(matrix, 0.99))
        for ax in (left, right):
            ax.set_xticks([])
            ax.set_yticks([])
    axes[-1][1].set_xticks([0, matrix.shape[1] - 1], ["1", str(matrix.shape[1])])
    axes[-1][1].set_xlabel(f"features of {layer}: white is 0, black is strong")
    return figure


def plot_clock(stages, ax=None):
    """The stages of a run, one after the other on a time line, and the total.

    Parameters
    ----------
    stages : mapping of str to float
        Seconds of each stage, in the order in which they ran.
    ax : matplotlib Axes, optional

    Returns
    -------
    Axes
    """
    if not stages or min(stages.values()) < 0:
        raise ValueError("A clock needs at least one stage, and no stage of negative seconds.")
    ax = ax or new_axes(height=1.2 + 0.62 * len(stages))
    total, started = sum(stages.values()), 0.0
    for row, seconds in enumerate(stages.values()):
        ax.barh(row, seconds, left=started, height=0.62, color=OKABE_ITO["blue"])
        started += seconds
        ax.annotate(
            as_duration(seconds), (started, row), (7, 0), textcoords="offset points", va="center"
        )
    ax.set_yticks(range(len(stages)), stages)
    ax.set_ylim(len(stages) - 0.4, -0.6)
    ax.set_xlim(0, 1.16 * (total or 1))
    ax.set_xlabel("seconds since the start")
    ax.set_title(f"{as_duration(total)} in all")
    return ax


def _draw_spread(ax, points, embedding):
    colour, marker = colour_of(embedding), MARKERS.get(embedding, "o")
    means = {x: 100 * sum(values) / len(values) for x, values in points.items()}
    for x, values in points.items():
        ax.vlines(x, 100 * min(values), 100 * max(values), colour, linewidth=5, alpha=0.35)
        ax.plot([x] * len(values), [100 * v for v in values], "_", color=colour, markersize=12)
        ax.annotate(
            f"{means[x]:.0f}",
            (x, 100 * max(values)),
            (0, 9),
            textcoords="offset points",
            ha="center",
            fontsize=14,
        )
    ax.plot(list(means), list(means.values()), marker, color=colour, label=embedding)
