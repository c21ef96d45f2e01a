"""Four domains of the same seven kinds in two dimensions; the feature space X is to choose."""

import io
from functools import lru_cache

import numpy as np
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

from tlcourse.features.extraction import shipped_features
from tlcourse.plots.pictures import image_html
from tlcourse.plots.style import COURSE, SERIES
from tlcourse.widgets.base import Explorer, readout_html
from tlcourse.widgets.choice import Choice

STYLES = ("photo", "art", "cartoon", "sketch")
DOMAINS = {"all four": STYLES, **{f"photo and {one}": ("photo", one) for one in STYLES[1:]}}


class DomainExplorer(Explorer):
    """A layer of ``imagenet`` as X, and PACS's domains in its first two principal components.

    Attributes
    ----------
    layer, domains, colour : Choice
    shares : dict or None
        Of the variance in X, what lies between the means of "style" and of "kind".
    """

    def __init__(self, layer="stem"):
        layers = list(shipped_features("imagenet", "PACS photo")[0].layer_sizes)
        self.layer = Choice("Feature space X: the layer", layers, layer, pull_down=True)
        self.domains = Choice("Domains", DOMAINS, pull_down=True)
        self.colour = Choice("Colour by", ("style", "kind"))
        super().__init__([self.layer, self.domains, self.colour])

    def _answer(self):
        setting = self.layer.value, self.domains.value
        _, _, self.shares = plane_of(*setting)
        style, kind = (f"{100 * self.shares[what]:.0f}%" for what in ("style", "kind"))
        words = f"Of the variance in X, {style} lies between styles and {kind} between kinds."
        alt = f"{setting[1]} of PACS in the first two components of {setting[0]}. {words}"
        picture = _drawn(*setting, self.colour.value)
        return readout_html(words, body=image_html(picture, "png", alt, "max-width:100%"))

    def _failed(self):
        self.shares = None


@lru_cache(maxsize=128)
def plane_of(layer, domains):
    """Training pictures in two components (n, 2), their {style, kind} names, and the shares."""
    parts = [shipped_features("imagenet", f"PACS {style}")[0] for style in DOMAINS[domains]]
    X = StandardScaler().fit_transform(np.vstack([part.select(layer) for part in parts]))
    groups = {
        "style": np.repeat(DOMAINS[domains], [len(part.labels) for part in parts]),
        "kind": np.concatenate([np.array(part.classes)[part.labels] for part in parts]),
    }
    shares = {what: between(X, names) for what, names in groups.items()}
    return PCA(2, random_state=0).fit_transform(X), groups, shares


def between(X, groups):
    """Share of the variance of X (n, d) that lies between the means of groups (n,)."""
    names, members = np.unique(groups, return_inverse=True)
    means = np.stack([X[groups == name].mean(axis=0) for name in names])
    return float(means[members].var(axis=0).sum() / X.var(axis=0).sum())


@lru_cache(maxsize=128)
def _drawn(layer, domains, colour):
    """A scatter as PNG, drawn without pyplot: a widget leaves a notebook's figures alone."""
    from matplotlib import style
    from matplotlib.figure import Figure

    plane, groups, _ = plane_of(layer, domains)
    groups = groups[colour]
    with style.context(COURSE):
        figure = Figure(figsize=(12, 5), dpi=80, layout="constrained")
        ax = figure.subplots()
        for name, (colour, marker, _) in zip(dict.fromkeys(groups), SERIES, strict=False):
            ax.plot(*plane[groups == name].T, marker, color=colour, alpha=0.45, ms=7, label=name)
        ax.set(xlabel="first component", ylabel="second component")
        ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", facecolor="white")
    return buffer.getvalue()
