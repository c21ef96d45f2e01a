"""Two thresholds on sliders, and what they make of the standardised features of a real target."""

from functools import lru_cache

import numpy as np

from tlcourse.classifiers.svm import LinearSVM, mean_class_accuracy
from tlcourse.datasets.real_sets import REAL_SETS, SAMPLE
from tlcourse.features.extraction import shipped_card, shipped_features
from tlcourse.features.normalization import HIGH, LOW, Discretizer, Standardizer
from tlcourse.plots.pictures import image_html
from tlcourse.plots.style import OKABE_ITO
from tlcourse.widgets.base import Explorer, large, readout_html
from tlcourse.widgets.choice import Choice
from tlcourse.widgets.dial import Dial

LOW_RANGE, HIGH_RANGE, STEP = (-2.0, 0.1), (-0.2, 2.0), 0.05
SIGNS = {-1: "\N{MINUS SIGN}1", 0: "0", 1: "1"}
COLOURS = {-1: OKABE_ITO["vermillion"], 0: "#BBBBBB", 1: OKABE_ITO["sky blue"]}
WIDTH, HEIGHT, LIMIT, N_BARS = 760, 220, 3.0, 120
BELOW = "All standardised values of the training images, and a bell curve (dashed)."


class ThresholdExplorer(Explorer):
    """A real target and two thresholds; below them the shares of -1, 0 and 1, and the accuracy."""

    def __init__(self, target="flowers17"):
        names = [name for name in REAL_SETS if name != SAMPLE]
        self.target = Choice("Target: photographs to classify", names, target, pull_down=True)
        self.low = Dial("low: below it is \N{MINUS SIGN}1", LOW, *LOW_RANGE, STEP)
        self.high = Dial("high: above it is 1", HIGH, *HIGH_RANGE, STEP)
        super().__init__(self.target, [self.low, self.high])

    def _answer(self):
        name, low, high = self.target.value, round(self.low.value, 2), round(self.high.value, 2)
        accuracy, shares = evaluate_thresholds(name, low, high)
        rival = shipped_card(name)["scores"]["all layers, standardized"]["accuracy"]
        words = f"mean class accuracy, {100 * (accuracy - rival):+.1f} points from the standardised"
        head = large(f"{100 * accuracy:.1f}%", f"{words} features without thresholds")
        said = ", ".join(f"{SIGNS[sign]} is {share:.0%}" for sign, share in shares.items())
        said = f"Share of the values: {said}."
        alt = f"Histogram of the standardised values, cut at {low:g} and {high:g}. {said}"
        style = f"width:{WIDTH}px;max-width:100%;height:auto"
        image = image_html(_drawing(_histogram(name), low, high), "svg+xml", alt, style)
        return readout_html(said, head, f"{image}<div>{BELOW}</div>")


@lru_cache(maxsize=256)
def evaluate_thresholds(name, low=LOW, high=HIGH):
    """Mean class accuracy of the embedding of a real set, and ``{value: its share}``.

    C is that of the set's card, chosen within the training images at the usual thresholds.
    Raises ValueError if the thresholds are crossed or the set is not there.
    """
    train, test, X, X_test = _standardized(name)
    discretizer = Discretizer(low, high).fit(X)
    C = shipped_card(name)["scores"]["all layers, ternary"]["C"]
    embedded = discretizer.transform(X)
    machine = LinearSVM(C, tol=1e-3, random_state=0).fit(embedded, train.labels)
    accuracy = mean_class_accuracy(test.labels, machine.predict(discretizer.transform(X_test)))
    return accuracy, {value: float(np.mean(embedded == value)) for value in SIGNS}


@lru_cache(maxsize=4)
def _standardized(name):
    """The shipped Features of a real set, and their matrices by the training images' statistics."""
    train, test = shipped_features("imagenet", name)
    standardizer = Standardizer().fit(train.matrix)
    return train, test, *(standardizer.transform(part.matrix) for part in (train, test))


@lru_cache(maxsize=16)
def _histogram(name):
    return np.histogram(_standardized(name)[2], bins=N_BARS, range=(-LIMIT, LIMIT))[0]


def _drawing(counts, low, high):
    """The histogram in three colours, the thresholds as lines, and the bell curve."""
    edges = np.linspace(-LIMIT, LIMIT, N_BARS + 1)
    density = counts / counts.sum() / (edges[1] - edges[0])
    scale = (HEIGHT - 64) / max(density.max(), 0.4)
    bars = []
    for left, right, value in zip(edges, edges[1:], density, strict=False):
        middle = (left + right) / 2
        colour = COLOURS[int(middle > high) - int(middle < low)]
        size = f'width="{_x(right) - _x(left):.2f}" height="{scale * value:.1f}"'
        top = HEIGHT - 30 - scale * value
        bars.append(f'<rect x="{_x(left):.2f}" y="{top:.1f}" {size} fill="{colour}"/>')
    along = np.linspace(-LIMIT, LIMIT, 80)
    heights = HEIGHT - 30 - scale * np.exp(-(along**2) / 2) / np.sqrt(2 * np.pi)
    path = "L".join(f"{_x(x):.1f},{y:.1f}" for x, y in zip(along, heights, strict=True))
    lines = "".join(f"M{_x(threshold):.1f},34V{HEIGHT - 30}" for threshold in (low, high))
    middles = (_x(low) - 60, (_x(low) + _x(high)) / 2, _x(high) + 60)
    text = [_text(x, 24, sign) for x, sign in zip(middles, SIGNS.values(), strict=True)]
    text += [_text(_x(z), HEIGHT - 8, z, ' font-size="16"') for z in range(-3, 4)]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" '
        f'height="{HEIGHT}" font-family="sans-serif" font-size="22" font-weight="700">'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>{"".join(bars)}'
        f'<path d="M{path}" fill="none" stroke="#000" stroke-width="2.5" stroke-dasharray="7 5"/>'
        f'<path d="{lines}" stroke="#000" stroke-width="3"/>{"".join(text)}</svg>'
    )


def _x(value):
    return (value + LIMIT) / (2 * LIMIT) * (WIDTH - 20) + 10


def _text(x, y, words, look=""):
    return f'<text x="{x:.0f}" y="{y}" text-anchor="middle"{look}>{words}</text>'
