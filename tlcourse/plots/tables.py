"""Figures of the lecture's tables as measured: the table itself, and gain against distance."""

from tlcourse.plots.style import OKABE_ITO, colour_of, new_axes

_FULL_TINT = 10
_SHAPES = ("o", "s", "D", "^", "v", "P")


def plot_table(results, source, baseline="fc7", ax=None):
    """The table of one source: mean and spread, and the difference from a row by sign and colour.

    Parameters
    ----------
    results : DataFrame
        Of ``tlcourse.sweeps.run_sweep``, of this source or of several.
    source : str
    baseline : str
        The row that the others are compared with, paired by seed.
    ax : matplotlib Axes, optional

    Returns
    -------
    Axes
    """
    from tlcourse.tables import differences, of_source, summarize

    results = of_source(results, source)
    rows = summarize(results)
    embeddings, targets = (list(rows[name].unique()) for name in ("embedding", "target"))
    ax = ax or new_axes(height=1.3 + 0.72 * len(embeddings))
    gains = {}
    for embedding in embeddings:
        if embedding != baseline:
            for row in differences(results, embedding, baseline).itertuples():
                gains[embedding, row.target] = row.mean
    for row in rows.itertuples():
        place = (targets.index(row.target), embeddings.index(row.embedding))
        _draw_entry(ax, place, row.mean, row.spread, gains.get((row.embedding, row.target)))
    ax.set_xlim(-0.5, len(targets) - 0.5)
    ax.set_ylim(len(embeddings) - 0.5, -0.5)
    ax.set_xticks(range(len(targets)), targets)
    ax.set_yticks(range(len(embeddings)), embeddings)
    ax.xaxis.tick_top()
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    ax.set_xlabel(
        f"source {source}: accuracy (%) ± spread of seeds; below it, points over {baseline}"
    )
    return ax


def _draw_entry(ax, place, mean, spread, gain):
    x, y = place
    tint = 0.0 if gain is None else min(abs(gain) / _FULL_TINT, 1)
    colour = OKABE_ITO["blue" if (gain or 0) >= 0 else "vermillion"]
    ax.fill_between([x - 0.48, x + 0.48], y - 0.47, y + 0.47, color=colour, alpha=0.45 * tint, lw=0)
    spread_text = "" if spread != spread else f" ± {spread:.1f}"
    ax.text(x, y - 0.17, f"{mean:.1f}{spread_text}", ha="center", va="center", fontsize=15)
    below = "baseline" if gain is None else f"{gain:+.1f}".replace("-", "−")
    weight = "normal" if gain is None else "bold"
    ax.text(x, y + 0.22, below, ha="center", va="center", fontsize=13, fontweight=weight)


def plot_gain_by_distance(gains, ax=None):
    """Gain of the full network on each pair against the pair's distance, with the spread of seeds.

    Parameters
    ----------
    gains : DataFrame
        Of ``tlcourse.gain_by_similarity.gain_against_similarity``; pairs without a distance are
        left out.
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
