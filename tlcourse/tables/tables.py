"""The lecture's tables measured: means and spreads, differences, and what they are written as.

Everything here takes the results of ``tlcourse.tables.sweep.run_sweep``, one row a cell.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from tlcourse import paths
from tlcourse.plots.style import OKABE_ITO, new_axes

FULL, BASELINE = "full network", "fc7"

PAIR = ["source", "target"]
FULL_TINT = 10  # points


def summarize(results):
    """Mean and spread over seeds, in percent.

    Parameters
    ----------
    results : DataFrame
        Of ``run_sweep``.

    Returns
    -------
    DataFrame
        source, target, embedding, mean, spread (standard deviation of seeds, n - 1; NaN for one
        seed), lowest, highest, seeds (how many).

    Raises
    ------
    ValueError
        If there are no results, or a column is missing.
    """
    _check(results)
    return _spread(results.assign(accuracy=100 * results["accuracy"]), [*PAIR, "embedding"])


def differences(results, embedding=FULL, baseline=BASELINE):
    """What an embedding gains over another, in points, paired by seed.

    Parameters
    ----------
    results : DataFrame
    embedding, baseline : str

    Returns
    -------
    DataFrame
        source, target, mean, spread, lowest, highest, seeds, as of ``summarize``.

    Raises
    ------
    ValueError
        If one of the two was not measured on a pair, or by other seeds.
    """
    paired = _paired(results, embedding, baseline)
    return _spread(paired.rename(columns={"gain": "accuracy"}), PAIR)


def measured_table(results, source=None, baseline=BASELINE):
    """The lecture's table: rows are embeddings, columns targets, entries "mean ± spread".

    Parameters
    ----------
    results : DataFrame
    source : str, optional
        By default every source, in rows (source, embedding).
    baseline : str
        The last row is the full network minus it, where both were measured.

    Returns
    -------
    DataFrame of str
    """
    _check(results)
    sources = list(results["source"].unique()) if source is None else [source]
    tables = {name: _one_source(of_source(results, name), baseline) for name in sources}
    return tables[source] if source is not None else pd.concat(tables, names=["source"])


def of_source(results, source):
    """The results of one source."""
    _check(results)
    found = results[results["source"] == source]
    if found.empty:
        known = ", ".join(results["source"].unique())
        raise ValueError(f"There are no results of source {source!r}: choose from {known}.")
    return found


def caption(results):
    """What a table is made from: sources, seeds, measure and day, in one sentence."""
    _check(results)
    sources, seeds = (", ".join(map(str, results[name].unique())) for name in ("source", "seed"))
    days = sorted(results["date"].unique())
    day = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
    costs = ", ".join(f"{C:g}" for C in results["C"].unique())
    return (
        f"Mean per-class accuracy in percent, mean and standard deviation over seeds {seeds}; "
        f"source {sources}; linear SVM, C = {costs}; measured {day}."
    )


def write_table(table, file, caption=""):
    """Write a table as CSV or LaTeX; the file appears only when whole.

    Parameters
    ----------
    table : DataFrame
        Such as of ``measured_table``.
    file : path
        Its ending decides: ``.csv`` (UTF-8) or ``.tex`` (needs the package booktabs).
    caption : str
        Of the LaTeX table; a comment in the first line of the CSV, ``# ...``.

    Returns
    -------
    Path

    Raises
    ------
    ValueError
        If the ending is another one.
    """
    file = Path(file)
    if file.suffix not in (".csv", ".tex"):
        raise ValueError(f"{file.name} ends in {file.suffix!r}: name a file .csv or .tex.")
    text = _as_csv(table, caption) if file.suffix == ".csv" else as_latex(table, caption)
    with paths.written_whole(file) as temporary:
        temporary.write_text(text, encoding="utf-8")
    return file


def as_latex(table, caption=""):
    """A table as LaTeX with booktabs; special characters are escaped."""
    text = table.to_latex(
        caption=_escaped(caption) or None, position="tb", escape=True, multirow=False
    )
    return text.replace("±", r"$\pm$").replace("−", "$-$")


def _check(results):
    needed = [*PAIR, "embedding", "seed", "accuracy"]
    absent = [name for name in needed if name not in results]
    if absent or results.empty:
        wrong = f"no column {absent[0]!r}" if absent else "no row"
        raise ValueError(f"These results have {wrong}: take those of run_sweep.")


def _paired(results, embedding, baseline):
    """The gain of each (source, target, seed), in points."""
    _check(results)
    by_embedding = results.pivot_table(
        index=[*PAIR, "seed"], columns="embedding", values="accuracy", sort=False
    )
    for name in (embedding, baseline):
        if name not in by_embedding:
            known = ", ".join(map(repr, by_embedding))
            raise ValueError(f"There are no results of embedding {name!r}: choose from {known}.")
    gain = 100 * (by_embedding[embedding] - by_embedding[baseline])
    if gain.isna().any():
        source, target, seed = gain[gain.isna()].index[0]
        raise ValueError(
            f"{embedding!r} and {baseline!r} were not both measured on {target} from {source} with "
            f"seed {seed}: measure both by the same seeds."
        )
    return gain.rename("gain").reset_index()


def _spread(rows, keys):
    grouped = rows.groupby(keys, sort=False)["accuracy"]
    named = {"mean": "mean", "spread": "std", "lowest": "min", "highest": "max", "seeds": "count"}
    return grouped.agg(**named).reset_index()


def _one_source(results, baseline):
    rows = summarize(results)
    texts = _pivoted(rows, rows["embedding"], "{:.1f}")
    if {FULL, baseline} <= set(results["embedding"]) and baseline != FULL:
        gains = differences(results, FULL, baseline)
        texts = pd.concat([texts, _pivoted(gains, f"{FULL} − {baseline}", "{:+.1f}")])
    return texts.rename_axis(index="embedding", columns=None)


def _pivoted(rows, names, form):
    entries = [
        form.format(mean) + ("" if np.isnan(spread) else f" ± {spread:.1f}")
        for mean, spread in zip(rows["mean"], rows["spread"], strict=True)
    ]
    rows = rows.assign(row=names, entry=entries)
    table = rows.pivot(index="row", columns="target", values="entry").fillna("-")
    return table.loc[rows["row"].unique(), rows["target"].unique()]


def _as_csv(table, caption):
    return (f"# {caption}\n" if caption else "") + table.to_csv(lineterminator="\n")


def _escaped(text):
    for character in "\\&%$#_{}":
        text = text.replace(character, rf"\{character}" if character != "\\" else "/")
    return text


def plot_table(results, source, baseline="fc7", ax=None):
    """The table of one source: mean and spread, and the difference from a row by sign and colour.

    Parameters
    ----------
    results : DataFrame
        Of ``tlcourse.tables.sweep.run_sweep``, of this source or of several.
    source : str
    baseline : str
        The row that the others are compared with, paired by seed.
    ax : matplotlib Axes, optional

    Returns
    -------
    Axes
    """
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
    tint = 0.0 if gain is None else min(abs(gain) / FULL_TINT, 1)
    colour = OKABE_ITO["blue" if (gain or 0) >= 0 else "vermillion"]
    ax.fill_between([x - 0.48, x + 0.48], y - 0.47, y + 0.47, color=colour, alpha=0.45 * tint, lw=0)
    spread_text = "" if spread != spread else f" ± {spread:.1f}"
    ax.text(x, y - 0.17, f"{mean:.1f}{spread_text}", ha="center", va="center", fontsize=15)
    below = "baseline" if gain is None else f"{gain:+.1f}".replace("-", "−")
    weight = "normal" if gain is None else "bold"
    ax.text(x, y + 0.22, below, ha="center", va="center", fontsize=13, fontweight=weight)
