"""How much data there is, and which pictures train, validate and test."""

from dataclasses import dataclass

import numpy as np

FEWEST = 10  # pictures of a class
TEST_SHARE, MOST_TEST = 0.3, 50
VALIDATION_SHARE = 0.2
FEW, ENOUGH = 16, 40  # training pictures a class


@dataclass(frozen=True)
class Split:
    """Rows that test, and several draws of rows that train and validate; every class in each."""

    test: np.ndarray
    draws: list[tuple[np.ndarray, np.ndarray]]
    per_class: float
    seed: int

    @property
    def sentence(self):
        """The split in words."""
        train, validation = self.draws[0]
        n = self.per_class
        volume = "few" if n < FEW else "some" if n < ENOUGH else "enough"
        return (
            f"{len(train)} pictures train ({n:g} a class in the median), "
            f"{len(validation)} validate, {len(self.test)} test; {len(self.draws)} draws, seed "
            f"{self.seed}. By the rule that is {volume}: few is under {FEW} a class, enough "
            f"from {ENOUGH} on."
        )

    def __repr__(self):
        return self.sentence


def split_problem(problem, draws=3, seed=0):
    """Put test pictures aside, and deal the others into training and validation several times.

    Parameters
    ----------
    problem : Problem
        TypeError if it was not opened; ValueError if a class has fewer than ten pictures.
    draws : int
        ValueError below 2.
    seed : int
        The same seed gives the same split.

    Returns
    -------
    Split
    """
    if not hasattr(problem, "counts"):
        raise TypeError(f"{problem!r} was not opened: hand over open_problem({problem!r}) instead.")
    if draws < 2:
        raise ValueError(f"draws is {draws}: a spread needs 2 or more.")
    short = {name: count for name, count in problem.counts.items() if count < FEWEST}
    if short:
        named = ", ".join(f"{name} ({count})" for name, count in list(short.items())[:5])
        raise ValueError(
            f"Too few pictures to train, validate and test: {named}. Give each class {FEWEST} or "
            "more, or take its folder out."
        )
    members = [np.flatnonzero(problem.labels == label) for label in range(len(problem.classes))]
    rng = np.random.default_rng(seed)
    shuffled = [rng.permutation(rows) for rows in members]
    n_test = [min(MOST_TEST, max(2, round(TEST_SHARE * len(rows)))) for rows in members]
    test = [rows[:n] for rows, n in zip(shuffled, n_test, strict=True)]
    pools = [rows[n:] for rows, n in zip(shuffled, n_test, strict=True)]
    dealt = [_deal(pools, np.random.default_rng([seed, draw])) for draw in range(draws)]
    per_class = np.median(np.bincount(problem.labels[dealt[0][0]]))
    return Split(np.sort(np.concatenate(test)), dealt, float(per_class), seed)


def _deal(pools, rng):
    train, validation = [], []
    for pool in pools:
        pool, n = rng.permutation(pool), max(1, round(VALIDATION_SHARE * len(pool)))
        validation.append(pool[:n])
        train.append(pool[n:])
    return np.sort(np.concatenate(train)), np.sort(np.concatenate(validation))
