"""Figures of classifiers in the plane: boundary and margin, brute force, explicit maps."""

from tlcourse.plots.style import OKABE_ITO, new_axes

_CLASSES = ((OKABE_ITO["blue"], "o"), (OKABE_ITO["orange"], "s"))


def plot_boundary(X, y, decision, support=(), title="", labels=("x1", "x2"), ax=None):
    """Points of two classes, the regions of a classifier, its boundary and its margin."""
    import numpy as np

    ax = ax or new_axes()
    low, high = X.min(axis=0), X.max(axis=0)
    pad = 0.08 * (high - low)
    across, up = (np.linspace(a, b, 200) for a, b in zip(low - pad, high + pad, strict=True))
    points = np.stack(np.meshgrid(across, up), axis=-1)
    scores = decision(points.reshape(-1, 2)).reshape(points.shape[:2])
    ends = [-np.inf, 0, np.inf]
    ax.contourf(across, up, scores, ends, colors=[colour for colour, _ in _CLASSES], alpha=0.16)
    ax.contour(across, up, scores, [-1, 0, 1], colors="black", linestyles=["--", "-", "--"])
    edges = np.full(len(X), "white", dtype=object)
    edges[list(support)] = "black"
    for label, (colour, marker) in enumerate(_CLASSES):
        rows = y == label
        look = {"marker": marker, "edgecolors": list(edges[rows]), "linewidths": 1.8}
        ax.scatter(*X[rows].T, 80, colour, **look)
    ax.set_title(title)
    ax.set_xlabel(labels[0])
    ax.set_ylabel(labels[1])
    return ax


def plot_spaces(spaces, y, draw_boundary):
    """The same points in several spaces, side by side, each with the boundary found there.

    Parameters
    ----------
    spaces : mapping of (str, str) to ndarray of shape (n, 2)
        Names of the two axes -> the points in these coordinates.
    y : ndarray of int, shape (n,)
        0 or 1.
    draw_boundary : callable
        ``(points, y) -> boundary`` with ``decision`` and ``support``, as
        ``tlcourse.classifiers.decision_boundaries.linear_boundary``.

    Returns
    -------
    matplotlib Figure
    """
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, len(spaces), squeeze=False, layout="constrained")
    for ax, (names, points) in zip(axes[0], spaces.items(), strict=True):
        found = draw_boundary(points, y)
        plot_boundary(points, y, found.decision, found.support, labels=names, ax=ax)
    return figure


def plot_margins(angles, margins, boundaries, ax=None):
    """The margin in every direction, draw by draw, and the direction that an SVM found.

    Parameters
    ----------
    angles : ndarray of shape (directions,)
        Degrees.
    margins : sequence of ndarray, shape (directions,)
        One a draw; below 0 where no boundary of that direction separates the classes.
    boundaries : sequence of tlcourse.classifiers.decision_boundaries.Boundary
        The SVM of each draw.
    ax : matplotlib Axes, optional

    Returns
    -------
    Axes
    """
    import numpy as np

    ax = ax or new_axes()
    names = ("every direction, one curve a draw", "the SVM")
    for number, (curve, boundary) in enumerate(zip(margins, boundaries, strict=True)):
        best = angles[np.argmax(curve)]
        turned = (angles - best + 180) % 360 - 180
        order = np.argsort(turned)
        label = ("", "") if number else names
        ax.plot(turned[order], curve[order], color=OKABE_ITO["sky blue"], lw=2, label=label[0])
        at = (boundary.angle - best + 180) % 360 - 180
        ax.plot(at, boundary.margin, "D", color=OKABE_ITO["vermillion"], label=label[1])
    ax.axhline(0, color="0.4", linestyle="dotted", label="below: not separated")
    ax.set_xlim(-60, 60)
    ax.set_ylim(-0.6, 1.2 * max(boundary.margin for boundary in boundaries))
    ax.set_xlabel("degrees from the best direction of brute force")
    ax.set_ylabel("margin")
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
    return ax


def plot_map_sizes(gaps, ax=None):
    """How far a linear SVM on an explicit map is from the kernel, as the map grows.

    Parameters
    ----------
    gaps : mapping of str to sequence of mapping of int to float
        Map -> draws -> {number of features: gap}; the gaps above 0.
    ax : matplotlib Axes, optional

    Returns
    -------
    Axes
    """
    import numpy as np

    ax = ax or new_axes()
    looks = (("blue", "o", "-"), ("vermillion", "s", "--"))
    for (name, draws), (colour, marker, line) in zip(gaps.items(), looks, strict=False):
        sizes = list(draws[0])
        table = np.array([[draw[size] for size in sizes] for draw in draws])
        middle = np.exp(np.log(table).mean(axis=0))
        ax.fill_between(sizes, table.min(0), table.max(0), color=OKABE_ITO[colour], alpha=0.2)
        ax.plot(sizes, middle, line, marker=marker, color=OKABE_ITO[colour], label=name)
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_xticks(sizes, [str(size) for size in sizes])
    ax.minorticks_off()
    ax.set_xlabel("features of the explicit map")
    ax.set_ylabel("difference from the RBF kernel's\nscores (the margin is at 1)")
    ax.grid(color="0.88")
    ax.legend()
    return ax
