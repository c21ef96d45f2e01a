"""How near each source is to your problem, and by how much that is more than noise."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from tlcourse.datasets import FAMILIES
from tlcourse.domains.similarity import class_mean_emd
from tlcourse.tables.similarity import described, read_class_means, similarity_table, source_domain

COMPARED_SOURCES = ("natural", "manmade", "drawn", "photos")
LEVEL = 90  # percent of the resamples that an interval holds
REPEATS = 20


@dataclass(frozen=True)
class Nearness:
    """Distance of each source's classes to the problem's classes."""

    distances: dict[str, float]
    intervals: dict[str, tuple[float, float]]
    control: float
    typical: float
    surer: dict[str, float]
    space: str

    @property
    def nearest(self):
        """Name of the nearest source."""
        return next(iter(self.distances))

    @property
    def ties(self):
        """Sources that the nearest one is not surely nearer than, itself first."""
        return [name for name in self.distances if self.surer[name] < LEVEL / 100]

    @property
    def is_far(self):
        """Whether even the nearest source lies beyond the typical distance."""
        return self.distances[self.nearest] > self.typical

    @property
    def sentence(self):
        """What was measured, in words."""
        distance, others = self.distances[self.nearest], self.ties[1:]
        tie = f", not surely nearer than {' and '.join(others)}" if others else ", surely"
        side = "far" if self.is_far else "near"
        return (
            f"The nearest source is {self.nearest} ({distance:.2f}{tie}). By the rule that is "
            f"{side}: half of the pairs in notebook 11 lie within {self.typical:.2f}. Two "
            f"halves of the problem itself lie {self.control:.2f} apart."
        )

    def __repr__(self):
        return self.sentence


def measure_nearness(problem, sources=COMPARED_SOURCES, repeats=REPEATS, seed=0):
    """Distance of every source, beside noise, as a Nearness.

    Parameters
    ----------
    problem : Problem
    sources : sequence of str
        Bundled backbones; ValueError if one is unknown, or there is none.
    repeats : int
        Resamples of the problem's pictures, within classes, and halvings.
    seed : int
    """
    if not sources:
        raise ValueError("There is no source to measure: name one or more.")
    means = read_class_means()
    X, y = described(problem.pictures, means)
    domains = {source: source_domain(source, means) for source in sources}
    measure = {
        source: lambda rows, domain=domain: class_mean_emd(*domain, X[rows], y[rows])
        for source, domain in domains.items()
    }
    everything = np.arange(len(y))
    distances = {source: distance(everything) for source, distance in measure.items()}
    rng = np.random.default_rng(seed)
    resamples = [_resampled(y, rng) for _ in range(repeats)]
    spread = {
        source: _centred([measure[source](rows) for rows in resamples], distances[source])
        for source in sources
    }
    order = sorted(distances, key=distances.get)
    tail = (100 - LEVEL) / 2
    return Nearness(
        {source: distances[source] for source in order},
        {
            source: tuple(np.percentile(spread[source], [tail, 100 - tail]).tolist())
            for source in order
        },
        float(np.mean([_between_halves(X, y, rng) for _ in range(repeats)])),
        typical_distance(),
        {source: float((spread[source] > spread[order[0]]).mean()) for source in order},
        f"{means.about['layer']} of {means.about['backbone']}",
    )


@lru_cache(maxsize=1)
def typical_distance():
    """Median distance of two sources and six photo families: six pairs are nearer."""
    return float(similarity_table(("natural", "manmade"), FAMILIES)["distance"].median())


def _centred(resampled, distance):
    """Resamples about the distance itself: a resample repeats pictures, and lies farther away."""
    return np.array(resampled) - np.mean(resampled) + distance


def _resampled(y, rng):
    """As many rows of each class, drawn with replacement."""
    members = [np.flatnonzero(y == label) for label in np.unique(y)]
    return np.concatenate([rng.choice(rows, len(rows)) for rows in members])


def _between_halves(X, y, rng):
    members = [rng.permutation(np.flatnonzero(y == label)) for label in np.unique(y)]
    one = np.concatenate([rows[: len(rows) // 2] for rows in members])
    other = np.concatenate([rows[len(rows) // 2 :] for rows in members])
    return class_mean_emd(X[one], y[one], X[other], y[other])
