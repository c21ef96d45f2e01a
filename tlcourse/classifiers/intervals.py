"""Two ways compared on the same draws: the paired difference and its interval."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import t

LEVEL = 0.95


@dataclass(frozen=True)
class Difference:
    """A paired difference and how sure it is."""

    mean: float
    low: float
    high: float
    pairs: tuple

    @property
    def is_above_zero(self):
        return self.low > 0

    @property
    def is_below_zero(self):
        return self.high < 0


def paired_difference(pairs):
    """Mean and interval of differences, one a pair.

    Raises
    ------
    ValueError
        If there are fewer than two pairs.
    """
    pairs = np.asarray(pairs, dtype=float)
    if pairs.ndim != 1 or len(pairs) < 2:
        raise ValueError(f"A spread needs 2 pairs or more, not {pairs.size}: run more seeds.")
    half = t.ppf((1 + LEVEL) / 2, len(pairs) - 1) * pairs.std(ddof=1) / np.sqrt(len(pairs))
    mean = pairs.mean()
    return Difference(float(mean), float(mean - half), float(mean + half), tuple(pairs.tolist()))
