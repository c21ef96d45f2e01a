"""The explorers of notebooks 09 and 10: every control to both ends, and pictures to be read."""

import base64
import re
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
import traitlets

from tlcourse import paths, widgets
from tlcourse.classifiers.score import evaluate_features
from tlcourse.features.extraction import shipped_card, shipped_features
from tlcourse.widgets import layer_histograms, threshold_explorer

FAILED = "could not be shown"
SVG = "{http://www.w3.org/2000/svg}"


def picture_of(page):
    """The SVG in a page, and its alternative text."""
    svg = base64.b64decode(re.search('base64,([^"]*)', page)[1])
    return ElementTree.fromstring(svg), re.search('alt="([^"]*)"', page)[1]


class TestNormalizationExplorer:
    def test_each_control_at_both_ends(self):
        explorer = widgets.NormalizationExplorer()
        for source in explorer.source.options:
            explorer.source.value = source
            shown = explorer.real if source == "imagenet" else explorer.family
            assert explorer.target is shown and shown.layout.display is None
            assert {explorer.real, explorer.family} - {shown} == {
                each for each in (explorer.real, explorer.family) if each.layout.display == "none"
            }
            for control in (explorer.target, explorer.normalization, explorer.C):
                for end in (control.options[-1], control.options[0]):
                    control.value = end
                    assert FAILED not in explorer._readout.value
                    assert 0.1 < explorer.accuracy <= 1
        with pytest.raises(traitlets.TraitError, match="'L3' is not one of"):
            explorer.normalization.value = "L3"

    def test_the_numbers_are_those_of_the_table(self):
        explorer = widgets.NormalizationExplorer("L2 by layer")
        explorer.source.value, explorer.family.value = "manmade", "food"
        run = pd.read_csv(paths.SHIPPED / "measured" / "normalization.csv").query(
            "backbone == 'manmade' and target == 'food' and layers == 'all layers' "
            "and normalization == 'L2 by layer'"
        )
        assert explorer.accuracy == run["accuracy"].item()
        explorer.C.value = "1 for all"
        assert explorer.accuracy == run["at_C_1"].item() and "C = 1" in explorer._readout.value

    def test_it_is_read_without_a_kernel(self):
        page = widgets.NormalizationExplorer()._repr_mimebundle_()["text/html"]
        assert "Normalization: <b>none</b>" in page
        assert "Histograms of the features" in picture_of(page)[1]


def histograms(values, shares=None):
    shares = shares or dict.fromkeys(values, 1 / len(values))
    return ElementTree.fromstring(layer_histograms.draw_histograms(values, shares))


class TestHistograms:
    def test_one_scale_for_all_layers(self):
        drawn = histograms({"weak": np.linspace(0, 1, 500), "strong": np.linspace(0, 10, 500)})
        paths_ = [path.get("d") for path in drawn.iter(f"{SVG}path") if path.get("fill")]
        heights = [[float(y) for y in re.findall(r"V([\d.]+)", path)] for path in paths_]
        weak, strong = (sum(y < max(each) for y in each) for each in heights)
        assert weak < 0.2 * strong

    def test_bars_are_the_shares(self):
        drawn = histograms(dict.fromkeys("ab", np.arange(9.0)), {"a": 0.25, "b": 0.75})
        widths = [float(bar.get("width")) for bar in list(drawn.iter(f"{SVG}rect"))[1:]]
        assert widths[1] == pytest.approx(3 * widths[0], abs=0.2)

    @pytest.mark.parametrize(
        "values", [np.zeros(7), np.full(3, 1e6), np.array([-1, 0, 1], np.int8), np.arange(2) * 1e-9]
    )
    def test_values_at_the_ends_lie_on_the_sheet(self, values):
        drawn = histograms({f"<fc{n}>": values for n in range(15)})
        text = "".join(drawn.itertext())
        assert "<fc6>" in text and "nan" not in text and "-0" not in text.split()
        for mark in (*drawn.iter(f"{SVG}text"), *drawn.iter(f"{SVG}rect")):
            assert 0 <= float(mark.get("y", 0)) < float(drawn.get("height"))
            assert float(mark.get("x", 0)) < float(drawn.get("width"))


@pytest.fixture(scope="module")
def thresholds():
    return widgets.ThresholdExplorer("PACS sketch")


class TestThresholdExplorer:
    def test_each_control_at_both_ends_and_back(self, thresholds):
        before = thresholds._readout.value
        for control in (thresholds.low, thresholds.high):
            usual = control.value
            for end in (control.min, control.max, usual):
                control.value = end
                assert FAILED not in thresholds._readout.value
            with pytest.raises(traitlets.TraitError, match="give a number between"):
                control.value = 9
        thresholds.target.value = "PACS photo"
        assert FAILED not in thresholds._readout.value != before
        thresholds.target.value = "PACS sketch"
        assert thresholds._readout.value == before

    def test_crossed_thresholds_give_a_sentence_and_the_next_setting_works(self, thresholds):
        before = thresholds.low.value, thresholds.high.value
        thresholds.low.value, thresholds.high.value = 0.1, -0.2
        assert "low must be below high." in thresholds._readout.value
        thresholds.low.value, thresholds.high.value = before
        assert FAILED not in thresholds._readout.value

    def test_the_usual_thresholds_are_the_embedding_and_shares_add_up(self):
        accuracy, shares = threshold_explorer.evaluate_thresholds("PACS sketch")
        parts = shipped_features("imagenet", "PACS sketch")
        C = shipped_card("PACS sketch")["scores"]["all layers, ternary"]["C"]
        layers = list(parts[0].layer_sizes)
        result = evaluate_features(*parts, layers, C=C, normalization="discretized")
        assert accuracy == pytest.approx(result.accuracy, abs=0.004)
        assert sum(shares.values()) == pytest.approx(1)
        assert threshold_explorer.evaluate_thresholds("PACS sketch", -2, 2)[1][0] > 0.8

    def test_the_picture_says_what_it_shows(self, thresholds):
        drawn, alt = picture_of(thresholds._repr_mimebundle_()["text/html"])
        colours = [bar.get("fill") for bar in list(drawn.iter(f"{SVG}rect"))[1:]]
        assert "cut at -0.25 and 0.15" in alt
        assert len(colours) == 120 and len(set(colours)) == 3
        assert colours.index(threshold_explorer.COLOURS[0]) == 55  # -3 to -0.25 in steps of 0.05
