"""The main view of notebook 09: what a normalization does to layers, and to the accuracy."""

from functools import lru_cache

import pandas as pd

from tlcourse import paths
from tlcourse.datasets.photos import FAMILIES, PHOTO_SOURCES
from tlcourse.features.extraction import shipped_features
from tlcourse.features.normalization import make_normalization
from tlcourse.widgets.base import Explorer, large, readout_html
from tlcourse.widgets.choice import Choice
from tlcourse.widgets.layer_histograms import static_histograms

COLUMNS = {"its own": "accuracy", "1 for all": "at_C_1"}


class NormalizationExplorer(Explorer):
    """Source, target, normalization and C to choose; histograms of all layers, and the accuracy.

    Accuracies are those of ``data/measured/normalization.csv``. ``accuracy`` is the present one.
    """

    def __init__(self, normalization="none"):
        every = _runs().reset_index().query("layers == 'all layers'")
        real = every.query("backbone == 'imagenet'")["target"].unique()
        names = [name for name in every["normalization"].unique() if "others" not in name]
        self.source = Choice("Source: the backbone was trained on", ["imagenet", *PHOTO_SOURCES])
        self.real = Choice("Target", real, "PACS sketch", pull_down=True)
        self.family = Choice("Target", FAMILIES, "insects", pull_down=True)
        self.normalization = Choice("Normalization", names, normalization)
        self.C = Choice("C of the SVM", COLUMNS)
        super().__init__([self.source, self.real, self.family, self.C], self.normalization)

    @property
    def target(self):
        """The choice of a target that is shown."""
        return self.real if self.source.value == "imagenet" else self.family

    def _answer(self):
        for each in (self.real, self.family):
            each.layout.display = None if each is self.target else "none"
        setting = self.source.value, self.target.value, self.normalization.value
        run = _runs().loc[(*setting[:2], "all layers", setting[2])]
        self.accuracy = run[COLUMNS[self.C.value]]
        its_own = f"C = {run['C']:.2g}, chosen within the training images"
        C = its_own if self.C.value == "its own" else "C = 1"
        words = f"of test images are right, mean over classes: all layers, a linear SVM, {C}"
        return readout_html("", large(f"{100 * self.accuracy:.1f}%", words), histograms(*setting))

    def _failed(self):
        self.accuracy = None

    def to_html(self):
        """What a page without a kernel shows."""
        shown = self.source, self.target, self.normalization, self.C
        chosen = "; ".join(f"{each.label}: <b>{each.value}</b>" for each in shown)
        return f"<p>{chosen}.</p>{self._readout.value}"


@lru_cache(maxsize=1)
def _runs():
    runs = pd.read_csv(paths.SHIPPED / "measured" / "normalization.csv")
    return runs.set_index(["backbone", "target", "layers", "normalization"]).sort_index()


@lru_cache(maxsize=128)
def histograms(source, target, normalization):
    """The normalised training features of each layer, and its part of their variance, as HTML."""
    train = shipped_features(source, target)[0]
    rows = make_normalization(normalization, train.layer_sizes).fit_transform(train.matrix)
    values = {layer: rows[:, train.columns(layer)] for layer in train.layer_sizes}
    variances = {layer: part.var(axis=0).sum() for layer, part in values.items()}
    total = sum(variances.values())
    shares = {layer: float(variance / total) for layer, variance in variances.items()}
    most = max(shares, key=shares.get)
    alt = (
        f"Histograms of the features of each layer of {source} on {target}, normalization: "
        f"{normalization}. {most} holds most of the variance, {100 * shares[most]:.0f}%."
    )
    return static_histograms(alt, values, shares)
