"""Notebook 09's widget and figures: every control to both ends, and pictures that can be read."""

import base64
import re
from functools import partial
from xml.etree import ElementTree

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import pytest
import traitlets

from tlcourse import plots, widgets
from tlcourse.classifiers import score
from tlcourse.classifiers.svm import LinearSVM
from tlcourse.features.normalization import NORMALIZATIONS
from tlcourse.widgets import layer_histograms, normalization_explorer

FAILED = "could not be shown"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(autouse=True)
def no_figure_is_left():
    yield
    plt.close("all")


def fake_answer(source, target, layer_set, normalization, C):
    return [0.2, 0.4], f"<b>{source} {target} {layer_set} {normalization} {C}</b>"


class TestExplorer:
    def test_each_control_at_both_ends(self):
        explorer = widgets.NormalizationExplorer(layers="one layer: fc7")
        for control in (explorer.source, explorer.layers, explorer.normalization, explorer.C):
            for end in (control.options[-1], control.options[0]):
                control.value = end
                assert FAILED not in explorer._readout.value
                assert 0.1 < explorer.accuracy < 1
        for end in (explorer.target.options[0], explorer.target.options[-1]):
            explorer.target.value = end
            assert FAILED not in explorer._readout.value

    def test_every_combination_reaches_the_answer(self):
        explorer = widgets.NormalizationExplorer(answer=fake_answer)
        explorer.layers.value = "two: conv1_1, fc7"
        explorer.C.value = "to scale"
        explorer.source.value, explorer.target.value = "manmade", "food"
        assert "<b>manmade food conv1_1 fc7 none to scale</b>" in explorer._readout.value
        assert explorer.accuracy == pytest.approx(0.3)

    def test_normalizations_are_known(self):
        shown = set(widgets.NormalizationExplorer(answer=fake_answer).normalization.options)
        assert shown == set(NORMALIZATIONS) - {normalization_explorer.WITHOUT}

    def test_the_answer_is_that_of_the_package(self):
        from tlcourse.classifiers.normalization_trials import accuracies

        explorer = widgets.NormalizationExplorer("L2 by layer", "two: conv1_1, fc7")
        expected = accuracies("natural", "insects", ("conv1_1", "fc7"), "L2 by layer")
        assert explorer.accuracy == pytest.approx(np.mean(expected))
        assert "fc7 holds" in explorer._readout.value
        assert "with 97% of the features" in explorer._readout.value

    def test_an_unfinished_svm_is_told_whatever_was_measured_before(self, monkeypatch):
        setting = ("natural", "insects", "fc7", "none", "1")
        for unfinished in (True, False):
            with monkeypatch.context() as patch:
                passes = 2 if unfinished else 5000
                patch.setattr(score, "LinearSVM", partial(LinearSVM, max_iter=passes))
                score._evaluate.cache_clear()
                for _ in range(2):
                    normalization_explorer.measured_answer.cache_clear()
                    html = normalization_explorer.measured_answer(*setting)[1]
                    assert (normalization_explorer.UNFINISHED in html) is unfinished
        score._evaluate.cache_clear()

    def test_a_failure_is_a_sentence_and_the_next_setting_works(self):
        def answer(source, *setting):
            if source == "manmade":
                raise RuntimeError("The features of <manmade> are truncated.")
            return fake_answer(source, *setting)

        explorer = widgets.NormalizationExplorer(answer=answer)
        explorer.source.value = "manmade"
        assert explorer.accuracy is None
        assert f"{FAILED}. The features of &lt;manmade&gt;" in explorer._readout.value
        explorer.source.value = "natural"
        assert explorer.accuracy is not None

    def test_unknown_settings(self):
        with pytest.raises(traitlets.TraitError, match="'L3' is not one of none, L2 per image"):
            widgets.NormalizationExplorer("L3", answer=fake_answer)

    def test_it_is_read_without_a_kernel(self):
        bundle = widgets.NormalizationExplorer(layers="one layer: fc7")._repr_mimebundle_()
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


class TestFigures:
    def test_correlations_have_a_tile_for_each_pair(self):
        layers = ["conv1_1", "conv1_2", "fc6"]
        panels = {"measured": np.eye(3), "shuffled": np.zeros((3, 3))}
        figure = plots.plot_layer_correlations(panels, layers)
        left, right, bar = figure.axes
        assert [ax.get_title("left") or ax.get_title() for ax in (left, right)] == list(panels)
        assert [label.get_text() for label in left.get_xticklabels()] == layers
        np.testing.assert_array_equal(left.images[0].get_array(), np.eye(3))
        colours = {tuple(left.images[0].to_rgba(value)) for value in np.linspace(0, 1, 101)}
        assert len(colours) == 6

    def test_shares_are_written_on_the_bars(self):
        ax = plots.plot_convolution_shares({"VGG16": {"before": 0.9994, "after": 0.3402}})
        assert [text.get_text() for text in ax.texts] == ["99.9%", "34.0%"]
        assert [bar.get_width() for bar in ax.patches] == pytest.approx([99.94, 34.02])
        assert ax.patches[0].get_hatch() != ax.patches[1].get_hatch()

    def test_strengths_show_the_median(self):
        values = {"natural": {"fc6": [1, 2, 9], "fc7": [4]}, "manmade": {"fc6": [3], "fc7": [5]}}
        ax = plots.plot_strengths(values, "strength")
        assert [line.get_ydata().tolist() for line in ax.lines] == [[2, 4], [3, 5]]
        assert ax.lines[0].get_marker() != ax.lines[1].get_marker()
        assert ax.get_yscale() == "log"

    def test_neuron_shows_shares_of_each_target(self):
        panel = {"insects": np.linspace(0, 1, 40), "vehicles": np.zeros(10)}
        figure = plots.plot_neuron({"before": panel}, {"before": {"insects": 0.4, "vehicles": 0.4}})
        (ax,) = figure.axes
        assert [line.get_xdata()[0] for line in ax.lines] == [0.4, 0.4]
        assert ax.get_ylim()[1] >= 1

    def test_accuracy_over_C_has_both_axes(self):
        measured = {"none": {(1e-3, 0.1): [0.3, 0.4], (1e-2, 1.0): [0.5, 0.5]}}
        left, right = plots.plot_accuracy_over_C(measured).axes
        assert left.lines[0].get_xdata() == pytest.approx([-3, -2])
        assert right.lines[0].get_xdata() == pytest.approx([-1, 0])
        assert left.lines[0].get_ydata() == pytest.approx([35, 50])
