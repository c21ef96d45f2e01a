r"""Formulas as pictures: TeX -> SVG by matplotlib's mathtext, for pages that run no MathJax."""

import base64
import io
import re
from html import escape

_SIZE = 20
_BARE_ROOT = re.compile(r"\\sqrt\s*(\w)")


def formula_html(tex):
    r"""A formula as an ``<img>`` in the size of the text around it."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.mathtext import math_to_image

    picture = io.BytesIO()
    source = _BARE_ROOT.sub(r"\\sqrt{\1}", " ".join(tex.split()))
    try:
        depth = math_to_image(
            f"${source}$", picture, prop=FontProperties(size=_SIZE), dpi=72, format="svg"
        )
    except ValueError:
        return f"<code>{escape(tex)}</code>"
    svg = picture.getvalue()
    height = float(re.search(rb'height="([\d.]+)pt"', svg)[1])
    data = base64.b64encode(svg).decode("ascii")
    style = f"height:{height / _SIZE:.2f}em;vertical-align:{-depth / _SIZE:.2f}em"
    alt = escape(tex, quote=True)
    return (
        f'<img class="formula" style="{style}" alt="{alt}" src="data:image/svg+xml;base64,{data}">'
    )
