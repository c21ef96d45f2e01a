"""The lecture's two tables as published: every number with its provenance and its spread.

A number is *slide* (printed in the lecture), *paper* (in the text of Garcia-Gasulla et al., arXiv
1705.07706) or *derived* (computed from those). What is wrong or arguable in the tables is kept
beside them, as corrections: it is shown, and no number is changed by it.
"""

import csv
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


def published_cells():
    """Every entry of both tables.

    Returns
    -------
    DataFrame
        similarity, dataset, pretraining, row, value (percent or points; NaN where it is none),
        text (as published), spread, provenance, state_of_the_art_reference. The rows of the data
        set "mean" are means over the data sets of the low table.
    """
    file = Path(__file__).with_name("published_tables.csv")
    cells = pd.read_csv(file, dtype=str, keep_default_na=False, encoding="utf-8")
    cells["text"] = cells["value"]
    for column in ("value", "spread"):
        cells[column] = pd.to_numeric(cells[column], errors="coerce")
    return cells


def published_table(which):
    """One table in the lecture's shape: rows are embeddings, columns are data sets.

    Parameters
    ----------
    which : {"high", "low"}

    Returns
    -------
    DataFrame of float
        Mean per-class accuracy in percent, differences in points; NaN where nothing is published.
        ``published_part`` has the spreads and provenances in the same shape, and
        ``show_published`` all of it together.

    Raises
    ------
    ValueError
        If there is no such table.
    """
    return published_part(which, "value").drop(index=list(_FLAGS), errors="ignore")


def published_part(which, column):
    """One column of ``published_cells`` in the shape of a table, its two rows of flags included.

    Parameters
    ----------
    which : {"high", "low"}
    column : {"value", "text", "spread", "provenance", "pretraining", "state_of_the_art_reference"}
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


def published_gains():
    """Full network minus fc7, in points, with the near and with the far source.

    Returns
    -------
    DataFrame
        A row a data set of the low table: high, low, and low minus high.
    """
    gains = {which: published_table(which).T for which in TABLES}
    gains = {which: table["full-network"] - table["fc7"] for which, table in gains.items()}
    both = pd.DataFrame(gains).loc[list(gains["low"].index)].round(1)
    return both.assign(**{"low minus high": (both["low"] - both["high"]).round(1)})


def published_drop(row):
    """Mean loss in points from the high to the low table, over the data sets that are in both.

    Parameters
    ----------
    row : {"fc7", "full-network"}
    """
    high, low = (published_table(which) for which in TABLES)
    if row not in ("fc7", "full-network"):
        raise ValueError(f"Both tables have no row {row!r}: choose 'fc7' or 'full-network'.")
    return float((high.loc[row] - low.loc[row]).mean())


def corrections(which=None):
    """What is wrong, garbled or arguable in the tables, and how one knows."""
    if which not in (None, *TABLES):
        raise ValueError(f"There is no table {which!r}: choose 'high' or 'low' (similarity).")
    file = Path(__file__).with_name("published_corrections.csv")
    found = pd.read_csv(file, dtype=str, keep_default_na=False, encoding="utf-8")
    return found if which is None else found[found["table"] == which].reset_index(drop=True)


def show_published(which, sort_by=None):
    """A table with the provenance of each number, a legend, and the corrections below it.

    Parameters
    ----------
    which : {"high", "low"}
    sort_by : str, optional
        A row: the data sets are put in the order of its values, highest first.

    Returns
    -------
    PublishedTable
        Shows in a notebook, and prints.
    """
    values = published_part(which, "value")
    if sort_by is not None and (sort_by not in values.index or sort_by in _FLAGS):
        known = ", ".join(row for row in values.index if row not in _FLAGS)
        raise ValueError(f"There is no row {sort_by!r} to sort by: choose from {known}.")
    order = list(values.columns)
    if sort_by is not None:
        order = list(values.loc[sort_by].sort_values(ascending=False, kind="stable").index)
    return PublishedTable(which, tuple(order))


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
        notes = corrections(self.which)[
            ["dataset", "row", "slide_says", "what_is_right", "evidence"]
        ]
        notes.columns = [name.replace("_", " ") for name in notes.columns]
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


@dataclass(frozen=True)
class PublishedPoint:
    """One point of the published figures."""

    curve: str
    layer: int
    networks: int
    best: float
    last: float


def read_published_curves():
    """The published curves: a list of PublishedPoint, those with a number of layers only."""
    file = Path(__file__).with_name("published_yosinski.csv")
    with file.open(newline="", encoding="utf-8") as rows:
        return [
            PublishedPoint(
                row["curve"],
                int(row["layer_n"]),
                int(row["n_networks"]),
                float(row["top1_mean_of_10_best_evals(paper plots)"]),
                float(row["top1_mean_of_last_10_evals"]),
            )
            for row in csv.DictReader(rows)
            if row["layer_n"]
        ]


def published_curve(name, which="best"):
    """One published curve, as ``{layers copied: accuracy}``.

    Raises
    ------
    ValueError
        If there is no such curve.
    """
    points = [point for point in read_published_curves() if point.curve == name]
    if not points:
        names = ", ".join(dict.fromkeys(point.curve for point in read_published_curves()))
        raise ValueError(f"There is no published curve {name!r}: take one of {names}.")
    return {point.layer: getattr(point, which) for point in points}


def optimism():
    """Points by which the ten best evaluations lie above the ten last ones, of each curve point."""
    return [100 * (point.best - point.last) for point in read_published_curves()]
