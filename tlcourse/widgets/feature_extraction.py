"""The main view of notebook 06: which layers of which backbone serve which target."""

from html import escape

from tlcourse.classifiers.score import PER_CLASS, evaluate_features, evaluate_transfer, of_rows
from tlcourse.datasets.photos import FAMILIES, PHOTO_SOURCES
from tlcourse.networks.small_vgg import FC_WIDTH, WIDTHS
from tlcourse.tables.targets import (
    DATA_SETS,
    REAL,
    explored,
    offered_sources,
    offered_targets,
    source_backbone,
)
from tlcourse.widgets.base import Explorer, large, readout_html
from tlcourse.widgets.choice import Choice, offered_choice
from tlcourse.widgets.layer_toggle import LayerToggle


class FeatureExtractionExplorer(Explorer):
    """Backbone, target and layers on controls; the accuracy of a linear SVM below them.

    What is not on this machine is grey, with what brings it. ``families`` are choices by kind;
    ``result`` is a Result for the present settings, None where there is none.
    """

    def __init__(self):
        self._results, self._toggles, self.result = {}, {}, None
        words = "Source: the backbone was trained on", "Target: the images to classify"
        self.backbone = offered_choice(words[0], offered_sources())
        offered = offered_targets()
        self.kind = Choice("Target: what kind", offered, pull_down=True)
        self.families = {kind: offered_choice(words[1], names) for kind, names in offered.items()}
        super().__init__([self.backbone, self.kind, *self.families.values()], self.layers)

    @property
    def family(self):
        """The choice of a target that is shown."""
        return self.families[self.kind.value]

    @property
    def layers(self):
        """The layers of the backbone that is chosen, on a toggle that it keeps."""
        sizes = _layer_sizes(self.backbone.value)
        toggle = self._toggles.get(tuple(sizes))
        if toggle is None:
            toggle = self._toggles[tuple(sizes)] = LayerToggle(sizes, [*sizes][-1:])
            if len(self._toggles) > 1:  # the first is observed with the other controls
                toggle.observe(self._update, "value")
        return toggle

    def _answer(self):
        for kind, choice in self.families.items():
            choice.layout.display = None if kind == self.kind.value else "none"
        *above, _, readout = self.children
        self.children = *above, self.layers, readout
        source, target, layers = self.backbone.value, self.family.value, tuple(self.layers.value)
        self.result = None
        if not target:
            return readout_html(f"None of {self.kind.value} is on this machine yet.")
        names = ", ".join(layers) if len(layers) <= 3 else f"{len(layers)} layers"
        key, words = (source, target, layers), f"{source} backbone, {target}, {names}"
        if key not in self._results:
            self._readout.value = readout_html(f"Computing: {words} ...")
            self._results[key] = _evaluated(source, target, list(layers))
        self.result = self._results[key]
        if self.kind.value in (DATA_SETS, REAL):
            words += ". Of a set with more than ten classes, ten are explored"
        return result_html(self.result, words)

    def _failed(self):
        self.result = None

    def to_html(self):
        """What a page without a kernel shows."""
        return self.layers.to_html() + self._readout.value


def result_html(result, setting):
    """A result as HTML: one sentence, and a bar a class beside the level of guessing."""
    chance = 1 / len(result.per_class)
    bars = "".join(_bar(name, value, chance) for name, value in result.per_class.items())
    head = large(
        f"{100 * result.accuracy:.1f}%",
        f"mean class accuracy of a linear SVM on {result.n_features:,} features, {PER_CLASS} "
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


def _evaluated(source, name, layers):
    """The first draw: shipped features, or such as go through the network once."""
    if name in FAMILIES and source in PHOTO_SOURCES:
        return evaluate_transfer(source, name, layers)
    target = explored(name, source)
    features = target.features(source, progress=False)
    train, test = (of_rows(features, rows) for rows in target.split(features, 0))
    return evaluate_features(train, test, layers)


def _layer_sizes(source):
    if source in PHOTO_SOURCES:
        return _bundled_layer_sizes()
    backbone = source_backbone(source)
    return {layer: backbone.layer_sizes[layer] for layer in backbone.default_layers}


def _bundled_layer_sizes():
    sizes = {
        f"conv{block}_{number}": width
        for block, widths in enumerate(WIDTHS, start=1)
        for number, width in enumerate(widths, start=1)
    }
    return {**sizes, "fc6": FC_WIDTH, "fc7": FC_WIDTH}
