"""Choose layers on a drawing of the network."""

import difflib

import traitlets

from tlcourse.widgets.base import Control, esm
from tlcourse.widgets.network_drawing import draw_network, static_picture

TITLE = "Layers of the network"


class LayerToggle(Control):
    """The network drawn as in the lecture; a click, Enter or Space on a layer toggles it."""

    _esm = esm("layer_toggle")
    value = traitlets.List(traitlets.Unicode()).tag(sync=True)
    title = traitlets.Unicode().tag(sync=True)
    _svg = traitlets.Unicode().tag(sync=True)
    _presets = traitlets.Dict().tag(sync=True)

    def __init__(self, layer_sizes, value=("fc7",)):
        self.layer_sizes = {str(name): int(size) for name, size in layer_sizes.items()}
        super().__init__(
            value=list(value),
            title=TITLE,
            _svg=draw_network(self.layer_sizes, value, TITLE),
            _presets=usual_sets(self.layer_sizes),
        )

    @property
    def n_features(self):
        """Number of features of the selected layers together."""
        return sum(self.layer_sizes[name] for name in self.value)

    @traitlets.validate("value")
    def _in_network_order(self, proposal):
        wanted = list(proposal["value"])
        if not wanted:
            raise traitlets.TraitError("No layer is selected: select at least one.")
        for name in wanted:
            if name not in self.layer_sizes:
                raise traitlets.TraitError(_unknown(name, self.layer_sizes))
        return [name for name in self.layer_sizes if name in wanted]

    def to_text(self):
        """One line for a terminal."""
        return f"LayerToggle({', '.join(self.value)})"

    def to_html(self):
        """The drawing as it is now, as an ``<img>`` for pages without a kernel."""
        return static_picture(self.layer_sizes, self.value, TITLE)


def usual_sets(layer_sizes):
    """The sets of layers of the lecture, as ``{label: layers in network order}``."""
    layers = list(layer_sizes)
    alone = [name for name in layers if name.startswith("fc")] or layers[-1:]
    sets = {name: [name] for name in alone}
    convolutions = [name for name in layers if name.startswith("conv")]
    if len(convolutions) > 1:
        sets["all convolutions"] = convolutions
    return {**sets, "all layers": layers}


def _unknown(name, layer_sizes):
    close = difflib.get_close_matches(name, layer_sizes, n=1)
    hint = f" Did you mean {close[0]}?" if close else ""
    return f"The network has no layer {name!r}.{hint} Its layers are {', '.join(layer_sizes)}."
