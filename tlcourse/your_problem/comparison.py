"""All options side by side on the test pictures, with what draws and test pictures leave open.

And the confusion that matters most: which class an option takes for which, and the pictures.
"""

from dataclasses import dataclass

import numpy as np

from tlcourse.your_problem.templates import render

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
        ValueError where there is none, or their predictions differ in shape.
    labels : ndarray of int, shape (test pictures,)
    seed : int
        Of the resampling.

    Attributes
    ----------
    rows : list of Row
    chance : float
        Accuracy of guessing, in percent.
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
        """The row of an option, the best of that method without a source; ValueError for none."""
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
    """A table with a bar an option: all, or the first ``most``, the proposed one and the rivals."""
    shown = [
        row
        for place, row in enumerate(comparison.rows)
        if most is None or place < most or row.option is proposed or not row.option.source
    ]
    asked = {"proposed": proposed, "most": most}
    return render("comparison", comparison=comparison, rows=shown, **asked)


@dataclass(frozen=True)
class Confusion:
    """One class taken for another by one option."""

    truth: str
    taken_for: str
    share: float
    rows: list[int]

    @property
    def sentence(self):
        """In words."""
        return f"Of {self.truth}, {self.share:.0%} are taken for {self.taken_for}."

    def __repr__(self):
        return self.sentence


def confusions(problem, split, option, most=2):
    """The largest confusions of an option, largest first."""
    labels, n = problem.labels[split.test], len(problem.classes)
    shares = np.zeros((n, n))
    for truth in range(n):
        said = option.predictions[:, labels == truth].ravel()
        shares[truth] = np.bincount(said, minlength=n) / max(1, len(said))
    np.fill_diagonal(shares, 0)
    order = np.argsort(-shares, axis=None, kind="stable")[:most]
    pairs = [divmod(int(place), n) for place in order if shares.flat[place] > 0]
    return [
        Confusion(
            problem.classes[truth],
            problem.classes[said],
            float(shares[truth, said]),
            _wrong_rows(split.test, labels, option.predictions, truth, said),
        )
        for truth, said in pairs
    ]


def _wrong_rows(test, labels, predictions, truth, said):
    times = (predictions == said).mean(axis=0) * (labels == truth)
    order = np.argsort(-times, kind="stable")
    return [int(test[place]) for place in order if times[place] >= 0.5]
