"""Figures of the lecture's tables as measured: the table itself, and gain against distance."""

from tlcourse.plots.style import MARKERS, OKABE_ITO, PALETTE, as_duration, colour_of, new_axes

_SHAPES = ("o", "s", "D", "^", "v", "P")


def plot_gain_by_distance(gains, ax=None):
    """Gain of the full network on each pair against the pair's distance, with the spread of seeds.

    Parameters
    ----------
    gains : DataFrame
        Of ``gain_against_similarity``; pairs without a distance are left out.
    ax : matplotlib Axes, optional

    Returns
    -------
    Axes
        A thin line joins the pairs of one target.
    """
    ax = ax or new_axes(height=6.5)
    gains = gains.dropna(subset=["distance"])
    ax.axhline(0, color="0.5", linewidth=1.4)
    for target, pairs in gains.sort_values("distance").groupby("target", sort=False):
        ax.plot(pairs["distance"], pairs["gain"], color="0.75", linewidth=1.6, zorder=1)
        nearest = pairs.iloc[0]
        place = (nearest["distance"], nearest["gain"])
        box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1}
        offset = {"xytext": (-11, 0), "textcoords": "offset points", "fontsize": 14}
        aside = {"ha": "right", "va": "center", "bbox": box, "zorder": 1.5}
        ax.annotate(target, place, **aside, **offset)
    for shape, (source, pairs) in zip(_SHAPES, gains.groupby("source", sort=False), strict=False):
        style = {"color": colour_of(source), "marker": shape, "linestyle": "none", "capsize": 5}
        x, y, bars = pairs["distance"], pairs["gain"], pairs["spread"]
        ax.errorbar(
            x, y, bars, label=f"from {source}", markersize=11, elinewidth=2, zorder=3, **style
        )
    space = f" in {gains.attrs['space']}" if gains.attrs.get("space") else ""
    ax.set_xlabel(f"distance of source and target{space} (farther is less similar)")
    ax.set_ylabel("full network minus fc7 (points)")
    ax.margins(x=0.17)
    ax.grid(axis="y", color="0.88")
    ax.legend(ncols=3, loc="lower left", bbox_to_anchor=(0, 1))
    return ax


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


_LANES = (("fc7", "s", -0.22), ("full network", "D", 0.22))

_HEIGHT = 0.34


def plot_factors(effects, verdicts, ax=None, hollow=()):
    """Difference that each change of the source makes, a point a target, with the spread of draws.

    Parameters
    ----------
    effects : DataFrame
        Columns change, target, embedding ("fc7", "full network"), difference, spread (points).
    verdicts : mapping of str to str
        Change -> a word or two beside its row.
    ax : matplotlib Axes, optional
    hollow : collection of str
        Targets whose points are hollow.

    Returns
    -------
    Axes
        A row a change; the upright bar of a lane is the mean over targets.
    """
    changes = list(effects["change"].unique())
    ax = ax or new_axes(height=1.8 + 1.1 * len(changes))
    ax.axvline(0, color="0.4", linewidth=1.6, zorder=1)
    for y, change in enumerate(changes):
        rows = effects[effects["change"] == change]
        for embedding, shape, offset in _LANES:
            lane = rows[rows["embedding"] == embedding]
            style = {"label": None if y else embedding, "marker": shape}
            _draw_lane(ax, y + offset, lane, {**style, "color": colour_of(embedding)}, hollow)
    ax.set_yticks(range(len(changes)), [f"{change}:\n{verdicts[change]}" for change in changes])
    ax.set_ylim(len(changes) - 0.5, -0.5)
    ax.margins(x=0.06)
    ax.grid(axis="x", color="0.9")
    ax.set_xlabel("changed source minus its reference (points)\npoint: a target; upright bar: mean")
    ax.legend(ncols=2, loc="lower left", bbox_to_anchor=(0, 1))
    return ax


def _draw_lane(ax, middle, rows, style, hollow):
    """Points of one embedding, each a little lower than the one before, so that all are seen."""
    y = [middle + _HEIGHT * ((n + 0.5) / len(rows) - 0.5) for n in range(len(rows))]
    ends = rows["difference"] - rows["spread"], rows["difference"] + rows["spread"]
    ax.hlines(y, *ends, style["color"], linewidth=2, alpha=0.5)
    ax.plot(rows["difference"], y, ls="", markersize=7, **style)
    for x, height, target in zip(rows["difference"], y, rows["target"], strict=True):
        if target in hollow:
            ax.plot(x, height, style["marker"], color=style["color"], mfc="white", mew=2, ms=7)
    edges = (middle - _HEIGHT / 2, middle + _HEIGHT / 2)
    ax.vlines(rows["difference"].mean(), *edges, OKABE_ITO["black"], linewidth=4, zorder=3)


def plot_nearness(nearness, ax=None):
    """Distance of each source with its interval, noise and the usual distance as lines.

    Parameters
    ----------
    nearness : Nearness
    ax : matplotlib Axes, optional

    Returns
    -------
    Axes
    """
    ax = ax or new_axes(height=1.6 + 0.6 * len(nearness.distances))
    for row, (source, distance) in enumerate(nearness.distances.items()):
        low, high = nearness.intervals[source]
        ax.barh(row, distance, height=0.6, color=OKABE_ITO["sky blue"])
        ax.hlines(row, low, high, "black", linewidth=4)
        box = {"facecolor": "white", "edgecolor": "none", "pad": 2}
        text = {"xytext": (8, 0), "textcoords": "offset points", "va": "center", "bbox": box}
        ax.annotate(f"{distance:.2f}", (high, row), zorder=3, **text)
    ax.axvline(
        nearness.control, color="black", linestyle="dotted", label="two halves of the target"
    )
    usual = {"color": OKABE_ITO["vermillion"], "linestyle": "dashed"}
    ax.axvline(nearness.typical, **usual, label="half of notebook 11's pairs are nearer")
    ax.set_yticks(range(len(nearness.distances)), nearness.distances)
    ax.invert_yaxis()
    ax.margins(x=0.12)
    ax.set_xlabel("distance of class means: shorter is nearer")
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
    return ax


def plot_regrets(regrets, ax=None, title=""):
    """What the decision loses against the best option, and what always doing the same loses.

    Parameters
    ----------
    regrets : mapping of str to sequence of float
        "decided" or an option -> points behind the best, one a case.
    ax : matplotlib Axes, optional
    title : str

    Returns
    -------
    Axes
    """
    ax = ax or new_axes(height=1.6 + 0.5 * len(regrets))
    for row, (name, points) in enumerate(regrets.items()):
        decided = name == "decided"
        colour = OKABE_ITO["orange"] if decided else OKABE_ITO["blue"]
        mean = sum(points) / len(points)
        ax.barh(row, mean, height=0.6, color=colour, hatch="//" if decided else None, alpha=0.6)
        ax.plot(points, [row] * len(points), "o", color="black", markersize=5, alpha=0.6)
        most = max(points)
        ax.annotate(f"{mean:.1f}", (most, row), (10, 0), textcoords="offset points", va="center")
    names = ["as decided" if name == "decided" else f"always {name}" for name in regrets]
    ax.set_yticks(range(len(regrets)), names)
    ax.invert_yaxis()
    ax.margins(x=0.1)
    ax.set_xlabel("points behind the best option: a dot a case, a bar their mean")
    ax.set_title(title)
    return ax
