"""Two thresholds on sliders, and what they make of standardised features."""

from functools import lru_cache

import numpy as np

from tlcourse.classifiers.discretization import evaluate_thresholds, standardized
from tlcourse.classifiers.score import evaluate_transfer, layer_sets
from tlcourse.datasets.photos import FAMILIES
from tlcourse.features.normalization import HIGH, LOW
from tlcourse.plots.pictures import image_html
from tlcourse.plots.style import OKABE_ITO, as_duration
from tlcourse.widgets.base import Explorer, large, readout_html
from tlcourse.widgets.choice import Choice
from tlcourse.widgets.dial import Dial

LOW_RANGE, HIGH_RANGE, STEP = (-2.0, 0.1), (-0.2, 2.0), 0.05
COLOURS = {-1: OKABE_ITO["vermillion"], 0: "#BBBBBB", 1: OKABE_ITO["sky blue"]}
SIGNS = {-1: "\N{MINUS SIGN}1", 0: "0", 1: "1"}
WIDTH, HEIGHT, LIMIT, N_BARS = 760, 220, 3.0, 120


class ThresholdExplorer(Explorer):
    """Source, target and two thresholds; shares of -1, 0, 1, accuracy, bytes and time below.

    Parameters
    ----------
    sources, families : sequence of str, optional
    evaluate : callable, optional
        ``(source, family, low, high) -> ThresholdResult``; by default
        ``tlcourse.classifiers.discretization.evaluate_thresholds``.

    Attributes
    ----------
    source, family : Choice
    low, high : Dial
    result : ThresholdResult or None
        For the present settings, None where they failed.
    """

    def __init__(self, sources=("natural", "manmade"), families=None, evaluate=None):
        self._evaluate, self.result = evaluate or evaluate_thresholds, None
        families = families or FAMILIES
        started_with = "insects" if "insects" in families else families[0]
        self.source = Choice("Source: the backbone was trained on", sources)
        self.family = Choice("Target: the images to classify", families, started_with)
        self.low = Dial("low: below it is \N{MINUS SIGN}1", LOW, *LOW_RANGE, STEP)
        self.high = Dial("high: above it is 1", HIGH, *HIGH_RANGE, STEP)
        super().__init__([self.source, self.family], [self.low, self.high])

    def _answer(self):
        source, family = self.source.value, self.family.value
        low, high = round(self.low.value, 2), round(self.high.value, 2)
        self.result = self._evaluate(source, family, low, high)
        reference, counts = _without_thresholds(source, family), _histogram(source, family)
        return result_html(self.result, reference, counts, low, high)

    def _failed(self):
        self.result = None


def result_html(result, reference, counts, low, high):
    """A result as HTML: accuracy beside that without thresholds, a histogram, bytes and time."""
    difference = 100 * (result.accuracy - reference)
    head = large(
        f"{100 * result.accuracy:.1f}%",
        f"mean class accuracy, {difference:+.1f} points from the standardised features without "
        "thresholds (C = 1 for both)",
    )
    shares = {SIGNS[value]: f"{100 * share:.0f}%" for value, share in result.shares.items()}
    sizes = ", ".join(f"{name} {size / 1000:,.0f} kB" for name, size in result.bytes.items())
    words = (
        "Share of the values: "
        + ", ".join(f"{sign} is {share}" for sign, share in shares.items())
        + f". Training features: {sizes}. Training the SVM: {as_duration(result.seconds)}, "
        f"{result.passes} passes over the images."
    )
    alt = f"Histogram of the standardised values, cut at {low:g} and {high:g}. {words}"
    return readout_html(words, head, _picture(alt, _drawing(counts, low, high, shares)))


def _drawing(counts, low, high, shares):
    """The histogram in three colours, the thresholds as lines, and the bell curve."""
    edges = np.linspace(-LIMIT, LIMIT, N_BARS + 1)
    density = counts / counts.sum() / (edges[1] - edges[0])
    scale = (HEIGHT - 64) / max(density.max(), 0.4)
    bars = []
    for left, right, value in zip(edges, edges[1:], density, strict=False):
        middle = (left + right) / 2
        colour = COLOURS[int(middle > high) - int(middle < low)]
        x, top = _x(left), HEIGHT - 30 - scale * value
        size = f'width="{_x(right) - x:.2f}" height="{scale * value:.1f}"'
        bars.append(f'<rect x="{x:.2f}" y="{top:.1f}" {size} fill="{colour}"/>')
    along = np.linspace(-LIMIT, LIMIT, 80)
    bell = np.exp(-(along**2) / 2) / np.sqrt(2 * np.pi)
    heights = HEIGHT - 30 - scale * bell
    path = "L".join(f"{_x(x):.1f},{y:.1f}" for x, y in zip(along, heights, strict=True))
    lines = "".join(_threshold(value) for value in (low, high))
    places = {-1: (_x(-LIMIT) + _x(low)) / 2, 0: (_x(low) + _x(high)) / 2}
    places[1] = (_x(high) + _x(LIMIT)) / 2
    text = "".join(
        f'<text x="{places[value]:.0f}" y="24" text-anchor="middle">{sign}</text>'
        for value, sign in SIGNS.items()
    )
    ticks = "".join(
        f'<text x="{_x(z):.0f}" y="{HEIGHT - 8}" text-anchor="middle" font-size="16">{z}</text>'
        for z in (-3, -2, -1, 0, 1, 2, 3)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" '
        f'height="{HEIGHT}" font-family="sans-serif" font-size="22" font-weight="700">'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>{"".join(bars)}'
        f'<path d="M{path}" fill="none" stroke="#000" stroke-width="2.5" stroke-dasharray="7 5"/>'
        f"{lines}{text}{ticks}</svg>"
    )


def _x(value):
    return (value + LIMIT) / (2 * LIMIT) * (WIDTH - 20) + 10


def _threshold(value):
    x = _x(value)
    return f'<path d="M{x:.1f},34V{HEIGHT - 30}" stroke="#000" stroke-width="3"/>'


def _picture(alt, svg):
    image = image_html(svg, "svg+xml", alt, f"width:{WIDTH}px;max-width:100%;height:auto")
    words = "All standardised values of the training images, and a bell curve (dashed)."
    return f"{image}<div>{words}</div>"


@lru_cache(maxsize=32)
def _histogram(source, family):
    train = standardized(source, family)[0]
    return np.histogram(train, bins=N_BARS, range=(-LIMIT, LIMIT))[0]


def _without_thresholds(source, family):
    layers = layer_sets(source, family)["full network"]
    return evaluate_transfer(source, family, layers, normalization="standardized").accuracy
