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

    ``curve`` is (what was spent, which does not fall; the accuracy then). The cost is on the
    straight line between two of its points; ``inf`` where the accuracy was never reached.
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
    """How many times less reuse spends until an accuracy is reached: a Ratio of means over seeds.

    ``reused`` and ``scratch`` have a curve a seed. ``low`` and ``high`` set the dearest reused seed
    against the cheapest from scratch, and the other way round. Where a seed from scratch never gets
    there, all it spent is counted, and the ratio is a lower bound. ValueError if a reused seed
    never reaches the accuracy, or spends nothing.
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
    """Images a class at which an accuracy is reached, on lines over the logarithm of their number;
    ``inf`` above all measured accuracies, the fewest images below all.
    ``by_volume``: images a class -> accuracy of each draw.
    """
    volumes = sorted(by_volume)
    means = [np.mean(by_volume[volume]) for volume in volumes]
    return math.exp(cost_to_reach((np.log(volumes), means), accuracy))


def times_fewer_images(reused, scratch, per_class, n_test):
    """How many times fewer images a class give reuse what scratch has of ``per_class``: a Ratio.

    ``reused`` and ``scratch`` as for ``images_needed``. ``low`` and ``high`` hold 90% of what comes
    out when every mean accuracy is drawn again from a normal distribution, its variance that of the
    draws and of the ``n_test`` test images. A lower bound where the fewest images that were tried
    already give reuse more; 0 where the most that were tried give it less. ValueError if nothing
    was measured from scratch at ``per_class``.
    """
    if per_class not in scratch:
        known = ", ".join(map(str, scratch))
        raise ValueError(f"From scratch {per_class} a class was not measured: choose from {known}.")
    rng = np.random.default_rng(0)
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
    """Worst, quartiles and best of accuracies: a Spread; ValueError if there is no accuracy."""
    if not len(accuracies):
        raise ValueError("There is no accuracy to take the spread of: measure a setting or more.")
    return Spread(*map(float, np.quantile(list(accuracies), (0, 0.25, 0.5, 0.75, 1))))


def pretraining_flops(name):
    """Floating-point operations of a bundled backbone's pre-training, derived from its card."""
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
