"""Figures of domains and tasks: what is drawn is what was given."""

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

from tlcourse import plots
from tlcourse.plots.pictures import side_by_side


@pytest.fixture(autouse=True)
def own_figures():
    yield
    plt.close("all")


def texts(ax):
    return [text.get_text() for text in ax.texts]


def test_tensor_shows_the_numbers_of_the_part():
    pixels = np.arange(8 * 8 * 3, dtype=np.uint8).reshape(8, 8, 3)
    axes = plots.plot_tensor(Image.fromarray(pixels), corner=(2, 3), size=2).axes
    assert axes[0].get_title(loc="left") + axes[0].get_title() == "8 x 8 x 3"
    for channel in range(3):
        assert texts(axes[channel + 1]) == [str(v) for v in pixels[3:5, 2:4, channel].ravel()]


def test_content_vectors_leave_zeros_empty():
    ax = plots.plot_content_vectors(np.array([[0, 0.5], [1, 0]]), ["a", "b"], ["one", "two"])
    assert texts(ax) == ["0.50", "1.00"]


def test_pictures_lie_in_rows_of_equal_length():
    picture = Image.new("RGB", (12, 12), "red")
    ax = plots.plot_pictures({"few": [picture] * 2, "many": [picture] * 5})
    assert ax.images[0].get_array().shape[:2] == (25, 24)
    assert [label.get_text() for label in ax.get_yticklabels()] == ["few", "many"]


def test_contours_hold_half_and_nine_tenths_of_a_sample():
    sample = np.random.default_rng(0).normal(size=(400, 2))
    ax = plots.plot_density({"normal": sample}, "x", "y")
    outer, inner = ax.collections[0].get_paths()
    assert outer.contains_points(sample).mean() == pytest.approx(0.9, abs=0.02)
    assert inner.contains_points(sample).mean() == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("sample", [np.zeros((5, 2)), np.c_[np.arange(5), np.arange(5)], [[1, 2]]])
def test_a_sample_without_area_has_points_and_no_contours(sample):
    ax = plots.plot_density({"flat": sample})
    assert len(ax.lines) == 1 and not ax.collections


def test_distances_beside_chance():
    distances = {("day", "two"): [0.1, 0.2], ("day", "fc7"): [0.0], ("night", "two"): [1.5],
                 ("night", "fc7"): [1.0]}  # fmt: skip
    ax = plots.plot_distances(distances, {"two": [-0.2, 0.3], "fc7": [0.4, 0.5]})
    assert [list(line.get_ydata()) for line in ax.lines[:4]] == [[0.1, 0.2], [1.5], [0.0], [1.0]]
    bands = [c.get_paths()[0].get_extents() for c in ax.collections[:4]]
    assert [(round(b.y0, 6), round(b.y1, 6)) for b in bands] == [(-0.2, 0.3)] * 2 + [(0.4, 0.5)] * 2


def test_confusion_is_in_percent_of_the_truth():
    ax = plots.plot_confusion(["a", "a", "a", "a", "b"], ["a", "c", "c", "c", "b"], ["a", "b", "c"])
    assert texts(ax) == ["25%", "0%", "75%", "0%", "100%", "0%"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "b"]


def test_who_is_called_what_has_a_bar_and_a_mark_a_seed():
    picture = Image.new("RGB", (64, 64))
    ax = plots.plot_called(
        {"lion": [0.2, 0.4], "wolf": [1.0]}, dict.fromkeys(("lion", "wolf"), picture), "x"
    )
    assert [bar.get_width() for bar in ax.patches] == pytest.approx([30, 100])
    assert [len(line.get_xdata()) for line in ax.lines[:2]] == [2, 1]


def test_reuse_shows_means_and_spread():
    table = {("near", "as it is"): [0.9, 0.8], ("near", "tuned"): [0.95],
             ("far", "as it is"): [0.4], ("far", "tuned"): [0.7, 0.8, 0.9]}  # fmt: skip
    ax = plots.plot_reuse(table)
    assert texts(ax) == ["85", "40", "95", "80"]
    segments = [c.get_segments()[0][:, 1].tolist() for c in ax.collections]
    np.testing.assert_allclose(segments, [[80, 90], [40, 40], [95, 95], [70, 90]])


def test_rows_of_pictures_as_a_page():
    rows = plots.PictureRows({"<day>": [Image.new("RGB", (8, 8))] * 3}, "three  birds")
    page = rows._repr_html_()
    assert repr(rows) == "Pictures: three birds"
    assert 'alt="&lt;day&gt;: three birds"' in page and "data:image/jpeg;base64," in page
    assert side_by_side(rows.rows["<day>"]).size == (24, 8)
    with pytest.raises(ValueError, match="alternative text is empty"):
        plots.PictureRows({}, " ")
    with pytest.raises(ValueError, match="no picture to show"):
        side_by_side([])
