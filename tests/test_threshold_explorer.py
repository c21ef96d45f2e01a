"""The threshold explorer: every control to both ends; and the figures of the embedding."""

import base64
import re
from types import SimpleNamespace
from xml.etree import ElementTree

import matplotlib.pyplot as plt
import numpy as np
import pytest
import traitlets

from tlcourse import plots, widgets
from tlcourse.features.characteristic import largest_gaps
from tlcourse.widgets import threshold_explorer

FAILED = "could not be shown"


@pytest.fixture(scope="module")
def real():
    return widgets.ThresholdExplorer()


@pytest.fixture
def asked(monkeypatch):
    monkeypatch.setattr(threshold_explorer, "_without_thresholds", lambda *_: 0.4)
    monkeypatch.setattr(threshold_explorer, "_histogram", lambda *_: np.ones(120))
    return []


def explorer_that_asks(asked):
    def evaluate(source, family, low, high):
        asked.append((source, family, low, high))
        if not low < high:
            raise ValueError(f"low is {low} and high is {high}: low must be below high.")
        shares = {-1: 0.25, 0: 0.25, 1: 0.5}
        sizes = {"float32": 4000, "int8": 1000, "2 bits": 250}
        return SimpleNamespace(accuracy=0.5, shares=shares, bytes=sizes, seconds=0.02, passes=9)

    return widgets.ThresholdExplorer(families=("insects", "food"), evaluate=evaluate)


@pytest.mark.parametrize("dial", ["low", "high"])
def test_each_threshold_at_both_ends(real, dial):
    control = getattr(real, dial)
    before = control.value
    for end in (control.min, control.max, before):
        control.value = end
        assert FAILED not in real._readout.value and real.result is not None
    with pytest.raises(traitlets.TraitError, match="give a number between"):
        control.value = 9


def test_every_source_and_target(real):
    for control in (real.source, real.family):
        for option in (*control.options, control.options[0]):
            control.value = option
            assert FAILED not in real._readout.value
    assert real.result.bytes["2 bits"] * 16 == real.result.bytes["float32"]


def test_crossed_thresholds_give_a_sentence_and_the_next_setting_works(asked):
    explorer = explorer_that_asks(asked)
    explorer.low.value = 0.1
    explorer.high.value = -0.2
    assert explorer.result is None
    assert "low is 0.1 and high is -0.2: low must be below high." in explorer._readout.value
    explorer.low.value = -0.3
    assert explorer.result is not None and FAILED not in explorer._readout.value
    assert asked[-1] == ("natural", "insects", -0.3, -0.2)


def test_the_readout_says_shares_bytes_time_and_the_difference(asked):
    explorer = explorer_that_asks(asked)
    page = re.sub("<[^>]*>", "", explorer._readout.value)
    assert page.startswith("50.0% mean class accuracy, +10.0 points")
    assert "\N{MINUS SIGN}1 is 25%, 0 is 25%, 1 is 50%" in page
    assert "float32 4 kB, int8 1 kB, 2 bits 0 kB" in page and "20 ms, 9 passes" in page


def test_the_picture_is_valid_and_says_what_it_shows(asked):
    bundle = explorer_that_asks(asked)._repr_mimebundle_()
    bundle = bundle[0] if isinstance(bundle, tuple) else bundle
    assert bundle["text/plain"] == "ThresholdExplorer()"
    page = bundle["text/html"]
    assert "low: below it is" in page
    assert "cut at -0.25 and 0.15" in re.search('alt="([^"]*)"', page)[1]
    svg = base64.b64decode(re.search('base64,([^"]*)', page)[1])
    bars = list(ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}rect"))[1:]
    colours = [bar.get("fill") for bar in bars]
    assert len(bars) == 120 and len(set(colours)) == 3
    assert colours.index(threshold_explorer.COLOURS[0]) == 55  # -3 to -0.25 in steps of 0.05


# Figures


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def test_shares_fill_the_bar():
    ax = plots.plot_shares({"fc7": {-1: 0.6, 0: 0.1, 1: 0.3}, "bell": {-1: 0.4, 0: 0.2, 1: 0.4}})
    widths = [bar.get_width() for bar in ax.patches]
    assert widths == pytest.approx([60, 10, 30, 40, 20, 40])
    assert [text.get_text() for text in ax.texts] == ["60", "10", "30", "40", "20", "40"]


def test_differences_show_every_draw_and_the_mean():
    ax = plots.plot_differences({("a", "x"): [1, 3], ("a", "y"): [-1, -2]}, "points")
    assert [text.get_text() for text in ax.texts] == ["+2.0", "-1.5"]
    drawn = [line.get_ydata() for line in ax.lines if len(line.get_ydata()) == 2]
    assert [list(y) for y in drawn[:2]] == [[1, 3], [-1, -2]]


def test_steps_write_the_mean_of_the_targets_and_names_do_not_overlap():
    rows = {"a": {"none": [0.2, 0.4], "L2": [0.5]}, "b": {"none": [0.5], "L2": [0.5]}}
    ax = plots.plot_steps(rows)
    texts = {text.get_text(): text for text in ax.texts}
    assert {"a", "b", "40.0", "50.0"} == set(texts)
    assert texts["a"].get_position()[1] != texts["b"].get_position()[1]


def test_grid_has_lows_as_rows():
    ax = plots.plot_threshold_grid({(-1, 1): 0.5, (-1, 2): 0.25, (0, 1): 0.1, (0, 2): 0.2})
    assert [text.get_text() for text in ax.texts] == ["50.0", "25.0", "10.0", "20.0"]
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["-1", "0"]


def test_marks_go_to_both_sides():
    ax = plots.plot_marks({"gull": (30, 10)}, (3, 2))
    assert sorted(bar.get_width() for bar in ax.patches) == [-10, 30]
    assert sorted(line.get_xdata()[0] for line in ax.lines if len(line.get_xdata()) == 2)[0] == -2


def test_means_carry_their_marks():
    ax = plots.plot_class_means([[2.0, -2.0], [0.0, 0.1]], [[1, -1], [0, 0]], ["a", "b"], "xy")
    assert [text.get_text() for text in ax.texts] == ["+", "\N{MINUS SIGN}", "", ""]


def test_gaps_are_where_they_were_found():
    values = np.array([-1.0, -0.9, 0.0, 0.1, 1.0, 1.1])
    gaps = largest_gaps(values, np.array([-1, -1, 0, 0, 1, 1]))
    ax = plots.plot_gaps(gaps, (-0.25, 0.15))
    assert [text.get_text() for text in ax.texts] == [f"{gaps.low:.2f}", f"{gaps.high:.2f}"]
    uprights = [line.get_xdata()[0] for line in ax.lines[3:]]
    assert uprights == [gaps.low, gaps.high, -0.25, 0.15]
