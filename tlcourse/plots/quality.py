"""Figures of what a source is worth: a factor a row, a target a point."""

from tlcourse.plots.style import OKABE_ITO, colour_of, new_axes

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
