"""The main view of notebook 09: what a normalization does to layers, and to the accuracy."""

import warnings
from functools import lru_cache

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from tlcourse.classifiers import normalization_trials
from tlcourse.classifiers.score import evaluate_transfer
from tlcourse.datasets.photos import FAMILIES, PHOTO_SOURCES
from tlcourse.features.extraction import shipped_features
from tlcourse.features.normalization import NORMALIZATIONS
from tlcourse.features.statistics import share_of_variance, spread_of_scale
from tlcourse.widgets.base import Explorer, large, readout_html
from tlcourse.widgets.choice import Choice
from tlcourse.widgets.layer_histograms import static_histograms

WITHOUT = "{-v, 0, v}"  # near to the discretized one, which is shown
C_OPTIONS = ("1", "to scale")
LAYER_SETS = {
    "fc7": "one layer: fc7",
    "conv1_1 fc7": "two: conv1_1, fc7",
    "convolutions": "all convolutions",
    "full network": "full network",
}
UNFINISHED = "An SVM stopped before it had converged: its C is large for these scales."


class NormalizationExplorer(Explorer):
    """Source, target, layers, normalization and C to choose; histograms and accuracy below.

    Parameters
    ----------
    normalization, layers : str
        Chosen at first; layers are one of the values of ``LAYER_SETS``.
    answer : callable, optional
        ``(source, target, set of layers, normalization, C) -> (accuracies, HTML)``, by default
        from ``tlcourse.classifiers.normalization_trials`` on the shipped features.

    Attributes
    ----------
    source, target, layers, normalization, C : Choice
    accuracy : float or None
        Mean of the draws at the present setting, None where it could not be measured.
    """

    def __init__(self, normalization="none", layers="full network", answer=None):
        self._measured, self.accuracy = answer or measured_answer, None
        self.source = Choice("Source: the backbone was trained on", PHOTO_SOURCES)
        self.target = Choice("Target", FAMILIES, "insects")
        self.layers = Choice("Layers", LAYER_SETS.values(), layers)
        shown = [name for name in NORMALIZATIONS if name != WITHOUT]
        self.normalization = Choice("Normalization", shown, normalization)
        self.C = Choice("C of the SVM", C_OPTIONS)
        super().__init__([self.source, self.C, self.target, self.layers, self.normalization])

    def _answer(self):
        names = {label: name for name, label in LAYER_SETS.items()}
        setting = (
            self.source.value,
            self.target.value,
            names[self.layers.value],
            self.normalization.value,
            self.C.value,
        )
        self._readout.value = readout_html("Computing ...")
        accuracies, html = self._measured(*setting)
        self.accuracy = float(np.mean(accuracies))
        return html

    def _failed(self):
        self.accuracy = None

    def to_html(self):
        """What a page without a kernel shows."""
        chosen = "; ".join(f"{each.label}: <b>{each.value}</b>" for each in self._controls)
        return f"<p>{chosen}.</p>{self._readout.value}"


@lru_cache(maxsize=512)
def measured_answer(source, target, layer_set, normalization, C):
    """Accuracies over draws of the training images, and the readout as HTML."""
    layers = _layers_of(source, target, layer_set)
    weight = (
        normalization_trials.scaled_C(source, target, layers, normalization)
        if C == normalization_trials.TO_SCALE
        else float(C)
    )
    options = {"C": weight, "normalization": normalization}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        results = [
            evaluate_transfer(source, target, layers, seed=seed, **options)
            for seed in normalization_trials.FEW_DRAWS
        ]
    accuracies = [result.accuracy for result in results]
    features = normalization_trials.normalized_features(source, target, layers, normalization)
    shares, spread = share_of_variance(features), spread_of_scale(features.matrix)
    values = {layer: features.select(layer) for layer in features.layer_sizes}
    words = (
        f"Scales of the features differ by a factor of {spread:.1f} (95th to 5th percentile). "
        f"{_who_holds_the_variance(shares, features.layer_sizes)}"
        f"{'' if all(result.converged for result in results) else UNFINISHED}"
    )
    alt = f"Histograms of the features of each layer, normalization: {normalization}. {words}"
    head = large(
        f"{100 * np.mean(accuracies):.1f}%",
        f"of test images are right, mean over classes ({100 * min(accuracies):.0f} to "
        f"{100 * max(accuracies):.0f}% in {len(accuracies)} draws of 20 training images a class)",
    )
    return accuracies, readout_html(words, head, static_histograms(alt, values, shares))


def _who_holds_the_variance(shares, sizes):
    """One sentence on the fully connected layers, where convolutions are beside them."""
    full = [layer for layer in shares if layer.startswith("fc")]
    if not full or len(full) == len(shares):
        return ""
    part, features = (sum(counts[layer] for layer in full) for counts in (shares, sizes))
    return (
        f"{' and '.join(full)} hold{'s' if len(full) == 1 else ''} {100 * part:.0f}% of the "
        f"variance with {100 * features / sum(sizes.values()):.0f}% of the features. "
    )


def _layers_of(source, target, layer_set):
    every = tuple(shipped_features(source, target)[0].layer_sizes)
    convolutions = tuple(layer for layer in every if layer.startswith("conv"))
    sets = {"convolutions": convolutions, "full network": every}
    return sets.get(layer_set, tuple(layer_set.split()))
