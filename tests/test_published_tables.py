"""The published tables: numbers with their provenance, and what is wrong in them, not applied."""

import csv

import pandas as pd
import pytest

from tlcourse import paths
from tlcourse.tables import published
from tlcourse.tables.published import (
    corrections,
    published_cells,
    published_part,
    show_published,
)


def published_table(which):
    """Accuracies in percent, without the slide's two rows of marks."""
    marks = ["external data", "fine tuning"]
    return published_part(which, "value").drop(index=marks, errors="ignore")


BOTH = ["mit67", "cub200", "flowers102", "cats-dogs", "caltech101", "textures", "wood"]


def raw():
    """The file read without pandas: {(similarity, data set, row): text}."""
    file = paths.PROJECT / "tlcourse" / "tables" / "published_tables.csv"
    with file.open(newline="", encoding="utf-8") as rows:
        return {(r["similarity"], r["dataset"], r["row"]): r["value"] for r in csv.DictReader(rows)}


def numbers():
    return {key: float(text) for key, text in raw().items() if text[:1].isdigit()}


def test_both_tables_have_the_lectures_shape():
    high, low = (published_table(which) for which in ("high", "low"))
    assert list(high.index) == ["fc6", "fc7", "full-network", "state of the art"]
    assert list(low.index) == ["fc7", "full-network", "difference"]
    assert list(low.columns) == BOTH and len(high.columns) == 9
    assert {str(dtype) for dtype in (*high.dtypes, *low.dtypes)} == {"float64"}


def test_every_value_is_that_of_the_file():
    for (which, dataset, row), value in numbers().items():
        if dataset != "mean":
            assert published_table(which).at[row, dataset] == value


def test_what_is_not_published_is_missing():
    assert pd.isna(published_table("high").at["state of the art", "wood"])


def test_full_network_is_fc7_plus_the_difference_in_the_low_table():
    low = published_table("low")
    assert (low.loc["fc7"] + low.loc["difference"] - low.loc["full-network"]).abs().max() < 1e-9


def test_mean_of_the_seven_differences_and_woods_own():
    value = numbers()
    differences = [value["low", dataset, "difference"] for dataset in BOTH]
    assert sum(differences) / 7 == pytest.approx(10.6, abs=0.05)
    assert value["low", "mean", "difference"] == 10.6
    own = value["low", "wood", "full-network"] - value["low", "wood", "fc7"]
    assert own == pytest.approx(8.7) == value["low", "wood", "difference"]
    misread = [*differences[:-1], 10.6]
    assert sum(misread) / 7 != pytest.approx(10.6, abs=0.05)


def test_mean_drops_of_the_paper_are_those_of_the_two_tables():
    value = numbers()
    for row, stated in (("fc7", 21.2), ("full-network", 13.6)):
        drops = [value["high", dataset, row] - value["low", dataset, row] for dataset in BOTH]
        assert sum(drops) / 7 == pytest.approx(stated, abs=0.05)
        name = "mean drop " + ("fc7" if row == "fc7" else "full-network")
        assert value["low", "mean", name] == stated


def test_with_wood_misread_the_papers_drop_does_not_come_out():
    value = numbers()
    low = value["low", "wood", "fc7"] + 10.6
    drops = [value["high", d, "full-network"] - value["low", d, "full-network"] for d in BOTH[:-1]]
    assert sum([*drops, value["high", "wood", "full-network"] - low]) / 7 < 13.5


def test_every_entry_has_a_provenance():
    cells = published_cells()
    assert set(cells["provenance"]) == set(published.MARKS) == set(published.MEANING)
    part = published_part("low", "provenance")
    assert set(part.loc["full-network"]) == {"derived", "slide"}
    assert part.at["full-network", "wood"] == "slide" and part.at["difference", "wood"] == "derived"
    assert published_part("high", "spread").at["fc7", "wood"] == 6.8


@pytest.mark.parametrize("which", published.TABLES)
def test_marks_and_legend_are_shown_as_text_and_as_html(which):
    shown = show_published(which)
    text, html = repr(shown), shown._repr_html_()
    for meaning in published.MEANING.values():
        assert meaning in text and meaning in html
    for dataset in published_table(which):
        assert dataset in text and dataset in html
    if which == "low":
        assert "35.5 d" in text and "35.5<sup>d</sup>" in html and "23.6<sup>s</sup>" in html
    else:
        assert "70.8 ± 6.6 s" in text and "70.8 ± 6.6<sup>s</sup>" in html
        assert "yes s" in text and "Places2" in text


def test_corrections_are_shown_and_not_applied():
    shown = show_published("high")
    assert shown.marked().at["fine tuning", "caltech101"] == "yes s"
    assert "says that it does not fine-tune" in repr(shown)
    assert "subset of ImageNet" in shown._repr_html_()
    assert "10.6 is the mean of the seven differences" in show_published("low")._repr_html_()


def test_corrections_name_cells_that_are_there_and_their_evidence():
    found = corrections()
    assert {"4", "5", "6", "7", "8", "9"} <= set(found["facts"])
    for row in found.itertuples():
        datasets = set(published_table(row.table).columns)
        named = row.dataset.split(", ")
        assert set(named) <= datasets or row.dataset == "every data set"
        assert row.row in {*published_part(row.table, "value").index, "every row"}
        assert row.slide_says and row.what_is_right and row.evidence
    assert len(corrections("low")) + len(corrections("high")) == len(found)


def test_the_forward_passes_of_the_correction_are_ten_crops_of_every_image():
    from tlcourse.datasets.benchmarks import card_of

    (row,) = corrections()[lambda rows: rows["facts"] == "9"].itertuples()
    assert f"{10 * card_of('flowers102').images:,}" in row.evidence


def test_sorted_by_a_row():
    order = list(show_published("low", "difference").marked().columns)
    assert order[0] == "cats-dogs" and order[-1] == "mit67"
    assert list(show_published("high", "state of the art").marked().columns)[-1] == "wood"


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: published_part("middle", "value"), "no table 'middle': choose 'high' or 'low'"),
        (lambda: published_part("low", "colour"), "no column 'colour': choose from similarity"),
        (lambda: corrections("middle"), "no table 'middle'"),
        (lambda: show_published("low", "fc6"), "no row 'fc6' to sort by: choose from fc7"),
        (lambda: show_published("high", "fine tuning"), "no row 'fine tuning' to sort by"),
        (lambda: show_published("middle"), "no table 'middle'"),
    ],
)
def test_bad_input_is_one_sentence(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
