"""Notebook 09's widget: every control to both ends, and a picture that can be read."""

import base64
import re
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
import traitlets

from tlcourse import paths, widgets
from tlcourse.widgets import layer_histograms

FAILED = "could not be shown"
SVG = "{http://www.w3.org/2000/svg}"


class TestExplorer:
    def test_each_control_at_both_ends(self):
        explorer = widgets.NormalizationExplorer()
        for source in explorer.source.options:
            explorer.source.value = source
            for control in (explorer.target, explorer.normalization, explorer.C):
                for end in (control.options[-1], control.options[0]):
                    control.value = end
                    assert FAILED not in explorer._readout.value
                    assert 0.1 < explorer.accuracy <= 1

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

    def test_one_target_is_offered_at_a_time(self):
        explorer = widgets.NormalizationExplorer()
        assert explorer.family.layout.display == "none" and explorer.real.layout.display is None
        explorer.source.value = "natural"
        assert explorer.real.layout.display == "none" and explorer.target is explorer.family

    def test_unknown_settings(self):
        with pytest.raises(traitlets.TraitError, match="'L3' is not one of"):
            widgets.NormalizationExplorer("L3")

    def test_it_is_read_without_a_kernel(self):
        bundle = widgets.NormalizationExplorer()._repr_mimebundle_()
        assert bundle["text/plain"] == "NormalizationExplorer()"
        assert "Normalization: <b>none</b>" in bundle["text/html"]
        encoded = re.search('base64,([^"]*)', bundle["text/html"])[1]
        ElementTree.fromstring(base64.b64decode(encoded))
        assert "Histograms of the features" in re.search('alt="([^"]*)"', bundle["text/html"])[1]


class TestHistograms:
    def drawing(self, values, shares=None):
        shares = shares or dict.fromkeys(values, 1 / len(values))
        return ElementTree.fromstring(layer_histograms.draw_histograms(values, shares))

    def test_one_scale_for_all_layers(self):
        values = {"weak": np.linspace(0, 1, 500), "strong": np.linspace(0, 10, 500)}
        weak, strong = (
            [float(y) for y in re.findall(r"V([\d.]+)", path.get("d"))]
            for path in self.drawing(values).iter(f"{SVG}path")
            if path.get("fill")
        )
        filled = [sum(y < max(heights) for y in heights) for heights in (weak, strong)]
        assert filled[0] < 0.2 * filled[1]

    def test_bars_are_the_shares(self):
        values = {"a": np.arange(9.0), "b": np.arange(9.0)}
        bars = list(self.drawing(values, {"a": 0.25, "b": 0.75}).iter(f"{SVG}rect"))[1:]
        widths = [float(bar.get("width")) for bar in bars]
        assert widths[1] == pytest.approx(3 * widths[0], abs=0.2)

    @pytest.mark.parametrize(
        "values", [np.zeros(7), np.full(3, 1e6), np.array([-1, 0, 1], np.int8), np.arange(2) * 1e-9]
    )
    def test_values_at_the_ends(self, values):
        text = "".join(self.drawing({"<fc6>": values}).itertext())
        assert "<fc6>" in text and "nan" not in text and "-0" not in text.split()

    def test_it_lies_on_the_sheet(self):
        drawn = self.drawing({f"conv{n}": np.arange(5.0) for n in range(15)}, None)
        height = float(drawn.get("height"))
        for mark in (*drawn.iter(f"{SVG}text"), *drawn.iter(f"{SVG}rect")):
            assert 0 <= float(mark.get("y", 0)) < height
            assert float(mark.get("x", 0)) < float(drawn.get("width"))
