"""The look of figures: colours, sizes, spread over seeds, alternative text."""

import subprocess
import sys
from itertools import combinations

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

from tlcourse import plots
from tlcourse.plots.pictures import side_by_side

# Machado, Oliveira and Fernandes 2009, severity 1, on linear RGB
COLOUR_BLINDNESS = {
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
}


@pytest.fixture(autouse=True)
def own_figures():
    with matplotlib.rc_context():
        yield
    plt.close("all")


def linear(colour):
    rgb = np.array(matplotlib.colors.to_rgb(colour))
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def as_lab(rgb):
    to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    xyz = np.array(to_xyz) @ np.clip(rgb, 0, 1) / [0.9505, 1, 1.089]
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("deficiency", ["none", *COLOUR_BLINDNESS])
@pytest.mark.parametrize(
    "together",
    [
        ("natural", "manmade"),
        ("fc6", "fc7", "full network"),
        ("fc7", "published"),
        ("near source", "far source", "from scratch"),
    ],
)
def test_colours_drawn_together_are_told_apart(deficiency, together):
    sees = np.array(COLOUR_BLINDNESS.get(deficiency, np.eye(3)))
    for one, other in combinations(together, 2):
        pair = [as_lab(sees @ linear(plots.colour_of(name))) for name in (one, other)]
        assert np.linalg.norm(pair[0] - pair[1]) > 20, (one, other)


def test_unknown_name_always_gets_the_same_colour_of_the_palette():
    assert plots.colour_of("ResNet") == plots.colour_of("ResNet")
    assert plots.colour_of("ResNet") in plots.OKABE_ITO.values()


def test_course_style_is_legible_and_only_set_on_request():
    plots.use_course_style()
    figure, ax = plt.subplots()
    assert not ax.spines["top"].get_visible() and not ax.spines["right"].get_visible()
    assert min(text.get_fontsize() for text in ax.get_xticklabels()) >= 14


def test_import_is_light():
    code = "import tlcourse.plots, sys; print('matplotlib' in sys.modules)"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout
    assert printed.strip() == "False"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 ms"), (0.9996, "1.0 s"), (59.94, "59.9 s"), (59.96, "1 min 00 s"), (185, "3 min 05 s")],
)
def test_durations_in_words(seconds, words):
    assert plots.as_duration(seconds) == words


def test_alternative_text_is_in_the_page_and_the_figure_is_closed():
    figure, _ = plt.subplots()
    picture = plots.alt_text(figure, 'fc7 "loses"\n  on 5 <of> 6')
    assert not plt.fignum_exists(figure.number)
    assert picture.png.startswith(b"\x89PNG")
    assert 'alt="fc7 &quot;loses&quot; on 5 &lt;of&gt; 6"' in picture._repr_html_()
    assert repr(picture) == 'Figure: fc7 "loses" on 5 <of> 6'


def test_alternative_text_takes_axes_and_may_not_be_empty():
    ax = plt.subplots()[1]
    assert plots.alt_text(ax, "A line.").text == "A line."
    with pytest.raises(ValueError, match="alternative text is empty"):
        plots.alt_text(ax, " ")


def test_pictures_lie_in_rows_of_equal_length():
    picture = Image.new("RGB", (12, 12), "red")
    ax = plots.plot_pictures({"few": [picture] * 2, "many": [picture] * 5})
    assert ax.images[0].get_array().shape[:2] == (25, 24)
    assert [label.get_text() for label in ax.get_yticklabels()] == ["few", "many"]


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
