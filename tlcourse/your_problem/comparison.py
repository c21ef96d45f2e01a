"""All options side by side on the test pictures, with what draws and test pictures leave open."""

from dataclasses import dataclass
from html import escape

import numpy as np

RESAMPLES, LEVEL = 2000, 90


@dataclass(frozen=True)
class Row:
    """One option of a comparison; accuracies are mean class accuracies in percent."""

    option: object
    accuracy: float
    low: float
    high: float
    behind: float
    behind_low: float
    behind_high: float

    @property
    def within_noise(self):
        """Whether the best option is not surely better."""
        return self.behind_low <= 0


class Comparison:
    """Options on the same draws and the same test pictures, the best first.

    Parameters
    ----------
    options : list of Option
    labels : ndarray of int, shape (test pictures,)
    seed : int
        Of the resampling.

    Attributes
    ----------
    rows : list of Row
    chance : float
        Accuracy of guessing, in percent.

    Raises
    ------
    ValueError
        If there is no option, or the predictions differ in shape.
    """

    def __init__(self, options, labels, seed=0):
        if not options:
            raise ValueError("There is nothing to compare: give an option or more.")
        if len({option.predictions.shape for option in options}) > 1:
            raise ValueError(
                "The options were tried on other draws or test pictures: compare none."
            )
        labels = np.asarray(labels)
        resampled = _resampled_accuracies(options, labels, seed)
        mean = resampled[:, 0]
        best, tail = mean.argmax(), (100 - LEVEL) / 2
        behind = resampled[best] - resampled
        spread = np.percentile(resampled[:, 1:], [tail, 100 - tail], axis=1)
        lag = np.percentile(behind[:, 1:], [tail, 100 - tail], axis=1)
        lag[:, best] = 0
        self.rows = [
            Row(options[i], mean[i], *spread[:, i], behind[i, 0], *lag[:, i])
            for i in np.argsort(-mean, kind="stable")
        ]
        self.chance = 100 / len(np.unique(labels))

    @property
    def ties(self):
        """The rows that the best one is not surely better than, itself first."""
        return [row for row in self.rows if row.within_noise]

    @property
    def best(self):
        """The row of the highest mean."""
        return self.rows[0]

    def row(self, method, source=None):
        """The row of an option; of several of that method the best where no source is given.

        Raises
        ------
        ValueError
            If there is none.
        """
        for row in self.rows:
            if row.option.method == method and source in (None, row.option.source):
                return row
        raise ValueError(f"No option is called {method!r} from {source!r}.")

    def judge(self, advice):
        """What became of a piece of advice: a sentence."""
        row = self.row(advice.method, advice.source)
        if row is self.best:
            return f"The proposal, {row.option.name}, came out best: {row.accuracy:.0f}%."
        best = f"the best, {self.best.option.name} ({self.best.accuracy:.0f}%)"
        lag = f"{row.behind:.1f} points behind {best}"
        if row.within_noise:
            return f"The proposal, {row.option.name}, is {lag}: within what chance leaves open."
        return f"The proposal, {row.option.name}, is surely {lag}: take the better one."

    def __repr__(self):
        lines = (f"{row.accuracy:5.1f}%  {row.option.name}" for row in self.rows)
        return "\n".join([*lines, f"{self.chance:5.1f}%  guessing"])

    def _repr_html_(self):
        return comparison_html(self)


def _resampled_accuracies(options, labels, seed):
    """Accuracy in percent of each option: as measured in column 0, then of every resample."""
    rng = np.random.default_rng(seed)
    right = np.stack([option.predictions == labels for option in options]).astype(float)
    draws, n = right.shape[1:]
    of_draw = rng.multinomial(draws, np.full(draws, 1 / draws), RESAMPLES) / draws
    of_picture = np.zeros((RESAMPLES, n))
    classes = np.unique(labels)
    for label in classes:
        rows = np.flatnonzero(labels == label)
        shares = np.full(len(rows), 1 / len(rows))
        of_picture[:, rows] = rng.multinomial(len(rows), shares, RESAMPLES) / len(rows)
    of_draw = np.vstack([np.full(draws, 1 / draws), of_draw])
    even = sum((labels == label) / (labels == label).sum() for label in classes)
    of_picture = np.vstack([even, of_picture]) / len(classes)
    return np.stack([100 * ((of_draw @ each) * of_picture).sum(axis=1) for each in right])


def comparison_html(comparison, proposed=None, most=None):
    """A table with a bar an option."""
    shown = [
        row
        for place, row in enumerate(comparison.rows)
        if most is None or place < most or row.option is proposed or not row.option.source
    ]
    rows = "".join(_row_html(row, comparison, row.option is proposed) for row in shown)
    left = len(comparison.rows) - len(shown)
    note = (
        f" {left} further options, all lower than the first {most}, are left out." if left else ""
    )
    heads = ("Option", "Accuracy", "90% interval", "Points behind the best", "Seconds a draw")
    head = "".join(f'<th scope="col" style="{_CELL};font-weight:600">{each}</th>' for each in heads)
    return (
        f'<table class="results" style="border-collapse:collapse"><thead><tr>{head}</tr></thead>'
        f'<tbody>{rows}</tbody></table><p class="note">Mean class accuracy on test pictures; '
        f"guessing is right in {comparison.chance:.0f}%. Intervals are those of resampled draws "
        f"and test pictures; ≈ is within noise of the best.{note}</p>"
    )


_CELL = "text-align:left;padding:1px 10px 1px 0"


def _row_html(row, comparison, is_proposed):
    name = escape(row.option.name) + (" <b>(proposed)</b>" if is_proposed else "")
    if row is comparison.best:
        behind = "best"
    else:
        tie = "≈ " if row.within_noise else ""
        low = f"{row.behind_low:.1f}".replace("-", "−")
        behind = f"{tie}{row.behind:.1f} ({low} to {row.behind_high:.1f})"
    width = max(0, min(100, row.accuracy))
    bar = (
        '<span aria-hidden="true" style="display:inline-block;width:7em;height:0.75em;'
        'background:#ddd;margin-left:6px;position:relative"><span style="position:absolute;left:0;'
        f'top:0;bottom:0;width:{width:.1f}%;background:#0072B2"></span><span style="position:'
        f"absolute;left:{row.low:.1f}%;width:{max(1, row.high - row.low):.1f}%;top:0.3em;"
        'height:0.2em;background:#111"></span></span>'
    )
    cells = (
        f'<span style="display:inline-block;width:2.4em">{row.accuracy:.0f}%</span>{bar}',
        f"{row.low:.0f} to {row.high:.0f}%",
        behind,
        f"{row.option.seconds:.1f}",
    )
    others = "".join(f'<td style="{_CELL}">{cell}</td>' for cell in cells)
    return f'<tr><th scope="row" style="{_CELL};font-weight:400">{name}</th>{others}</tr>'
