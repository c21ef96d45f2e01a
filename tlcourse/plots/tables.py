"""Figures of notebook 11: gains of the full network and changes of the source, as in its tables."""

from tlcourse.plots.style import (
    OKABE_ITO,
    colour_of,
    finish,
    name_rows,
    new_axes,
    write_beside,
)

_SHAPES = ("o", "s", "D", "^", "v", "P")
_LANES = (("fc7", "s", -0.22), ("full network", "D", 0.22))  # rows of a change, and their places
_HEIGHT = 0.34  # of a lane


def plot_gain_by_distance(gains, ax=None):
    """Gain of the full network on each pair against the pair's distance, with the spread of seeds.

    gains : DataFrame of ``gain_against_similarity``; pairs without a distance are left out. A thin
    line joins the pairs of one target.
    """
    ax = ax or new_axes(height=6.5)
    gains = gains.dropna(subset=["distance"])
    ax.axhline(0, color="0.5", linewidth=1.4)
    box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1}
    for target, pairs in gains.sort_values("distance").groupby("target", sort=False):
        ax.plot(pairs["distance"], pairs["gain"], color="0.75", linewidth=1.6, zorder=1)
        place = tuple(pairs.iloc[0][["distance", "gain"]])  # of the nearest source
        write_beside(ax, target, place, (-11, 0), bbox=box, zorder=1.5, fontsize=14)
    for shape, (source, pairs) in zip(_SHAPES, gains.groupby("source", sort=False), strict=False):
        style = {"color": colour_of(source), "marker": shape, "label": f"from {source}"}
        style |= {"linestyle": "none", "capsize": 5, "markersize": 11, "elinewidth": 2}
        ax.errorbar(pairs["distance"], pairs["gain"], pairs["spread"], zorder=3, **style)
    space = f" in {gains.attrs['space']}" if gains.attrs.get("space") else ""
    xlabel = f"distance of source and target{space} (farther is less similar)"
    ylabel = "full network minus fc7 (points)"
    return finish(ax, "y", 3, xlabel=xlabel, ylabel=ylabel, xmargin=0.17)


def plot_factors(effects, words, ax=None, hollow=()):
    """Difference that each change of the source makes, a point a target, with the spread of draws.

    effects : DataFrame with columns change, target, embedding ("fc7", "full network"), difference
    and spread (points); words : ``{change: a word or two beside its row}``; hollow : targets
    whose points are hollow. A row a change; the upright bar of a lane is the mean over targets.
    """
    changes = list(effects["change"].unique())
    ax = ax or new_axes(height=1.8 + 1.1 * len(changes))
    ax.axvline(0, color="0.4", linewidth=1.6, zorder=1)
    for y, change in enumerate(changes):
        rows = effects[effects["change"] == change]
        for embedding, shape, offset in _LANES:
            lane = rows[rows["embedding"] == embedding]
            style = {"color": colour_of(embedding), "marker": shape}
            style["label"] = None if y else embedding
            _draw_lane(ax, y + offset, lane, style, hollow)
    name_rows(ax, [f"{change}:\n{words[change]}" for change in changes])
    xlabel = "changed source minus its reference (points)\npoint: a target; upright bar: mean"
    return finish(ax, "x", 2, shade="0.9", xlabel=xlabel, xmargin=0.06)


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
