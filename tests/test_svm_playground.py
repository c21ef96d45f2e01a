"""The SVM playground: every control to both ends, and pictures that can be read."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest
import traitlets

from tlcourse import widgets
from tlcourse.widgets import svm_playground
from tlcourse.widgets.svm_playground import C_RANGE, LIMIT, SIDE


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

    # a boundary off the plane leaves one side
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

    @pytest.mark.parametrize(
        "points", [[], [[0, 0, 1]], [[0, 0, 0], [1, 1, 0]], [[0, 0, 0], [0, 0, 1]]]
    )
    def test_one_class_or_place_is_said_in_words_and_can_be_left(self, points):
        playground = widgets.SVMPlayground(points)
        assert playground.svm is None
        assert "points of both classes, in different places" in playground.words
        playground.points = [[-1, 0, 0], [1, 0, 1]]
        assert playground.words.startswith("Margin")
        playground.points = points
        assert playground._drawn["regions"] == "" and playground._drawn["support"] == []

    def test_refusals_keep_what_was_there(self):
        playground = widgets.SVMPlayground()
        before = playground.points
        for wrong in ([9, 0, 0], [0, float("nan"), 1], [0, 0, 2]):
            with pytest.raises(
                traitlets.TraitError, match="is no point: give x and y from -3 to 3"
            ):
                playground.points = [wrong]
        with pytest.raises(traitlets.TraitError, match="61 points: 60 at most"):
            playground.points = [[0, 0, 0]] * 61
        for C in (0, 1e4):
            with pytest.raises(traitlets.TraitError, match="give a number from 0.01 to 1000"):
                playground.C = C
        assert playground.points == before
