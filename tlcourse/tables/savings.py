"""What reuse saves against learning from scratch: updates, operations, images, and trials."""

import math
from typing import NamedTuple

import numpy as np

IMAGES_A_SOURCE_CLASS = 500

RESAMPLES = 2000


class Ratio(NamedTuple):
    """How many times less reuse takes, and how sure that is."""

    value: float
    low: float
    high: float
    is_bound: bool = False

    def __str__(self):
        words = "at least " if self.is_bound else ""
        return f"{words}{_short(self.value)} times ({_short(self.low)} to {_short(self.high)})"


class Spread(NamedTuple):
    """Accuracies over a grid of settings, from 0 to 1."""

    worst: float
    lower_quartile: float
    median: float
    upper_quartile: float
    best: float

    @property
    def interquartile_range(self):
        return self.upper_quartile - self.lower_quartile

    @property
    def lost_by_one_guess(self):
        """What a setting taken at random loses against the best, in the middle of all guesses."""
        return self.best - self.median


def cost_to_reach(curve, accuracy):
    """What it took to come to an accuracy for the first time.

    Parameters
    ----------
    curve : (sequence of float, sequence of float)
        What was spent, which does not fall, and the accuracy then.
    accuracy : float

    Returns
    -------
    float
        On the straight line between two points of the curve; ``inf`` where it was never reached.
    """
    spent, values = (np.asarray(column, dtype=float) for column in curve)
    reached = values >= accuracy
    if not reached.any():
        return math.inf
    at = int(reached.argmax())
    if at == 0:
        return float(spent[0])
    share = (accuracy - values[at - 1]) / (values[at] - values[at - 1])
    return float(spent[at - 1] + share * (spent[at] - spent[at - 1]))


def times_cheaper(reused, scratch, accuracy):
    """How many times less reuse spends until an accuracy is reached.

    Parameters
    ----------
    reused, scratch : sequence of curves
        As for ``cost_to_reach``, one a seed.
    accuracy : float
        From 0 to 1; one that every reused seed reaches.

    Returns
    -------
    Ratio
        Of the means over the seeds. ``low`` and ``high`` set the dearest reused seed against the
        cheapest from scratch, and the other way round. Where a seed from scratch never gets
        there, all it spent is counted, and the ratio is a lower bound.

    Raises
    ------
    ValueError
        If a reused seed never reaches the accuracy, or spends nothing.
    """
    cheap = [cost_to_reach(curve, accuracy) for curve in reused]
    if not cheap or math.inf in cheap or min(cheap) <= 0:
        raise ValueError(
            f"An accuracy of {accuracy:.1%} is not reached by every reused seed, or at no cost: "
            "ask for one that all of them reach by training."
        )
    dear = [cost_to_reach(curve, accuracy) for curve in scratch]
    is_bound = math.inf in dear
    dear = [min(cost, max(curve[0])) for cost, curve in zip(dear, scratch, strict=True)]
    ends = min(dear) / max(cheap), max(dear) / min(cheap)
    return Ratio(float(np.mean(dear) / np.mean(cheap)), *ends, is_bound)


def images_needed(by_volume, accuracy):
    """Images a class at which an accuracy is reached, between the numbers that were measured.

    Parameters
    ----------
    by_volume : mapping of int to sequence of float
        Images a class -> accuracy of each draw.
    accuracy : float

    Returns
    -------
    float
        Where the straight lines over the logarithm of the number of images reach it first;
        ``inf`` where the accuracy is above all measured ones, and the smallest number where it is
        below all.
    """
    volumes = sorted(by_volume)
    means = [np.mean(by_volume[volume]) for volume in volumes]
    return math.exp(cost_to_reach((np.log(volumes), means), accuracy))


def times_fewer_images(reused, scratch, per_class, n_test, seed=0):
    """How many times fewer images a class give reuse what scratch has of ``per_class``.

    Parameters
    ----------
    reused, scratch : mapping of int to sequence of float
        As for ``images_needed``.
    per_class : int
        A key of ``scratch``.
    n_test : int
        Test images, of which every accuracy is a share.
    seed : int
        Of the resampling.

    Returns
    -------
    Ratio
        ``low`` and ``high`` hold 90% of what comes out when every mean accuracy is drawn again
        from a normal distribution, its variance that of the draws and of the test images. A lower
        bound where the fewest images that were tried already give reuse more; 0 where the most
        that were tried give it less.

    Raises
    ------
    ValueError
        If nothing was measured from scratch at ``per_class``.
    """
    if per_class not in scratch:
        known = ", ".join(map(str, scratch))
        raise ValueError(f"From scratch {per_class} a class was not measured: choose from {known}.")
    rng = np.random.default_rng(seed)
    level = float(np.mean(scratch[per_class]))
    is_bound = level < np.mean(reused[min(reused)])
    needed = []
    for _ in range(RESAMPLES):
        drawn = {volume: [_redrawn(values, n_test, rng)] for volume, values in reused.items()}
        needed.append(images_needed(drawn, _redrawn(scratch[per_class], n_test, rng)))
    few, many = np.quantile(needed, (0.05, 0.95), method="inverted_cdf")
    low, high = per_class / many, per_class / few
    return Ratio(per_class / images_needed(reused, level), float(low), float(high), bool(is_bound))


def spread_of(accuracies):
    """Worst, quartiles and best of the accuracies of a grid: a Spread.

    Raises
    ------
    ValueError
        If there is none.
    """
    if not len(accuracies):
        raise ValueError("There is no accuracy to take the spread of: measure a setting or more.")
    return Spread(*map(float, np.quantile(list(accuracies), (0, 0.25, 0.5, 0.75, 1))))


def pretraining_flops(name):
    """Floating-point operations that a bundled backbone's pre-training took: derived.

    Parameters
    ----------
    name : str
        A bundled backbone; classes and epochs are read from its card.
    """
    from tlcourse.finetuning.cost import training_cost
    from tlcourse.networks.sources import n_epochs
    from tlcourse.networks.weights import read_card

    card = read_card(name)
    n_classes = len(card["classes"])
    uses = n_epochs(card["recipe"]) * n_classes * IMAGES_A_SOURCE_CLASS
    return training_cost("small_vgg_bn", "all random", n_classes)[0].each_time * uses


def _redrawn(values, n_test, rng):
    mean = float(np.mean(values))
    variance = mean * (1 - mean) / n_test
    if len(values) > 1:
        variance += np.var(values, ddof=1) / len(values)
    return mean + math.sqrt(variance) * rng.standard_normal()


def _short(number):
    if number < 9.95:
        return f"{number:.1f}"
    return f"{float(f'{number:.2g}'):,.0f}"
