"""The published tables: numbers with their provenance, and what is wrong in them, not applied."""

import pandas as pd
import pytest

from tlcourse import paths
from tlcourse.tables import published
from tlcourse.tables.published import published_cells, published_part, show_published

BOTH = ["mit67", "cub200", "flowers102", "cats-dogs", "caltech101", "textures", "wood"]


def published_table(which):
    """Accuracies in percent, without the slide's two rows of marks."""
    marks = ["external data", "fine tuning"]
    return published_part(which, "value").drop(index=marks, errors="ignore")


@pytest.fixture(scope="module")
def value():
    """The file's numbers, read without pandas: {(similarity, data set, row): number}."""
    rows = paths.read_csv(paths.PROJECT / "tlcourse" / "tables" / "published_tables.csv")
    cells = {(row["similarity"], row["dataset"], row["row"]): row["value"] for row in rows}
    return {key: float(text) for key, text in cells.items() if text[:1].isdigit()}


def test_both_tables_have_the_lectures_shape_and_the_files_values(value):
    high, low = (published_table(which) for which in ("high", "low"))
    assert list(high.index) == ["fc6", "fc7", "full-network", "state of the art"]
    assert list(low.index) == ["fc7", "full-network", "difference"]
    assert list(low.columns) == BOTH and len(high.columns) == 9
    assert {str(dtype) for dtype in (*high.dtypes, *low.dtypes)} == {"float64"}
    for (which, dataset, row), number in value.items():
        if dataset != "mean":
            assert published_table(which).at[row, dataset] == number
    assert pd.isna(high.at["state of the art", "wood"])  # what is not published is missing


def test_means_are_those_that_slide_and_paper_state(value):
    high, low = (published_table(which)[BOTH] for which in ("high", "low"))
    assert (low.loc["fc7"] + low.loc["difference"] - low.loc["full-network"]).abs().max() < 1e-9
    means = (high - low).mean(axis=1)
    found = {f"mean drop {row}": means[row] for row in ("fc7", "full-network")}
    stated = {row: number for (_, dataset, row), number in value.items() if dataset == "mean"}
    assert stated == {"difference": 10.6, "mean drop fc7": 21.2, "mean drop full-network": 13.6}
    assert found | {"difference": low.loc["difference"].mean()} == pytest.approx(stated, abs=0.05)


def test_every_entry_has_a_provenance():
    cells = published_cells()
    assert set(cells["provenance"]) == set(published.MARKS) == set(published.MEANING)
    part = published_part("low", "provenance")
    assert set(part.loc["full-network"]) == {"derived", "slide"}
    assert part.at["full-network", "wood"] == "slide" and part.at["difference", "wood"] == "derived"
    assert published_part("high", "spread").at["fc7", "wood"] == 6.8


SHOWN = {"low": ("10.6 is the mean of the seven differences", "35.5 d", "23.6 s")}
SHOWN |= {"high": ("subset of ImageNet", "70.8 ± 6.6 s", "yes s")}


@pytest.mark.parametrize("which", SHOWN)
def test_marks_legend_and_corrections_are_shown_and_not_applied(which):
    text, html = repr(show_published(which)), show_published(which)._repr_html_()
    note, *cells = SHOWN[which]
    for words in (*published.MEANING.values(), *published_table(which), note):
        assert words in text and words in html
    for cell in cells:
        assert cell in text and "{}<sup>{}</sup>".format(*cell.rsplit(" ", 1)) in html


def test_sorted_by_a_row():
    order = list(show_published("low", "difference").marked().columns)
    assert order[0] == "cats-dogs" and order[-1] == "mit67"
    assert list(show_published("high", "state of the art").marked().columns)[-1] == "wood"


def test_bad_input_is_one_sentence():
    with pytest.raises(ValueError, match="no table 'middle'"):
        published_part("middle", "value")
    with pytest.raises(ValueError, match="no column 'colour'"):
        published_part("low", "colour")
    for which, row in (("low", "fc6"), ("high", "fine tuning")):
        with pytest.raises(ValueError, match=f"no row '{row}' to sort by"):
            show_published(which, row)
