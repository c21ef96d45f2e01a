"""The widgets of notebook 05: every control to both ends, and pictures that can be read."""

import base64
import re
from types import SimpleNamespace
from xml.etree import ElementTree

import numpy as np
import pytest
import traitlets

from tlcourse import widgets
from tlcourse.classifiers.decision_boundaries import C_RANGE, linear_boundary
from tlcourse.classifiers.kernels import KERNELS
from tlcourse.classifiers.plane import DATA_SETS
from tlcourse.widgets import network_cut, plane_drawing

SVG = "{http://www.w3.org/2000/svg}"


def picture_in(html):
    """The SVG in an ``<img>``, and its alternative text."""
    encoded = re.search('base64,([^"]*)', html)[1]
    return ElementTree.fromstring(base64.b64decode(encoded)), re.search('alt="([^"]*)"', html)[1]


class TestPlane:
    def test_corners(self):
        limit, side = plane_drawing.LIMIT, plane_drawing.SIDE
        found = plane_drawing.to_pixels([[-limit, limit], [limit, -limit], [0, 0]])
        assert found.tolist() == [[0, 0], [side, side], [side / 2, side / 2]]

    def test_boundary_is_drawn_where_the_score_is_zero(self):
        scores = plane_drawing.grid() @ [1.0, 0.0] - 1.5
        drawn = ElementTree.fromstring(f"<g>{plane_drawing.draw_regions(scores)}</g>")
        paths = {
            kind: [p.get("d") for p in drawn if p.get("class") == f"tlc-{kind}"]
            for kind in ("boundary", "margin")
        }
        numbers = [float(n) for n in re.findall(r"[\d.]+", paths["boundary"][0])]
        assert numbers[::2] == pytest.approx(
            [plane_drawing.SIDE * 0.75] * len(numbers[::2]), abs=0.1
        )
        assert len(paths["margin"]) == 2

    @pytest.mark.parametrize("score", [-5.0, 5.0])
    def test_one_side_only(self, score):
        drawn = plane_drawing.draw_regions(np.full(plane_drawing.CELLS**2, score))
        colour = plane_drawing.CLASSES[int(score > 0)][1]
        assert drawn.count("<path") == 1 and colour in drawn

    def test_classes_differ_in_shape_as_well(self):
        drawn = plane_drawing.draw_points([[0, 0]] * 4, [0, 1, 2, 3], support=[2])
        assert len(set(re.findall(' d="([^"]*)"', drawn))) == 4
        assert drawn.count("tlc-support") == 1


