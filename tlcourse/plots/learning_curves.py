"""Learning curves: accuracy while training goes on, a line a thing, a band over the seeds."""

from tlcourse.plots.style import OKABE_ITO, PALETTE, new_axes

_LINES = (
    ("blue", "o", "-"),
    ("vermillion", "s", "--"),
    ("bluish green", "^", "-."),
    ("black", "D", ":"),
    ("reddish purple", "v", (0, (8, 2, 2, 2, 2, 2))),
    ("orange", "P", (0, (1, 1))),
    ("sky blue", "X", (0, (12, 3))),
)


def plot_learning_curves(
    curves, ax=None, xlabel="training images seen", chance=None, measured_on="validation"
):
    """Accuracy against what was spent: mean over the seeds, and a band from lowest to highest.

    A mean is drawn as far as all of its seeds went; where one ended before, the others go on as
    thin lines.

    Parameters
    ----------
    curves : mapping of str to sequence of (sequence of float, sequence of float)
        ``{line: [(x, accuracy) of each seed]}``; x does not fall, accuracies are from 0 to 1.
        Seven lines at most.
    ax : matplotlib Axes, optional
    xlabel : str
        What x is: images, seconds, steps, floating-point operations.
    chance : float, optional
        Accuracy of guessing.
    measured_on : {"validation", "test"}
        Which images the accuracies are of.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If there is no curve, or more lines than can be told apart.
    """
    if not 0 < len(curves) <= len(_LINES) or not all(curves.values()):
        raise ValueError(
            f"There are {len(curves)} lines: give 1 to {len(_LINES)}, each with a curve or more."
        )
    ax = ax or new_axes()
    for (name, seeds), look in zip(curves.items(), _LINES, strict=False):
        _draw(ax, name, seeds, *look)
    if chance is not None:
        ax.axhline(100 * chance, color=PALETTE["chance"], linestyle="dotted", label="guessing")
    ax.set(xlabel=xlabel, ylabel=f"{measured_on} accuracy (%)")
    ax.margins(x=0.02)
    ax.grid(axis="y", color="0.88")
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3)
    return ax


def mean_curve(seeds):
    """Mean, lowest and highest of several curves, as far as all of them go.

    Parameters
    ----------
    seeds : sequence of (sequence of float, sequence of float)
        x, which does not fall, and y of each seed.

    Returns
    -------
    x, mean, low, high : ndarray of shape (points,)
        At every x of any of them; between its points a curve is a straight line.
    """
    import numpy as np

    end = min(max(x) for x, _ in seeds)
    at = np.unique(np.concatenate([np.asarray(x, dtype=float) for x, _ in seeds]))
    at = at[at <= end]
    values = np.array([np.interp(at, *_last_of_equals(x, y)) for x, y in seeds])
    return at, values.mean(0), values.min(0), values.max(0)


def _draw(ax, name, seeds, colour, marker, dashes):
    at, mean, low, high = mean_curve(seeds)
    colour, every = OKABE_ITO[colour], max(1, len(at) // 8)
    style = {"linestyle": dashes, "marker": marker, "markevery": every}
    ax.fill_between(at, 100 * low, 100 * high, color=colour, alpha=0.2, linewidth=0)
    ax.plot(at, 100 * mean, color=colour, label=name, **style)
    for x, y in seeds:
        rest = [(a, 100 * b) for a, b in zip(x, y, strict=True) if a >= at[-1]]
        if len(rest) > 1:
            ax.plot(*zip(*rest, strict=True), color=colour, linewidth=1, linestyle=dashes)


def _last_of_equals(x, y):
    """A stage of training begins where the one before ended: of two points at one x the later."""
    points = dict(zip(map(float, x), map(float, y), strict=True))
    return list(points), list(points.values())
