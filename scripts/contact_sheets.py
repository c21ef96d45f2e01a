"""Draws the sheets of ``docs/drawn-domains.md`` again: ``python -m scripts.contact_sheets``."""

from PIL import Image, ImageDraw, ImageFont

from tlcourse import paths
from tlcourse.datasets.drawn import FAMILIES, Domain, Factors
from tlcourse.datasets.drawn.domains import own_hue


def contact_sheet(family, side=64, columns=6, seed=0):
    """A row of examples for every class, with the class's name (PIL, RGB)."""
    domain = Domain(family, Factors(noise=0))
    margin, font = 2 * side, ImageFont.load_default(max(10, side // 6))
    size = margin + columns * side, len(domain.classes) * side
    sheet = Image.new("RGB", size, "white")
    for row, name in enumerate(domain.classes):
        place = (margin - 8, row * side + side // 2)
        ImageDraw.Draw(sheet).text(place, name, "black", font, anchor="rm")
        hue = own_hue(row, len(domain.classes))
        for column in range(columns):
            picture = domain.draw(name, seed, row * columns + column, side, hue)
            sheet.paste(picture, (margin + column * side, row * side))
    return sheet


if __name__ == "__main__":
    for family in FAMILIES:
        sheet = contact_sheet(family, columns=4 if family in ("animals", "textures") else 6)
        file = paths.PROJECT / "docs" / "images" / f"drawn-{family}.png"
        sheet.save(file, optimize=True)
