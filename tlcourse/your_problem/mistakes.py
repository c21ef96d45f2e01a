"""The confusion that matters most: which class is taken for which, and the pictures."""

from dataclasses import dataclass

import numpy as np


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
