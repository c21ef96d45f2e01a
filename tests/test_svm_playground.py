"""The SVM playground: every control to both ends, and pictures that can be read."""

import base64
import re
from xml.etree import ElementTree

import numpy as np
import pytest
import traitlets

from tlcourse import widgets
from tlcourse.widgets import svm_playground
from tlcourse.widgets.svm_playground import C_RANGE, LIMIT, SIDE

SVG = "{http://www.w3.org/2000/svg}"


def picture_in(html):
    """The SVG in an ``<img>``, and its alternative text."""
    encoded = re.search('base64,([^"]*)', html)[1]
    return ElementTree.fromstring(base64.b64decode(encoded)), re.search('alt="([^"]*)"', html)[1]


def drawn_paths(playground, kind):
    """Places of the lines of one kind, in the units of the axes, rounded."""
    drawn = ElementTree.fromstring(f"<g>{playground._drawn['regions']}</g>")
    paths = [path.get("d") for path in drawn if path.get("class", path.get("fill")) == kind]
    numbers = [np.reshape(re.findall(r"[-.\d]+", path), (-1, 2)).astype(float) for path in paths]
    return [((2 * each / SIDE - 1) * [LIMIT, -LIMIT]).round(2).tolist() for each in numbers]


def test_lines_and_regions_are_where_the_score_says():
    playground = widgets.SVMPlayground([[-1, 0, 0], [2, 0, 1]], C=1000)
    lines = {kind: drawn_paths(playground, f"tlc-{kind}") for kind in ("boundary", "margin")}
    assert [{x for x, _ in line} for line in lines["boundary"]] == [{0.5}]
    assert [{x for x, _ in line} for line in lines["margin"]] == [{-1}, {2}]
    for (_, colour, _), ends in zip(svm_playground.CLASSES, ({-3, 0.5}, {0.5, 3}), strict=True):
        (region,) = drawn_paths(playground, colour)
        assert {x for x, _ in region} == ends and {y for _, y in region} == {-3, 3}


def test_a_boundary_off_the_plane_leaves_one_side():
    playground = widgets.SVMPlayground([[x / 10, 0, int(x == 0)] for x in range(9)], C=0.01)
    assert drawn_paths(playground, "tlc-boundary") == [[]]
    regions = [drawn_paths(playground, colour)[0] for _, colour, _ in svm_playground.CLASSES]
    assert sorted(map(len, regions)) == [0, 4]


class TestSVMPlayground:
    def test_it_shows_the_svm_of_its_points(self):
        playground = widgets.SVMPlayground([[-1, 0, 0], [1, 0, 1], [2, 1, 1]], C=1000)
        assert playground.svm.coef_[0] == pytest.approx([1, 0], abs=0.01)
        assert "Margin: 1.00 to each side. 2 support vectors. 0 points inside" in playground.words

    def test_both_ends_of_every_control(self):
        playground = widgets.SVMPlayground()
        inside = []
        for C in C_RANGE:
            playground.C = C
            assert playground.words.startswith("Margin")
            inside.append(int(re.search(r"(\d+) points? inside", playground.words)[1]))
        assert inside[0] > inside[1]
        for corner in ([-LIMIT, -LIMIT], [LIMIT, LIMIT]):
            playground.points = [[*corner, 0], *playground.points[1:]]
            assert playground.words.startswith("Margin")

    def test_points_on_one_place_and_a_full_plane(self):
        playground = widgets.SVMPlayground([[0, 0, 0], [0, 0, 1]])
        assert playground.svm is None and "in different places" in playground.words
        playground.points = [[0.1 * (i % 5), 0.1 * (i // 5), i % 2] for i in range(60)]
        assert len(playground.points) == 60
        with pytest.raises(traitlets.TraitError, match="61 points: 60 at most"):
            playground.points = [*playground.points, [0, 0, 0]]

    @pytest.mark.parametrize("points", [[], [[0, 0, 1]], [[0, 0, 0], [1, 1, 0]]])
    def test_one_class_is_said_in_words_and_can_be_left(self, points):
        playground = widgets.SVMPlayground(points)
        assert playground.svm is None and "points of both classes" in playground.words
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
