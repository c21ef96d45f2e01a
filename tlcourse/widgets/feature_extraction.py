"""The main view of notebook 06: which layers of which backbone serve which target."""

from html import escape

from tlcourse.widgets.base import Explorer, large, readout_html
from tlcourse.widgets.choice import Choice, offered_choice
from tlcourse.widgets.layer_toggle import LayerToggle


class FeatureExtractionExplorer(Explorer):
    """Backbone, target and layers on controls; the accuracy of a linear SVM below them.

    What is not on this machine is grey, with what brings it.

    Parameters
    ----------
    layer_sizes : mapping of str to int, optional
        Number of features of each layer; by default those of the backbone that is chosen.
    backbones, families : sequence of str, optional
        By default the course's one list of sources, and that of targets.
    layers : sequence of str
        Selected at first.
    per_class : int
        Training images a class.
    evaluate : callable, optional
        ``(backbone, family, layers, per_class=...) -> result`` with the attributes ``accuracy``,
        ``per_class`` (accuracy by class), ``n_features`` and ``seconds``; by default
        ``tlcourse.classifiers.score.evaluate_features`` on the first draw of ``explored``.

    Attributes
    ----------
    backbone, kind : Choice
    families : dict of Choice
        By kind.
    result : object
        What ``evaluate`` returned for the present settings, None where it failed.
    """

    def __init__(
        self,
        layer_sizes=None,
        backbones=None,
        families=None,
        layers=("fc7",),
        per_class=20,
        evaluate=None,
    ):
        from tlcourse.tables.targets import offered_sources, offered_targets

        self._evaluate, self._sizes, self._at_first = evaluate or _evaluated, layer_sizes, layers
        self._per_class, self._results, self._toggles, self.result = per_class, {}, {}, None
        words = "Source: the backbone was trained on", "Target: the images to classify"
        self.backbone = offered_choice(words[0], offered_sources())
        if backbones:
            self.backbone = Choice(words[0], backbones)
        offered = offered_targets()
        self.kind = Choice("Target: what kind", offered, pull_down=True)
        self.families = {kind: offered_choice(words[1], names) for kind, names in offered.items()}
        if families:
            self.families[self.kind.value] = Choice(words[1], families)
        kinds = [] if families else [self.kind]
        super().__init__([self.backbone, *kinds, *self.families.values()], self.layers)

    @property
    def family(self):
        """The choice of a target that is shown."""
        return self.families[self.kind.value]

    @property
    def _has_many(self):
        from tlcourse.tables.targets import DATA_SETS, REAL

        return self.kind.value in (DATA_SETS, REAL)

    @property
    def layers(self):
        """The layers of the backbone that is chosen, on a toggle that it keeps."""
        sizes = self._sizes or _layer_sizes(self.backbone.value)
        toggle = self._toggles.get(tuple(sizes))
        if toggle is None:
            chosen = [layer for layer in self._at_first if layer in sizes] or [*sizes][-1:]
            toggle = self._toggles[tuple(sizes)] = LayerToggle(sizes, chosen)
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
        key, words = (source, target, layers), _setting(source, target, layers)
        if key not in self._results:
            self._readout.value = readout_html(f"Computing: {words} ...")
            evaluated = self._evaluate(source, target, list(layers), per_class=self._per_class)
            self._results[key] = evaluated
        self.result = self._results[key]
        few = ". Of a set with more than ten classes, ten are explored" if self._has_many else ""
        return result_html(self.result, words + few, self._per_class)

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


def _evaluated(source, name, layers, per_class):
    """The first draw: shipped features, or such as go through the network once."""
    from tlcourse.classifiers.score import evaluate_features, evaluate_transfer, of_rows
    from tlcourse.datasets.photos import FAMILIES, PHOTO_SOURCES
    from tlcourse.tables.targets import explored

    if name in FAMILIES and source in PHOTO_SOURCES:
        return evaluate_transfer(source, name, layers, per_class)
    target = explored(name, source, per_class)
    features = target.features(source, progress=False)
    train, test = (of_rows(features, rows) for rows in target.split(features, 0))
    return evaluate_features(train, test, layers)


def _layer_sizes(source):
    from tlcourse.datasets.photos import PHOTO_SOURCES
    from tlcourse.tables.targets import source_backbone

    if source in PHOTO_SOURCES:
        return _bundled_layer_sizes()
    backbone = source_backbone(source)
    return {layer: backbone.layer_sizes[layer] for layer in backbone.default_layers}


def _bundled_layer_sizes():
    from tlcourse.networks.small_vgg import FC_WIDTH, WIDTHS

    sizes = {
        f"conv{block}_{number}": width
        for block, widths in enumerate(WIDTHS, start=1)
        for number, width in enumerate(widths, start=1)
    }
    return {**sizes, "fc6": FC_WIDTH, "fc7": FC_WIDTH}
