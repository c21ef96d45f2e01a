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
    """Mean and spread over seeds, in percent: source, target, embedding, mean, spread (standard
    deviation, n - 1; NaN for one seed), lowest, highest, seeds. ValueError without results.
    """
    _check(results)
    return _spread(results.assign(accuracy=100 * results["accuracy"]), [*PAIR, "embedding"])


def differences(results, embedding=FULL, baseline=BASELINE):
    """What an embedding gains over another, in points, paired by seed.

    Columns: source, target, and mean to seeds as of ``summarize``.

    Raises
    ------
    ValueError
        If one of the two was not measured on a pair, or by other seeds.
    """
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
    return _spread(gain.rename("accuracy").reset_index(), PAIR)


def measured_table(results, source=None):
    """The lecture's table: rows are embeddings, columns targets, entries "mean ± spread".

    Without a source all of them, in rows (source, embedding). The last row is the full network
    minus fc7, where both were measured.
    """
    _check(results)
    if source is None:
        tables = {name: measured_table(results, name) for name in results["source"].unique()}
        return pd.concat(tables, names=["source"])
    results = of_source(results, source)
    rows = summarize(results)
    texts = _pivoted(rows, rows["embedding"], "{:.1f}")
    if {FULL, BASELINE} <= set(results["embedding"]):
        gains = _pivoted(differences(results), f"{FULL} − {BASELINE}", "{:+.1f}")
        texts = pd.concat([texts, gains])
    return texts.rename_axis(index="embedding", columns=None)


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
    """Write a table as CSV (UTF-8) or LaTeX (with booktabs), as the file's ending says.

    It appears only when whole. The caption is a comment in the first line of the CSV, ``# ...``.

    Raises
    ------
    ValueError
        If the ending is neither ``.csv`` nor ``.tex``.
    """
    file = Path(file).expanduser()
    if file.suffix not in (".csv", ".tex"):
        raise ValueError(f"{file.name} ends in {file.suffix!r}: name a file .csv or .tex.")
    if file.suffix == ".csv":
        text = (f"# {caption}\n" if caption else "") + table.to_csv(lineterminator="\n")
    else:
        text = as_latex(table, caption)
    paths.write_text(file, text)
    return file


def as_latex(table, caption=""):
    """A table as LaTeX with booktabs; special characters are escaped."""
    caption = caption.replace("\\", "/")
    for character in "&%$#_{}":
        caption = caption.replace(character, rf"\{character}")
    text = table.to_latex(caption=caption or None, position="tb", escape=True, multirow=False)
    return text.replace("±", r"$\pm$").replace("−", "$-$")


def _check(results):
    needed = [*PAIR, "embedding", "seed", "accuracy"]
    absent = [name for name in needed if name not in results]
    if absent or results.empty:
        wrong = f"no column {absent[0]!r}" if absent else "no row"
        raise ValueError(f"These results have {wrong}: take those of run_sweep.")


def _spread(rows, keys):
    grouped = rows.groupby(keys, sort=False)["accuracy"]
    named = {"mean": "mean", "spread": "std", "lowest": "min", "highest": "max", "seeds": "count"}
    return grouped.agg(**named).reset_index()


def _pivoted(rows, names, form):
    entries = [
        form.format(mean) + ("" if np.isnan(spread) else f" ± {spread:.1f}")
        for mean, spread in zip(rows["mean"], rows["spread"], strict=True)
    ]
    rows = rows.assign(row=names, entry=entries)
    table = rows.pivot(index="row", columns="target", values="entry").fillna("-")
    return table.loc[rows["row"].unique(), rows["target"].unique()]


def plot_table(results, source, baseline=BASELINE):
    """The table of one source: mean and spread, and the difference from a row by sign and colour.

    ``baseline`` is the row that the others are compared with, paired by seed. Gives the Axes.
    """
    results = of_source(results, source)
    rows = summarize(results)
    embeddings, targets = (list(rows[name].unique()) for name in ("embedding", "target"))
    ax = new_axes(height=1.3 + 0.72 * len(embeddings))
    gains = {
        (embedding, row.target): row.mean
        for embedding in embeddings
        if embedding != baseline
        for row in differences(results, embedding, baseline).itertuples()
    }
    for row in rows.itertuples():
        place = (targets.index(row.target), embeddings.index(row.embedding))
        _draw_entry(ax, place, row.mean, row.spread, gains.get((row.embedding, row.target)))
    ax.set(xlim=(-0.5, len(targets) - 0.5), ylim=(len(embeddings) - 0.5, -0.5))
    ax.set_xticks(range(len(targets)), targets)
    ax.set_yticks(range(len(embeddings)), embeddings)
    ax.xaxis.tick_top()
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    words = "accuracy (%) ± spread of seeds; below it, points over"
    ax.set_xlabel(f"source {source}: {words} {baseline}")
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
