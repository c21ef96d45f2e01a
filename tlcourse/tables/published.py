"""The lecture's two tables and the curves of Yosinski et al. 2014, as published.

A number is *slide* (printed in the lecture), *paper* (in the text of Garcia-Gasulla et al., arXiv
1705.07706) or *derived* (computed from those). What is wrong or arguable in the tables is kept
beside them, as corrections: it is shown, and no number is changed by it.
"""

from dataclasses import dataclass
from html import escape
from pathlib import Path

import pandas as pd

TABLES = ("high", "low")
MARKS = {"slide": "s", "paper": "p", "derived": "d"}

MEANING = {
    "slide": "printed on the slide",
    "paper": "in the text of the paper",
    "derived": "derived from those two",
}

TITLES = {
    "high": "High similarity: pre-trained on Places2 for mit67, on ImageNet for the rest",
    "low": "Low similarity: pre-trained on ImageNet for mit67, on Places2 for the rest",
}
_FLAGS = ("external data", "fine tuning")

# Of Yosinski et al.: the paper's plots, which are optimistic, and the mean of the last evaluations.
BEST = "top1_mean_of_10_best_evals(paper plots)"


def _read(name, **options):
    file = Path(__file__).with_name(f"published_{name}.csv")
    return pd.read_csv(file, encoding="utf-8", **options)


def published_cells():
    """Every entry of both tables: one row each.

    similarity, dataset, pretraining, row, value (percent or points; NaN where it is none), text (as
    published), spread, provenance, state_of_the_art_reference. The rows of the data set "mean" are
    means over the data sets of the low table.
    """
    cells = _read("tables", dtype=str, keep_default_na=False)
    cells["text"] = cells["value"]
    for column in ("value", "spread"):
        cells[column] = pd.to_numeric(cells[column], errors="coerce")
    return cells


def published_part(which, column):
    """One column of ``published_cells`` in the lecture's shape, its two rows of flags included.

    Rows are embeddings, columns data sets; ValueError if there is no such table or column.
    """
    if which not in TABLES:
        raise ValueError(f"There is no table {which!r}: choose 'high' or 'low' (similarity).")
    cells = published_cells()
    if column not in cells:
        raise ValueError(f"There is no column {column!r}: choose from {', '.join(cells)}.")
    cells = cells[(cells["similarity"] == which) & (cells["dataset"] != "mean")]
    rows, datasets = cells["row"].unique(), cells["dataset"].unique()
    table = cells.pivot(index="row", columns="dataset", values=column)
    return table.loc[rows, datasets].rename_axis(index=None, columns=None)


def corrections(which=None):
    """What is wrong, garbled or arguable in the tables, and how one knows."""
    if which not in (None, *TABLES):
        raise ValueError(f"There is no table {which!r}: choose 'high' or 'low' (similarity).")
    found = _read("corrections", dtype=str, keep_default_na=False)
    return found if which is None else found[found["table"] == which].reset_index(drop=True)


def show_published(which, sort_by=None):
    """A table with the provenance of each number, a legend, and the corrections below it.

    ``sort_by`` is a row: the data sets are put in the order of its values, highest first. Gives a
    PublishedTable, which shows in a notebook, and prints; ValueError if there is no such row.
    """
    values = published_part(which, "value")
    if sort_by is not None and (sort_by not in values.index or sort_by in _FLAGS):
        known = ", ".join(row for row in values.index if row not in _FLAGS)
        raise ValueError(f"There is no row {sort_by!r} to sort by: choose from {known}.")
    if sort_by is not None:
        values = values.sort_values(sort_by, axis=1, ascending=False, kind="stable")
    return PublishedTable(which, tuple(values.columns))


@dataclass(frozen=True)
class PublishedTable:
    """One published table as text and as HTML."""

    which: str
    order: tuple[str, ...]

    def marked(self, form="{text} {mark}"):
        """Every entry as text with the mark of its provenance, in the lecture's shape."""
        parts = [published_part(self.which, name) for name in ("text", "spread", "provenance")]
        rows = parts[0].index
        entries = {
            dataset: [_entry(form, *(part.at[row, dataset] for part in parts)) for row in rows]
            for dataset in self.order
        }
        table = pd.DataFrame(entries, index=rows)
        source = published_part(self.which, "pretraining").iloc[0][list(self.order)]
        return pd.concat([source.to_frame("pre-trained on").T, table])

    def __repr__(self):
        notes = [
            f"{row.dataset}, {row.row}: slide: {row.slide_says}. Right: {row.what_is_right}. "
            f"Evidence: {row.evidence}."
            for row in corrections(self.which).itertuples()
        ]
        legend = "; ".join(f"{mark}: {MEANING[name]}" for name, mark in MARKS.items())
        lines = [TITLES[self.which], self.marked().to_string(), legend, "Corrections:", *notes]
        return "\n".join(lines)

    def _repr_html_(self):
        marked = self.marked("{text}<sup>{mark}</sup>")
        table = marked.to_html(escape=False, border=0)
        legend = "; ".join(f"<b>{mark}</b> {MEANING[name]}" for name, mark in MARKS.items())
        columns = ["dataset", "row", "slide_says", "what_is_right", "evidence"]
        notes = corrections(self.which)[columns].rename(columns=lambda name: name.replace("_", " "))
        return (
            f'<section aria-label="{escape(TITLES[self.which])}" style="font-size:17px;'
            f'line-height:1.4"><div style="font-weight:700">{escape(TITLES[self.which])}</div>'
            f'<div style="overflow-x:auto;font-size:15px">{table}</div><div>{legend}. '
            'Mean per-class accuracy in percent.</div><div style="font-weight:700;margin-top:10px">'
            'Corrections</div><div style="overflow-x:auto">'
            f"{notes.to_html(index=False, border=0)}</div>"
            "</section>"
        )


def _entry(form, text, spread, provenance):
    if not text:
        return "-"
    text = text if pd.isna(spread) else f"{text} ± {spread:.1f}"
    return form.format(text=text, mark=MARKS[provenance])


def published_curve(name):
    """One published curve, as ``{layers copied: accuracy}``; ValueError if there is none."""
    points = _read("yosinski", float_precision="round_trip").dropna(subset="layer_n")
    curve = points[points["curve"] == name].astype({"layer_n": int})
    if curve.empty:
        names = ", ".join(points["curve"].unique())
        raise ValueError(f"There is no published curve {name!r}: take one of {names}.")
    return dict(zip(curve["layer_n"].tolist(), curve[BEST].tolist(), strict=True))
