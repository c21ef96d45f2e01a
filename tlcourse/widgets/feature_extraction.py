"""The main view of notebook 06: which layers of which backbone serve which target."""

from html import escape

from tlcourse.widgets.base import Explorer, large, readout_html
from tlcourse.widgets.choice import Choice
from tlcourse.widgets.layer_toggle import LayerToggle


class FeatureExtractionExplorer(Explorer):
    """Backbone, target and layers on controls; the accuracy of a linear SVM below them.

    Parameters
    ----------
    layer_sizes : mapping of str to int, optional
        Number of features of each layer; by default those of the bundled backbones.
    backbones, families : sequence of str, optional
    layers : sequence of str
        Selected at first.
    per_class : int
        Training images a class.
    evaluate : callable, optional
        ``(backbone, family, layers, per_class=...) -> result`` with the attributes ``accuracy``,
        ``per_class`` (accuracy by class), ``n_features`` and ``seconds``; by default
        ``tlcourse.classifiers.score.evaluate_transfer``.

    Attributes
    ----------
    backbone, family : Choice
    layers : LayerToggle
    result : object
        What ``evaluate`` returned for the present settings, None where it failed.
    """

    def __init__(
        self,
        layer_sizes=None,
        backbones=("natural", "manmade"),
        families=None,
        layers=("fc7",),
        per_class=20,
        evaluate=None,
    ):
        self._evaluate = evaluate or _evaluate_transfer
        self._per_class, self._results, self.result = per_class, {}, None
        self.backbone = Choice("Source: the backbone was trained on", backbones)
        self.family = Choice("Target: the images to classify", families or _families())
        self.layers = LayerToggle(layer_sizes or _bundled_layer_sizes(), layers)
        super().__init__([self.backbone, self.family], self.layers)

    def _answer(self):
        source, target, layers = self.backbone.value, self.family.value, tuple(self.layers.value)
        key, words = (source, target, layers), _setting(source, target, layers)
        if key not in self._results:
            self._readout.value = readout_html(f"Computing: {words} ...")
            evaluated = self._evaluate(source, target, list(layers), per_class=self._per_class)
            self._results[key] = evaluated
        self.result = self._results[key]
        return result_html(self.result, words, self._per_class)

    def _failed(self):
        self.result = None

    def to_html(self):
        """What a page without a kernel shows."""
        return self.layers.to_html() + self._readout.value


def result_html(result, setting, per_class):
    """A result as HTML: one sentence, and a bar a class beside the level of guessing."""
    chance = 1 / len(result.per_class)
    bars = "".join(_bar(name, value, chance) for name, value in result.per_class.items())
    head = large(
        f"{100 * result.accuracy:.1f}%",
        f"mean class accuracy of a linear SVM on {result.n_features:,} features, {per_class} "
        f"training images a class, {1000 * result.seconds:.0f} ms",
    )
    note = (
        f"Accuracy of each class; the upright line is guessing ({100 * chance:.0f}%). "
        f"Shown: {setting}."
    )
    columns = "display:grid;grid-template-columns:repeat(auto-fill,minmax(20em,1fr));gap:3px 28px"
    return readout_html(note, head, f'<div style="{columns}">{bars}</div>')


def _bar(name, value, chance):
    label = escape(name)
    track = "background:var(--jp-layout-color3,#ddd);height:18px;position:relative"
    mark = "position:absolute;top:-2px;bottom:-2px;width:3px"
    return (
        '<div style="display:grid;grid-template-columns:9.5em 1fr 3em;gap:8px;align-items:center">'
        f'<span style="overflow:hidden;text-overflow:ellipsis;white-space:nowrap" title="{label}">'
        f'{label}</span><span style="{track}"><span style="display:block;height:100%;'
        f'background:#0072B2;width:{100 * value:.1f}%"></span><span style="{mark};'
        f'left:{100 * chance:.1f}%;background:var(--jp-content-font-color1,#111)"></span></span>'
        f'<span style="text-align:right">{100 * value:.0f}%</span></div>'
    )


def _setting(backbone, family, layers):
    names = ", ".join(layers) if len(layers) <= 3 else f"{len(layers)} layers"
    return f"{backbone} backbone, {family}, {names}"


def _evaluate_transfer(*settings, **more):
    from tlcourse.classifiers.score import evaluate_transfer

    return evaluate_transfer(*settings, **more)


def _families():
    from tlcourse.datasets.photos import FAMILIES

    return FAMILIES


def _bundled_layer_sizes():
    from tlcourse.networks.small_vgg import FC_WIDTH, WIDTHS

    sizes = {
        f"conv{block}_{number}": width
        for block, widths in enumerate(WIDTHS, start=1)
        for number, width in enumerate(widths, start=1)
    }
    return {**sizes, "fc6": FC_WIDTH, "fc7": FC_WIDTH}
