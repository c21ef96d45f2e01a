"""Figures of notebook 07: what is drawn is what was given."""

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import pytest

from tlcourse import plots
from tlcourse.networks.units import ReceptiveField

LEVELS = {"a point": ("hue",), "the whole": ("species",)}
LINES = {
    "species": {"conv1_1": [0.25, 0.27], "fc7": [0.7, 0.8]},
    "noise": {"conv1_1": [0.25, 0.25], "fc7": [0.24, 0.26]},
    "hue": {"conv1_1": [0.9, 0.92], "fc7": [0.4, 0.4]},
}


@pytest.fixture(autouse=True)
def own_figures():
    yield
    plt.close("all")


def test_filters_lie_in_rows_with_their_kind():
    filters = {name: np.linspace(-1, 1, 54).reshape(2, 3, 3, 3) for name in ("one", "two")}
    shares = {"one": [0.9, 0.1], "two": [0.2, 0.51]}
    ax = plots.plot_filters(filters, shares)
    kinds = [text.get_text() for text in ax.texts]
    assert kinds == ["colour", "edge", "edge", "colour"]
    assert np.allclose(ax.images[0].get_array(), (1 + filters["one"][0]) / 2)
    corners = [(image.get_extent()[0], image.get_extent()[3]) for image in ax.images]
    assert corners == [(0, 0), (4, 0), (0, 5), (4, 5)]


def test_receptive_fields_stop_at_the_picture():
    fields = {"conv1_1": ReceptiveField(3, 1, 0.5), "conv5_2": ReceptiveField(140, 16, 8)}
    ax = plots.plot_receptive_fields(fields, 64)
    assert [bar.get_height() for bar in ax.patches] == [3, 64]
    assert [text.get_text() for text in ax.texts] == ["3", "all"]
    assert [bar.get_hatch() for bar in ax.patches] == ["", "//"]


def test_probes_by_level_with_the_best_framed_and_controls_last():
    ax = plots.plot_probes(LINES, LEVELS)
    rows = [label.get_text() for label in ax.get_yticklabels()]
    assert rows == ["hue (a point)", "species (the whole)", "noise (control)"]
    texts = [text.get_text() for text in ax.texts]
    assert texts == ["91", "40", "26", "75", "25", "25"]
    framed = [text.get_text() for text in ax.texts if text.get_bbox_patch() is not None]
    assert framed == ["91", "75"]


def test_gains_show_mean_and_ends():
    points = {"fc7": [-2.0, 0.0], "all layers": [1.0, 5.0]}
    figure = plots.plot_gains({"left": {"near": points}, "right": {"far": points}}, "points")
    left, right = figure.axes
    assert left.lines[0].get_ydata() == pytest.approx([-1, 3])
    band = left.collections[0].get_paths()[0].vertices[:, 1]
    assert (band.min(), band.max()) == (-2, 5)
    assert left.get_title(loc="left") + left.get_title() == "left"
    assert right.get_legend_handles_labels()[1] == ["far"]
    assert [label.get_text() for label in left.get_xticklabels()] == ["fc7", "all layers"]
