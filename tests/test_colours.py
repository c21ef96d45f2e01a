"""The palette as colour-blind eyes see it, and its contrast with the paper of the figures."""

from itertools import combinations

import numpy as np
import pytest
from colorspacious import cspace_convert, deltaE

from tlcourse.plots import style

# Machado, Oliveira and Fernandes (2009) at full severity are the dichromats.
EYES = {
    "deuteranopia": "deuteranomaly",
    "protanopia": "protanomaly",
    "tritanopia": "tritanomaly",
}
JUST_TOLD_APART = 10.0  # CAM02-UCS; 1 is a just noticeable difference of two patches side by side
OF_A_MARK = (
    2.2  # contrast of a thick line or bar with the paper; its marker or hatch says it as well
)
TEXT = 4.5
NOT_ON_PAPER = style.OKABE_ITO["yellow"]
ON_PAPER = {name: colour for name, colour in style.OKABE_ITO.items() if colour != NOT_ON_PAPER}


def seen(colour, eyes=None):
    """``"#RRGGBB"`` as sRGB between 0 and 1, as these eyes see it."""
    rgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    if eyes is None:
        return rgb
    space = {"name": "sRGB1+CVD", "cvd_type": EYES[eyes], "severity": 100}
    return np.clip(cspace_convert(rgb, space, "sRGB1"), 0, 1)


def distance(first, second, eyes=None):
    return deltaE(
        seen(first, eyes), seen(second, eyes), input_space="sRGB1", uniform_space="CAM02-UCS"
    )


def luminance(colour):
    rgb = seen(colour)
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


def contrast(first, second):
    """WCAG's contrast ratio, from 1 to 21."""
    dark, light = sorted((luminance(first), luminance(second)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("palette", [style.PALETTE, style.OKABE_ITO], ids=["names", "colours"])
@pytest.mark.parametrize("eyes", [None, *EYES])
def test_any_two_colours_are_told_apart(palette, eyes):
    close = [
        pair
        for pair in combinations(palette, 2)
        if distance(palette[pair[0]], palette[pair[1]], eyes) < JUST_TOLD_APART
    ]
    assert close == []


def test_red_and_green_would_not_pass():
    assert distance("#d62728", "#8c6d1f") > JUST_TOLD_APART
    assert distance("#d62728", "#8c6d1f", "deuteranopia") < JUST_TOLD_APART


@pytest.mark.parametrize("name", ON_PAPER)
def test_a_mark_stands_out_from_white_paper(name):
    assert contrast(ON_PAPER[name], "#ffffff") >= OF_A_MARK


def test_no_name_gets_the_colour_that_is_lost_on_white_paper():
    assert contrast(NOT_ON_PAPER, "#ffffff") < OF_A_MARK
    names = [*style.PALETTE, "near source", *(f"network {number}" for number in range(9))]
    assert NOT_ON_PAPER not in {style.colour_of(name) for name in names}


def test_chance_is_readable_as_text():
    assert contrast(style.PALETTE["chance"], "#ffffff") >= TEXT


def test_a_figure_brings_its_paper_to_a_dark_page():
    """So the contrast with white is the one that counts in both themes."""
    import io

    import matplotlib.pyplot as plt
    from PIL import Image

    axes = style.new_axes()
    axes.figure.set_facecolor("none")
    shown = Image.open(io.BytesIO(style.alt_text(axes, "An empty figure.").png)).convert("RGBA")
    plt.close("all")
    assert shown.getpixel((0, 0)) == (255, 255, 255, 255)


def test_contrast_is_that_of_wcag():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)
