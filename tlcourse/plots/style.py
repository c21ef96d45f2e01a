"""The look of the course's figures: one palette, sizes for the last row, alternative text.

matplotlib is imported when the first figure is drawn.
"""

import base64
import io
from html import escape

OKABE_ITO = {
    "black": "#000000",
    "orange": "#E69F00",
    "sky blue": "#56B4E9",
    "bluish green": "#009E73",
    "yellow": "#F0E442",
    "blue": "#0072B2",
    "vermillion": "#D55E00",
    "reddish purple": "#CC79A7",
}
PALETTE = {
    "natural": OKABE_ITO["bluish green"],
    "manmade": OKABE_ITO["vermillion"],
    "fc6": OKABE_ITO["sky blue"],
    "fc7": OKABE_ITO["blue"],
    "full network": OKABE_ITO["orange"],
    "convolutions": OKABE_ITO["reddish purple"],
    "chance": "#6E6E6E",
    "published": OKABE_ITO["black"],
}
MARKERS = {
    "fc6": "o",
    "fc7": "s",
    "full network": "D",
    "convolutions": "^",
    "near source": "o",
    "far source": "s",
    "from scratch": "D",
}
STYLE = {
    "figure.figsize": (11, 5.5),
    "figure.dpi": 100,
    "savefig.bbox": "tight",
    "font.size": 16,
    "axes.titlesize": 18,
    "axes.titlelocation": "left",
    "axes.labelsize": 16,
    "xtick.labelsize": 15,
    "ytick.labelsize": 15,
    "legend.fontsize": 15,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.linewidth": 1.4,
    "lines.linewidth": 2.8,
    "lines.markersize": 9,
}
_OTHERS = ("black", "sky blue", "reddish purple", "blue")  # yellow is lost on white paper


def colour_of(name):
    """The colour that a thing of the lecture has in every figure."""
    if name in PALETTE:
        return PALETTE[name]
    return OKABE_ITO[_OTHERS[sum(name.encode("utf-8")) % len(_OTHERS)]]


def use_course_style():
    """Set matplotlib's defaults for the rest of the session to ``STYLE``."""
    import matplotlib
    from cycler import cycler

    order = ("blue", "orange", "bluish green", "vermillion", "reddish purple", "sky blue", "black")
    cycle = cycler(color=[OKABE_ITO[name] for name in order])
    matplotlib.rcParams.update({**STYLE, "axes.prop_cycle": cycle})


def as_duration(seconds):
    """Seconds in words: ``"35 ms"``, ``"4.2 s"``, ``"3 min 05 s"``."""
    if seconds < 0.9995:
        return f"{1000 * seconds:.0f} ms"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s"


def alt_text(figure, text):
    """Show a figure with alternative text and close it, so that it is not shown twice.

    The stored output is an ``<img alt="...">`` with the picture inside, which JupyterLab,
    nbconvert and a screen reader all understand; its plain text is the alternative text.

    Parameters
    ----------
    figure : matplotlib Figure or Axes
    text : str
        What a reader who cannot see the figure should know. Say what it shows; a digit that
        differs between machines does not belong in it when the cell's output is checked.

    Returns
    -------
    Picture
        Put it last in a cell.
    """
    import matplotlib.pyplot as plt

    if not text.strip():
        raise ValueError("The alternative text is empty: say what the figure shows.")
    figure = getattr(figure, "figure", figure)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", facecolor="white", bbox_inches="tight")
    width = round(figure.get_figwidth() * figure.dpi)
    plt.close(figure)
    return Picture(buffer.getvalue(), " ".join(text.split()), width)


class Picture:
    """A PNG and its alternative text; shows in a notebook."""

    def __init__(self, png, text, width):
        self.png, self.text, self.width = png, text, width

    def __repr__(self):
        return f"Figure: {self.text}"

    def _repr_html_(self):
        data = base64.b64encode(self.png).decode("ascii")
        return (
            f'<img alt="{escape(self.text)}" src="data:image/png;base64,{data}" '
            f'style="width:{self.width}px;max-width:100%;height:auto">'
        )


def new_axes(height=None):
    """One Axes of the course's size; ``height`` in inches."""
    import matplotlib.pyplot as plt

    width, usual = plt.rcParams["figure.figsize"]
    return plt.subplots(figsize=(width, height or usual), layout="constrained")[1]
