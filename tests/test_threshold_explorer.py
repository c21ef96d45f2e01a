"""The threshold explorer: every control to both ends, and what it shows."""

import base64
import re
from xml.etree import ElementTree

import pytest
import traitlets

from tlcourse import widgets
from tlcourse.classifiers.score import evaluate_features
from tlcourse.features.extraction import shipped_card, shipped_features
from tlcourse.widgets import threshold_explorer

FAILED = "could not be shown"


@pytest.fixture(scope="module")
def explorer():
    return widgets.ThresholdExplorer("PACS sketch")


@pytest.mark.parametrize("dial", ["low", "high"])
def test_each_threshold_at_both_ends(explorer, dial):
    control = getattr(explorer, dial)
    before = control.value
    for end in (control.min, control.max, before):
        control.value = end
        assert FAILED not in explorer._readout.value
    with pytest.raises(traitlets.TraitError, match="give a number between"):
        control.value = 9


def test_another_target_and_back(explorer):
    before = explorer._readout.value
    explorer.target.value = "PACS photo"
    assert FAILED not in explorer._readout.value != before
    explorer.target.value = "PACS sketch"
    assert explorer._readout.value == before


def test_crossed_thresholds_give_a_sentence_and_the_next_setting_works(explorer):
    before = explorer.low.value, explorer.high.value
    explorer.low.value, explorer.high.value = 0.1, -0.2
    assert "low is 0.1 and high is -0.2: low must be below high." in explorer._readout.value
    explorer.low.value, explorer.high.value = before
    assert FAILED not in explorer._readout.value


def test_the_usual_thresholds_are_the_embedding_and_shares_add_up():
    accuracy, shares = threshold_explorer.evaluate_thresholds("PACS sketch")
    parts = shipped_features("imagenet", "PACS sketch")
    C = shipped_card("PACS sketch")["scores"]["all layers, ternary"]["C"]
    layers = list(parts[0].layer_sizes)
    result = evaluate_features(*parts, layers, C=C, normalization="discretized")
    assert accuracy == pytest.approx(result.accuracy, abs=0.004)
    assert sum(shares.values()) == pytest.approx(1)
    assert threshold_explorer.evaluate_thresholds("PACS sketch", -2, 2)[1][0] > 0.8


def test_the_picture_is_valid_and_says_what_it_shows(explorer):
    bundle = explorer._repr_mimebundle_()
    bundle = bundle[0] if isinstance(bundle, tuple) else bundle
    page = bundle["text/html"]
    assert "cut at -0.25 and 0.15" in re.search('alt="([^"]*)"', page)[1]
    svg = base64.b64decode(re.search('base64,([^"]*)', page)[1])
    bars = list(ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}rect"))[1:]
    colours = [bar.get("fill") for bar in bars]
    assert len(bars) == 120 and len(set(colours)) == 3
    assert colours.index(threshold_explorer.COLOURS[0]) == 55  # -3 to -0.25 in steps of 0.05
