"""Cut a network at a layer: what a linear classifier makes of what comes out there."""

from functools import cache
from html import escape

import numpy as np
import traitlets
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

from tlcourse.widgets.base import Control, Explorer, css, esm, large, readout_html
from tlcourse.widgets.network_drawing import draw_network, static_picture
from tlcourse.widgets.plane_drawing import CLASSES, LIMIT, draw_points, static_plane

TITLE = "Where to cut: on the left the representation, on the right the classifier"


class CutChoice(Control):
    """The drawing of the network as one group of radio buttons: the last layer that is kept."""

    _esm = esm("network_cut")
    _css = css("network_cut")
    value = traitlets.Unicode().tag(sync=True)
    title = traitlets.Unicode(TITLE).tag(sync=True)
    _svg = traitlets.Unicode().tag(sync=True)

    def __init__(self, layer_sizes, value):
        self.layer_sizes = dict(layer_sizes)
        super().__init__(value=value, _svg=draw_network(self.layer_sizes, title=TITLE))

    @traitlets.validate("value")
    def _is_a_layer(self, proposal):
        if proposal["value"] not in self.layer_sizes:
            raise traitlets.TraitError(
                f"There is no layer {proposal['value']!r}: cut after one of "
                f"{', '.join(self.layer_sizes)}."
            )
        return proposal["value"]

    @property
    def kept(self):
        """The layers up to the cut."""
        layers = list(self.layer_sizes)
        return layers[: layers.index(self.value) + 1]

    def to_html(self):
        """The drawing as it is now, as an ``<img>`` for pages without a kernel."""
        return static_picture(self.layer_sizes, self.kept, TITLE)


class NetworkCut(Explorer):
    """The network to cut; the accuracy of a linear classifier there and a picture of the classes.

    Parameters
    ----------
    features : tlcourse.features.extraction.Features
        Of all layers to choose from.
    labels : array-like of int, shape (images,)
    names : sequence of str
        Name of each label.
    measure : callable
        ``(matrix, labels) -> accuracies``, from 0 to 1, several draws of the training images:
        ``tlcourse.classifiers.reuse.linear_separability`` with its options bound.
    value : str, optional
        The layer after which to cut at first; by default the last one.

    Attributes
    ----------
    cut : CutChoice
    accuracy : float
        Mean of the draws at the present cut.
    """

    def __init__(self, features, labels, names, measure, value=None):
        layers = list(features.layer_sizes)
        self.cut = CutChoice(features.layer_sizes, value or layers[-1])
        self._names = list(names)
        self._at = cache(lambda layer: self._measured(features.select(layer), labels, measure))
        super().__init__(self.cut)

    def _measured(self, matrix, labels, measure):
        return measure(matrix, labels), _scatter(matrix, np.asarray(labels), self._names)

    def _answer(self):
        accuracies, picture = self._at(self.cut.value)
        self.accuracy = float(np.mean(accuracies))
        size, kept = self.cut.layer_sizes[self.cut.value], len(self.cut.kept)
        words = (
            f"of other images are right by a linear SVM on {self.cut.value}: {size} features "
            f"({100 * min(accuracies):.0f} to {100 * max(accuracies):.0f}% in "
            f"{len(accuracies)} draws)"
        )
        head = large(f"{100 * self.accuracy:.1f}%", escape(words))
        note = f"Representation: {kept} layers. Classifier: what follows. {_legend(self._names)}"
        return readout_html(note, head, picture)

    def to_html(self):
        """What a page without a kernel shows."""
        return self.cut.to_html() + self._readout.value


def first_two_directions(matrix):
    """Places of the images in the plane of the two principal components, within the picture."""
    with np.errstate(invalid="ignore"):  # a layer that is the same for all images
        places = PCA(2, random_state=0).fit_transform(StandardScaler().fit_transform(matrix))
    reach = np.quantile(np.abs(places), 0.98, axis=0)
    reach[reach == 0] = 1
    return np.clip(places / reach * (LIMIT - 0.3), 0.1 - LIMIT, LIMIT - 0.1)


def _scatter(matrix, labels, names):
    dots = draw_points(first_two_directions(matrix), labels, size=0.55)
    alt = f"The images in the plane of their two principal components. {_legend(names)}"
    return static_plane(alt, dots)


def _legend(names):
    looks = (look for look, _, _ in CLASSES)
    return "; ".join(f"{name}: {look}" for name, look in zip(names, looks, strict=False)) + "."
