"""Pictures themselves as figures: small JPEGs with alternative text, for pages and widgets."""

import base64
import io
from html import escape

QUALITY = 78


def image_html(data, kind, text, style):
    """An ``<img>`` of bytes, or of an SVG's text, of a kind ("svg+xml"), with alternative text."""
    data = data.encode("utf-8") if isinstance(data, str) else data
    inside = f"data:image/{kind};base64,{base64.b64encode(data).decode('ascii')}"
    return f'<img alt="{escape(text)}" src="{inside}" style="{style}">'


def picture_html(image, text, style=""):
    """A picture (PIL, RGB) as an ``<img>`` with its JPEG inside, alternative text and CSS."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=QUALITY)
    data = base64.b64encode(buffer.getvalue()).decode("ascii")
    return f'<img alt="{escape(text)}" style="{style}" src="data:image/jpeg;base64,{data}">'


def side_by_side(pictures):
    """Pictures of one size as one strip (PIL, RGB)."""
    from PIL import Image

    pictures = list(pictures)
    if not pictures:
        raise ValueError("There is no picture to show: give at least one.")
    width, height = pictures[0].size
    strip = Image.new("RGB", (width * len(pictures), height))
    for column, picture in enumerate(pictures):
        strip.paste(picture, (column * width, 0))
    return strip


class PictureRows:
    """One row of PIL pictures for each name, with alternative text; shows in a notebook.

    JPEGs, and not a matplotlib figure: noise makes a PNG large.
    """

    def __init__(self, rows, text):
        self.rows = {name: list(pictures) for name, pictures in rows.items()}
        self.text = " ".join(text.split())
        if not self.text:
            raise ValueError("The alternative text is empty: say what the pictures show.")

    def __repr__(self):
        return f"Pictures: {self.text}"

    def _repr_html_(self):
        rows = "".join(
            f'<b style="text-align:right">{escape(name)}</b>'
            + picture_html(side_by_side(pictures), f"{name}: {self.text}", "width:100%")
            for name, pictures in self.rows.items()
        )
        return (
            '<div style="display:grid;grid-template-columns:9em minmax(0,50em);gap:8px 16px;'
            f'align-items:center;font-size:20px;line-height:1.2">{rows}</div>'
        )
