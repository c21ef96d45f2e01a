"""The shapes of a network's layers: depth, size in pixels, and where the max-pools are."""

import re
from dataclasses import dataclass

import torch
from torch import nn

from tlcourse.architectures import as_backbone, layers_of, without_weights


@dataclass(frozen=True)
class LayerShape:
    """What a drawing of the network needs to know of a layer.

    Attributes
    ----------
    name : str
    block : str
        A selector of ``Policy``: ``"conv3"``, ``"fc"``, ``"layer1.0"``.
    depth : int
        Its number of features.
    size : tuple of int or None
        Height and width of its output in pixels; None where it has none.
    is_pooled : bool
        A max-pool follows.
    """

    name: str
    block: str
    depth: int
    size: tuple[int, int] | None
    is_pooled: bool

    def describe(self):
        """For people: ``"conv3_2, 96 features, 16 × 16 pixels"``."""
        size = f", {self.size[0]} × {self.size[1]} pixels" if self.size else ""
        return f"{self.name}, {self.depth:,} features{size}"


def layer_shapes(backbone, n_classes):
    """The layers of a network, with their shapes; no weight is loaded for it.

    Parameters
    ----------
    backbone : Backbone or str
    n_classes : int
        Outputs of the head, the last layer.

    Returns
    -------
    list of LayerShape
    """
    backbone = as_backbone(backbone)
    network = without_weights(backbone, n_classes).eval()
    sizes, handles = {}, []
    for name, module in network.named_modules():
        keep = lambda _, __, output, name=name: sizes.update({name: _size(output)})  # noqa: E731
        handles.append(module.register_forward_hook(keep))
    network(torch.zeros(1, 3, backbone.side, backbone.side, device="meta"))
    return [_shape(network, layer, sizes) for layer in layers_of(network)]


def block_of(name):
    """The block of a layer: ``conv3_2`` -> ``conv3``, ``fc6`` -> ``fc``, ``a.0.b`` -> ``a.0``."""
    lecture = re.fullmatch(r"(conv\d+)_\d+|(fc)\d+", name)
    if lecture:
        return lecture[1] or lecture[2]
    return ".".join(name.split(".")[:2]) if name.count(".") > 1 else name.partition(".")[0]


def _size(output):
    shape = getattr(output, "shape", ())
    return tuple(shape[2:]) if len(shape) == 4 else None


def _shape(network, layer, sizes):
    own = layer.tensors[0].rpartition(".")[0]
    modules = [network.get_submodule(name) for name in layer.modules]
    weight = next(p for p in map(network.get_parameter, layer.tensors) if p.ndim > 1)
    pooled = any(isinstance(module, nn.MaxPool2d) for module in modules)
    return LayerShape(layer.name, block_of(layer.name), weight.shape[0], sizes.get(own), pooled)
