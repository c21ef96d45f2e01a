"""Whether the full network gains more when source and target are less similar, as measured."""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from tlcourse.course.claims import Effect, effect_of
from tlcourse.networks.sources import SOURCES
from tlcourse.tables.similarity import similarity_table
from tlcourse.tables.tables import PAIR, differences

RESAMPLED = {"vectorized": True, "n_resamples": 1999, "rng": 0}


def gain_against_similarity(results, similarities=None):
    """What the full network gains over fc7 on each pair, beside the pair's similarity.

    ``similarities`` is of ``similarity_table``, by default computed here; sources whose training
    pictures are not known (such as vgg16) have NaN. Columns: source, target, gain, spread, lowest,
    highest, seeds, distance, similarity.
    """
    gains = differences(results).rename(columns={"mean": "gain"})
    if similarities is None:
        known = [source for source in gains["source"].unique() if source in SOURCES]
        similarities = similarity_table(known, gains["target"].unique())
    joined = gains.merge(similarities, on=PAIR, how="left", validate="one_to_one")
    joined.attrs["space"] = similarities.attrs.get("space", "")
    return joined


@dataclass(frozen=True)
class SimilarityEffect:
    """Whether the gain grows with distance, over pairs and within targets; ``extra`` in points."""

    pairs: int
    spearman: float
    spearman_p: float
    low: float
    high: float
    targets: int
    larger_from_far: int
    extra: Effect | None

    def __str__(self):
        pairs = (
            f"Over {self.pairs} pairs, rank correlation of gain and distance {self.spearman:+.2f} "
            f"(95% from {self.low:+.2f} to {self.high:+.2f}, p = {self.spearman_p:.2g})."
        )
        if not self.extra:
            return pairs
        return (
            f"{pairs} Within targets, {self.larger_from_far} of {self.targets} gain more from the "
            f"farther source, by {self.extra.value:+.1f} points on average (95% from "
            f"{self.extra.low:+.1f} to {self.extra.high:+.1f})."
        )


def similarity_effect(gains):
    """The reading of ``gain_against_similarity``, with its uncertainty, as a SimilarityEffect.

    Pairs share targets and sources, so that the p-values over pairs are too small; the comparison
    within targets is the fairer one, and has as few observations as there are targets. ValueError
    if fewer than four pairs have a distance, or all distances are the same.
    """
    known = gains.dropna(subset=["distance"])
    if len(known) < 4 or known["distance"].nunique() < 2:
        raise ValueError(
            f"{len(known)} pairs have a distance: at least four with different ones are needed."
        )
    gain, distance = known["gain"].to_numpy(), known["distance"].to_numpy()
    options = {"paired": True, "method": "percentile", **RESAMPLED}
    interval = stats.bootstrap((gain, distance), _spearman, **options).confidence_interval
    options = {"permutation_type": "pairings", **RESAMPLED}
    test = stats.permutation_test((gain,), lambda x, axis: _spearman(x, distance, axis), **options)
    by_target = known.sort_values("distance").groupby("target", sort=False)["gain"]
    extra = (by_target.last() - by_target.first())[by_target.size() > 1].to_numpy()
    return SimilarityEffect(
        len(known),
        float(_spearman(gain, distance)),
        float(test.pvalue),
        float(interval.low),
        float(interval.high),
        len(extra),
        int((extra > 0).sum()),
        effect_of(extra) if len(extra) > 1 else None,
    )


def _pearson(x, y, axis=-1):
    """Correlation along an axis, of many resamples at once; 0 where a sample is constant."""
    x, y = (values - values.mean(axis=axis, keepdims=True) for values in (x, y))
    norms = np.sqrt((x * x).sum(axis=axis) * (y * y).sum(axis=axis))
    return (x * y).sum(axis=axis) / np.where(norms > 0, norms, np.inf)


def _spearman(x, y, axis=-1):
    return _pearson(stats.rankdata(x, axis=axis), stats.rankdata(y, axis=axis), axis)