class TestSVMPlayground:
    def test_it_shows_the_svm_of_its_points(self):
        playground = widgets.SVMPlayground([[-1, 0, 0], [1, 0, 1], [2, 1, 1]], C=1000)
        table = np.array(playground.points)
        expected = linear_boundary(table[:, :2], table[:, 2], 1000)
        assert playground.boundary.margin == expected.margin == pytest.approx(1, abs=0.01)
        assert "Margin: 1.00 to each side. 2 support vectors. 0 points inside" in playground.words

    def test_both_ends_of_every_control(self):
        playground = widgets.SVMPlayground()
        inside = []
        for C in C_RANGE:
            playground.C = C
            assert playground.words.startswith("Margin")
            inside.append(playground.boundary.inside)
        assert inside[0] > inside[1]
        limit = plane_drawing.LIMIT
        for corner in ([-limit, -limit], [limit, limit]):
            playground.points = [[*corner, 0], *playground.points[1:]]
            assert playground.words.startswith("Margin")

    def test_points_on_one_place_and_a_full_plane(self):
        playground = widgets.SVMPlayground([[0, 0, 0], [0, 0, 1]])
        assert playground.boundary is None and "in different places" in playground.words
        playground.points = [[0.1 * (i % 5), 0.1 * (i // 5), i % 2] for i in range(60)]
        assert len(playground.points) == 60
        with pytest.raises(traitlets.TraitError, match="61 points: 60 at most"):
            playground.points = [*playground.points, [0, 0, 0]]

    @pytest.mark.parametrize("points", [[], [[0, 0, 1]], [[0, 0, 0], [1, 1, 0]]])
    def test_one_class_is_said_in_words_and_can_be_left(self, points):
        playground = widgets.SVMPlayground(points)
        assert playground.boundary is None and "points of both classes" in playground.words
        playground.points = [[-1, 0, 0], [1, 0, 1]]
        assert playground.words.startswith("Margin")
        playground.points = points
        assert playground._drawn["regions"] == "" and playground._drawn["support"] == []

    def test_every_question_gets_an_answer(self):
        playground, numbers = widgets.SVMPlayground([[-1, 0, 0], [1, 0, 1], [2.5, 0, 1]]), []
        playground.observe(lambda change: numbers.append(change.new["number"]), "_drawn")
        before = playground._drawn
        playground.points = [*playground.points[:2], [2.6, 0, 1]]  # no support vector moved
        assert len(numbers) == 1
        assert {**playground._drawn, "number": 0} == {**before, "number": 0}

    def test_refusals_keep_what_was_there(self):
        playground = widgets.SVMPlayground()
        before = playground.points
        for wrong in ([9, 0, 0], [0, float("nan"), 1], [0, 0, 2]):
            with pytest.raises(
                traitlets.TraitError, match="is no point: give x and y from -3 to 3"
            ):
                playground.points = [wrong]
        for C in (0, 1e4):
            with pytest.raises(traitlets.TraitError, match="give a number from 0.01 to 1000"):
                playground.C = C
        assert playground.points == before

    def test_bundle_has_a_static_picture_with_alternative_text(self):
        bundle, _ = widgets.SVMPlayground()._repr_mimebundle_()
        svg, alt = picture_in(bundle["text/html"])
        dots = [p for p in svg.iter(f"{SVG}path") if "tlc-dot" in p.get("class", "")]
        assert len(dots) == 16 and "Margin:" in alt
        assert bundle["text/plain"] == "SVMPlayground(16 points)"


class TestKernelExplorer:
    def test_every_kernel_on_every_data_set(self):
        explorer, found = widgets.KernelExplorer(), {}
        for data_set in DATA_SETS:
            for kernel in KERNELS:
                explorer.data_set.value, explorer.kernel.value = data_set, kernel
                found[data_set, kernel] = explorer.accuracy
                _, alt = picture_in(explorer._readout.value)
                assert f"{kernel} SVM on {data_set}" in alt
        assert found["circles", "linear"] < 0.7 < 0.95 < found["circles", "RBF"]
        assert found["moons", "quadratic"] < found["moons", "cubic"]

    def test_bundle(self):
        bundle = widgets.KernelExplorer("moons", "RBF")._repr_mimebundle_()
        assert "Data set: moons. Kernel: RBF." in bundle["text/html"]
        picture_in(bundle["text/html"])


class TestNetworkCut:
    SIZES = {"conv1_1": 3, "conv5_1": 4, "fc6": 2, "fc7": 5}

    def widget(self, measure=None, **options):
        matrices = {
            layer: np.random.default_rng(size).normal(size=(12, size))
            for layer, size in self.SIZES.items()
        }
        features = SimpleNamespace(layer_sizes=self.SIZES, select=matrices.get)
        measure = measure or (lambda X, y: [X.shape[1] / 10, X.shape[1] / 5])
        labels = np.arange(12) % 4
        return widgets.NetworkCut(features, labels, ["cat", "dog", "<o>", "w"], measure, **options)

    def test_every_cut_is_measured_once(self):
        asked = []

        def measure(matrix, labels):
            asked.append(matrix.shape)
            return [0.25, 0.75]

        widget = self.widget(measure)
        for layer in [*self.SIZES, *self.SIZES]:
            widget.cut.value = layer
            assert widget.accuracy == 0.5 and f"linear SVM on {layer}" in widget._readout.value
        assert sorted(asked) == [(12, 2), (12, 3), (12, 4), (12, 5)]

    def test_ends_of_the_network_and_of_accuracy(self):
        widget = self.widget(value="conv1_1")
        assert widget.cut.kept == ["conv1_1"] and widget.accuracy == pytest.approx(0.45)
        widget.cut.value = "fc7"
        assert widget.cut.kept == list(self.SIZES) and "4 layers" in widget._readout.value
        for accuracy in (0.0, 1.0):
            assert (
                f"{100 * accuracy:.1f}%" in self.widget(lambda *_, a=accuracy: [a])._readout.value
            )

    def test_unknown_layer_keeps_the_value(self):
        widget = self.widget()
        with pytest.raises(traitlets.TraitError, match="no layer 'fc9': cut after one of conv1_1"):
            widget.cut.value = "fc9"
        assert widget.cut.value == "fc7"

    def test_two_directions_are_the_principal_ones(self):
        rng = np.random.default_rng(0)
        hidden = rng.normal(size=(200, 1))
        matrix = hidden + 0.1 * rng.normal(size=(200, 6))
        places = network_cut.first_two_directions(matrix)
        assert abs(np.corrcoef(places[:, 0], hidden[:, 0])[0, 1]) > 0.97
        assert np.abs(places).max() <= plane_drawing.LIMIT
        assert np.isfinite(network_cut.first_two_directions(np.ones((5, 3)))).all()

    def test_bundle_has_the_drawing_and_the_classes(self):
        bundle = self.widget(value="fc6")._repr_mimebundle_()
        assert "selected: conv1_1, conv5_1, fc6." in bundle["text/html"]
        assert (
            "cat: blue circle; dog: orange square; &lt;o&gt;: green triangle" in bundle["text/html"]
        )
