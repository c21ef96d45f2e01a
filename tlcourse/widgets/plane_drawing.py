"""The plane as SVG: points of two or more classes, the regions of a classifier, its margin."""

import numpy as np
from contourpy import FillType, LineType, contour_generator

from tlcourse.plots.pictures import image_html
from tlcourse.plots.style import OKABE_ITO
from tlcourse.widgets.base import sheet

SIDE = 440  # px
LIMIT = 3.0  # the axes go from -LIMIT to LIMIT
CELLS = 72
CLASSES = (
    ("blue circle", OKABE_ITO["blue"], "M-9,0 a9,9 0 1,0 18,0 a9,9 0 1,0 -18,0 z"),
    ("orange square", OKABE_ITO["orange"], "M-8.5,-8.5 h17 v17 h-17 z"),
    ("green triangle", OKABE_ITO["bluish green"], "M0,-11 L10.5,8 L-10.5,8 z"),
    ("red diamond", OKABE_ITO["vermillion"], "M0,-11.5 L11.5,0 L0,11.5 L-11.5,0 z"),
)


def to_pixels(points):
    """Places in the picture, shape (n, 2), of points in the plane."""
    points = np.asarray(points, dtype=float).reshape(-1, 2)
    return (points * [1, -1] / LIMIT + 1) * SIDE / 2


def grid():
    """Points of a square grid over the plane, shape (CELLS ** 2, 2), row after row."""
    along = np.linspace(-LIMIT, LIMIT, CELLS)
    return np.stack(np.meshgrid(along, along), axis=-1).reshape(-1, 2)


def draw_regions(scores):
    """Both sides of a classifier, its boundary, and its margin, as an SVG fragment."""
    along = np.linspace(0, SIDE, CELLS)
    table = np.reshape(scores, (CELLS, CELLS))[::-1]
    kinds = {"line_type": LineType.Separate, "fill_type": FillType.OuterOffset}
    contours = contour_generator(along, along, table, **kinds)
    sides = zip(CLASSES, ((-np.inf, 0), (0, np.inf)), strict=False)
    parts = [_region(contours.filled(*ends), colour) for (_, colour, _), ends in sides]
    parts += [_lines(contours.lines(level), "tlc-margin") for level in (-1, 1)]
    return "".join([*parts, _lines(contours.lines(0), "tlc-boundary")])


def draw_points(points, labels, support=(), size=1.0):
    """Points as an SVG fragment; support vectors have a thick black edge."""
    support, parts = set(support), []
    for row, ((x, y), label) in enumerate(zip(to_pixels(points), labels, strict=True)):
        _, colour, path = CLASSES[int(label) % len(CLASSES)]
        kind = "tlc-dot tlc-support" if row in support else "tlc-dot"
        place = f'transform="translate({x:.1f},{y:.1f}) scale({size:g})"'
        parts.append(f'<path class="{kind}" {place} d="{path}" fill="{colour}"/>')
    return "".join(parts)


def draw_plane(*fragments, style=""):
    """The whole picture of some fragments, the later ones on top."""
    return (
        f'<svg class="tlc-plane" xmlns="http://www.w3.org/2000/svg" width="{SIDE}" '
        f'height="{SIDE}" viewBox="0 0 {SIDE} {SIDE}">{style}{"".join(fragments)}</svg>'
    )


def static_plane(alt, *fragments):
    """The same picture as an ``<img>`` with alternative text: for HTML that a widget shows too."""
    css = f"<style>{sheet('plane')} .tlc-plane {{ border: 0 }}</style>"
    svg = draw_plane(*fragments, style=css)
    style = f"width:{SIDE}px;max-width:100%;height:auto;border:2px solid #777"
    return image_html(svg, "svg+xml", alt, style)


def _region(filled, colour):
    rings = [
        ring
        for points, offsets in zip(*filled, strict=True)
        for ring in np.split(points, offsets[1:-1].astype(int))
    ]
    if not rings:
        return ""
    path = "".join(f"{_path(ring)}z" for ring in rings)
    return f'<path d="{path}" fill="{colour}" fill-opacity="0.16" fill-rule="evenodd"/>'


def _lines(lines, kind):
    return "".join(f'<path class="{kind}" d="{_path(line)}"/>' for line in lines if len(line) > 1)


def _path(points):
    return "M" + "L".join(f"{x:.1f},{y:.1f}" for x, y in points)
