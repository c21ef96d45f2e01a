"""Contact sheets of the drawn families: every class with its name and a few pictures."""

from functools import lru_cache
from html import escape

from tlcourse.datasets.drawn import FAMILIES, DrawnImages
from tlcourse.plots.pictures import picture_html, side_by_side
from tlcourse.widgets.base import Explorer
from tlcourse.widgets.choice import Choice

SIDE, COLUMNS, SHOWN = 64, 4, 300  # px, pictures, px
GRID = "display:grid;grid-template-columns:repeat(auto-fill,minmax(24em,1fr));gap:4px 16px"
ROW = "display:grid;grid-template-columns:7.4em 1fr;gap:10px;align-items:center"


class ContactSheets(Explorer):
    """A family of drawings to choose (``family``, a Choice); its classes below."""

    def __init__(self, family="animals"):
        self.family = Choice("Family", FAMILIES, family)
        super().__init__(self.family)

    def _answer(self):
        return sheet_html(self.family.value)

    def to_html(self):
        """What a page without a kernel shows."""
        return "".join(
            f"<details{' open' if family == self.family.value else ''}>"
            f'<summary style="font-size:18px">{family}</summary>{sheet_html(family)}</details>'
            for family in FAMILIES
        )


@lru_cache
def sheet_html(family):
    """Every class of a family as HTML: its name as text, and a strip of pictures."""
    images = DrawnImages(family, n_per_class=COLUMNS, side=SIDE)
    strips = {name: [] for name in images.classes}
    for picture, label in images:
        strips[images.classes[label]].append(picture)
    rows = "".join(_row(name, pictures) for name, pictures in strips.items())
    colour = "color:var(--jp-content-font-color1,#111)"
    return f'<div style="font-size:18px;line-height:1.2;{colour};{GRID}">{rows}</div>'


def _row(name, pictures):
    text = f"{len(pictures)} pictures of the class {name}"
    strip = picture_html(side_by_side(pictures), text, f"width:100%;max-width:{SHOWN}px")
    return f'<div style="{ROW}"><span style="text-align:right">{escape(name)}</span>{strip}</div>'
