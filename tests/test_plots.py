"""The look of figures: colours that colour-blind eyes part, contrast, alternative text."""

import io
from itertools import combinations

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from colorspacious import cspace_convert, deltaE
from matplotlib.colors import to_rgb
from PIL import Image

from tlcourse import plots
from tlcourse.plots import style
from tlcourse.plots.pictures import side_by_side

# Machado, Oliveira and Fernandes (2009) at full severity are the dichromats.
EYES = (None, "deuteranomaly", "protanomaly", "tritanomaly")
JUST_TOLD_APART = 10.0  # CAM02-UCS; 1 is a just noticeable difference of two patches side by side
OF_A_MARK = 2.2  # contrast of a thick line or bar with the paper; a marker or hatch says it as well


def seen(colour, eyes):
    """A colour as sRGB between 0 and 1, as these eyes see it."""
    space = {"name": "sRGB1+CVD", "cvd_type": eyes, "severity": 100}
    return np.clip(cspace_convert(to_rgb(colour), space, "sRGB1"), 0, 1) if eyes else to_rgb(colour)


def contrast_with_paper(colour):
    """WCAG's contrast ratio with white, from 1 to 21."""
    rgb = np.array(to_rgb(colour))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return 1.05 / (linear @ [0.2126, 0.7152, 0.0722] + 0.05)


@pytest.mark.parametrize("palette", [style.PALETTE, style.OKABE_ITO], ids=["names", "colours"])
@pytest.mark.parametrize("eyes", EYES)
def test_any_two_colours_are_told_apart(palette, eyes):
    shades = [seen(colour, eyes) for colour in palette.values()]
    spaces = {"input_space": "sRGB1", "uniform_space": "CAM02-UCS"}
    nearest = min(deltaE(one, other, **spaces) for one, other in combinations(shades, 2))
    assert nearest >= JUST_TOLD_APART


def test_marks_and_text_stand_out_from_white_paper():
    contrasts = {name: contrast_with_paper(colour) for name, colour in style.OKABE_ITO.items()}
    assert [name for name, found in contrasts.items() if found < OF_A_MARK] == ["yellow"]
    names = [*style.PALETTE, "near source", *(f"network {number}" for number in range(9))]
    assert style.OKABE_ITO["yellow"] not in {style.colour_of(name) for name in names}
    assert contrast_with_paper(style.PALETTE["chance"]) >= 4.5


def test_course_style_is_legible():
    with matplotlib.rc_context():
        plots.use_course_style()
        ax = style.new_axes()
        assert min(text.get_fontsize() for text in ax.get_xticklabels()) >= 14
        plt.close(ax.figure)


def test_durations_in_words():
    words = [plots.as_duration(seconds) for seconds in (0, 0.9996, 59.94, 59.96, 185)]
    assert words == ["0 ms", "1.0 s", "59.9 s", "1 min 00 s", "3 min 05 s"]


def test_a_figure_brings_its_paper_and_its_text_and_is_closed():
    """White paper on a dark page too: so the contrast with white counts in both themes."""
    ax = style.new_axes()
    ax.figure.set_facecolor("none")
    picture = plots.alt_text(ax, 'fc7 "loses"\n  on 5 <of> 6')
    assert not plt.fignum_exists(ax.figure.number)
    shown = Image.open(io.BytesIO(picture.png)).convert("RGBA")
    assert shown.getpixel((0, 0)) == (255, 255, 255, 255)
    assert 'alt="fc7 &quot;loses&quot; on 5 &lt;of&gt; 6"' in picture._repr_html_()
    assert repr(picture) == 'Figure: fc7 "loses" on 5 <of> 6'
    with pytest.raises(ValueError, match="alternative text is empty"):
        plots.alt_text(ax, " ")


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
