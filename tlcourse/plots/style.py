"""The look of the course's figures: one palette, sizes for the last row, alternative text.

matplotlib is imported when the first figure is drawn. Below, what figures have in common.
"""

import io
from pathlib import Path

from tlcourse.plots.pictures import image_html

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
COURSE = Path(__file__).with_name("course.mplstyle")  # sizes for the last row
SERIES = tuple(  # colour, marker and dashes of the first, the second ... line of a figure
    (OKABE_ITO[colour], marker, dashes)
    for colour, marker, dashes in (
        ("blue", "o", "-"),
        ("vermillion", "s", "--"),
        ("bluish green", "^", "-."),
        ("black", "D", ":"),
        ("reddish purple", "v", (0, (8, 2, 2, 2, 2, 2))),
        ("orange", "P", (0, (1, 1))),
        ("sky blue", "X", (0, (12, 3))),
    )
)
TILTED = {"rotation": 35, "ha": "right", "rotation_mode": "anchor"}  # labels of many ticks
_OTHERS = ("black", "sky blue", "reddish purple", "blue")  # yellow is lost on white paper


def colour_of(name):
    """The colour that a thing of the lecture has in every figure."""
    if name in PALETTE:
        return PALETTE[name]
    return OKABE_ITO[_OTHERS[sum(name.encode("utf-8")) % len(_OTHERS)]]


def use_course_style():
    """Set matplotlib's defaults for the rest of the session to those of ``course.mplstyle``."""
    import matplotlib.style

    matplotlib.style.use(COURSE)


def as_duration(seconds):
    """Seconds in words: ``"35 ms"``, ``"4.2 s"``, ``"3 min 05 s"``."""
    if seconds < 0.9995:
        return f"{1000 * seconds:.0f} ms"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s"


def alt_text(figure, text):
    """A Figure or Axes as a ``Picture`` with alternative text, closed so as not to show twice.

    The text is what a reader who cannot see the figure should know; ValueError without one.
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
        style = f"width:{self.width}px;max-width:100%;height:auto"
        return image_html(self.png, "png", self.text, style)


def new_axes(height=None):
    """One Axes of the course's size; ``height`` in inches."""
    return new_panels(1, height=height)[1][0, 0]


def new_panels(columns, rows=1, width=None, height=None, **shared):
    """A figure, and its Axes as an array of shape (rows, columns); width and height in inches."""
    import matplotlib.pyplot as plt

    usual = plt.rcParams["figure.figsize"]
    size = (width or usual[0], height or usual[1])
    shared = {"squeeze": False, "layout": "constrained", **shared}
    return plt.subplots(rows, columns, figsize=size, **shared)


def finish(ax, grid=None, legend=0, shade="0.88", **properties):
    """Axes with these properties, lines across "x" or "y", and a legend above in columns."""
    ax.set(**properties)
    if grid:
        ax.grid(axis=grid, color=shade)
    if legend:
        ax.legend(ncols=legend, loc="lower left", bbox_to_anchor=(0, 1))
    return ax


def name_rows(ax, names, below=0.5, above=0.5):
    """Names beside the rows 0, 1, ... from the top down, with so much room around them."""
    ax.set_yticks(range(len(names)), names)
    ax.set_ylim(len(names) - below, -above)


def write_beside(ax, text, point, offset, **look):
    """Text so many points (1/72 inch) right of and above a place, turned towards it."""
    right, up = offset
    look = {"va": "baseline" if up else "center", **look}
    look["ha"] = "left" if right > 0 else "right" if right else "center"
    ax.annotate(text, point, offset, textcoords="offset points", **look)


def draw_band(ax, x, draws, series, label, scale=100, edge=0):
    """A line through the means of the draws at each x, and a band from lowest to highest."""
    colour, marker, dashes = series
    values = [[scale * float(value) for value in each] for each in draws]
    low, high = (list(map(end, values)) for end in (min, max))
    ax.fill_between(x, low, high, color=colour, alpha=0.2, linewidth=edge)
    means = [sum(each) / len(each) for each in values]
    ax.plot(x, means, linestyle=dashes, marker=marker, color=colour, label=label)
