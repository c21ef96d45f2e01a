"""Figures of classifiers in the plane: boundary and margin, brute force, explicit maps."""

from tlcourse.plots.style import OKABE_ITO, SERIES, finish, new_axes, new_panels

_CLASSES = ((OKABE_ITO["blue"], "o"), (OKABE_ITO["orange"], "s"))


def plot_spaces(spaces, y, draw_boundary):
    """The same points in several spaces, side by side, each with the boundary found there.

    spaces : {names of the two axes: points, ndarray of shape (n, 2)}; y : ndarray of 0 and 1;
    draw_boundary : ``(points, y) -> Boundary``. Returns a Figure.
    """
    figure, axes = new_panels(len(spaces))
    for ax, ((xlabel, ylabel), points) in zip(axes[0], spaces.items(), strict=True):
        _draw_boundary(ax, points, y, draw_boundary(points, y))
        ax.set(xlabel=xlabel, ylabel=ylabel)
    return figure


def _draw_boundary(ax, X, y, boundary):
    """Points of two classes, the regions of a classifier, its boundary and its margin."""
    import numpy as np

    low, high = X.min(axis=0), X.max(axis=0)
    pad = 0.08 * (high - low)
    across, up = (np.linspace(a, b, 200) for a, b in zip(low - pad, high + pad, strict=True))
    points = np.stack(np.meshgrid(across, up), axis=-1)
    scores = boundary.decision(points.reshape(-1, 2)).reshape(points.shape[:2])
    ends = [-np.inf, 0, np.inf]
    ax.contourf(across, up, scores, ends, colors=[colour for colour, _ in _CLASSES], alpha=0.16)
    ax.contour(across, up, scores, [-1, 0, 1], colors="black", linestyles=["--", "-", "--"])
    edges = np.full(len(X), "white", dtype=object)
    edges[list(boundary.support)] = "black"
    for label, (colour, marker) in enumerate(_CLASSES):
        look = {"marker": marker, "edgecolors": list(edges[y == label]), "linewidths": 1.8}
        ax.scatter(*X[y == label].T, 80, colour, **look)


def plot_margins(angles, margins, boundaries, ax=None):
    """The margin in every direction, draw by draw, and the direction that an SVM found.

    angles : degrees, shape (directions,); margins : one such array a draw, below 0 where no
    boundary of that direction separates the classes; boundaries : the SVM's ``Boundary`` a draw.
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
    ax.set(xlim=(-60, 60), ylim=(-0.6, 1.2 * max(boundary.margin for boundary in boundaries)))
    xlabel = "degrees from the best direction of brute force"
    return finish(ax, legend=2, xlabel=xlabel, ylabel="margin")


def plot_map_sizes(gaps, ax=None):
    """How far a linear SVM on an explicit map is from the kernel, as the map grows.

    gaps : ``{map: [{number of features: gap above 0} of each draw]}``; two maps.
    """
    import numpy as np

    ax = ax or new_axes()
    for (name, draws), (colour, marker, line) in zip(gaps.items(), SERIES, strict=False):
        sizes = list(draws[0])
        table = np.array([[draw[size] for size in sizes] for draw in draws])
        middle = np.exp(np.log(table).mean(axis=0))
        ax.fill_between(sizes, table.min(0), table.max(0), color=colour, alpha=0.2)
        ax.plot(sizes, middle, line, marker=marker, color=colour, label=name)
    ax.set(xscale="log", yscale="log", xlabel="features of the explicit map")
    ax.set_xticks(sizes, [str(size) for size in sizes])
    ax.minorticks_off()
    ax.legend()
    ylabel = "difference from the RBF kernel's\nscores (the margin is at 1)"
    return finish(ax, "both", ylabel=ylabel)
