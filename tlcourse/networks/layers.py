"""Architectures: the layers that a policy speaks of, and the same network built anew."""

import dataclasses
import re
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import nn

from tlcourse.networks.backbones import load_backbone, module_outputs, with_seed
from tlcourse.networks.small_vgg import WIDTHS, small_vgg

SMALL_VGG = {"small_vgg": False, "small_vgg_bn": True}  # name -> batch normalisation


@dataclass(frozen=True)
class Layer:
    """What a policy decides on at once: a weight, with what belongs to it.

    ``tensors`` are keys of the state dict; ``modules`` also ReLU, dropout and pooling behind it.
    """

    name: str
    tensors: tuple[str, ...]
    modules: tuple[str, ...]
    parameters: int


def layers_of(network):
    """The layers (list of ``Layer``) of a network, as it defines them; the last is the head."""
    modules = {name: module for name, module in network.named_modules() if _matters(module)}
    owner = _owners(modules)
    return [
        _layer(network, name, [module for module in modules if owner[module] == name])
        for name in dict.fromkeys(owner.values())
    ]


def small_vgg_backbone(batch_norm=True, width=1, seed=0):
    """The course's architecture with random weights, "small_vgg_bn" or "small_vgg": from scratch.

    The bundled backbones were trained with batch normalisation too, and had it folded away;
    ``width`` is a factor on the features of every layer.
    """
    name = next(name for name, has_it in SMALL_VGG.items() if has_it == batch_norm)
    network = with_seed(lambda: small_vgg(41, batch_norm, width), seed).eval()
    template = load_backbone("natural", "random")
    return dataclasses.replace(template, name=name, weights=f"random, seed {seed}", network=network)


def build_anew(backbone, n_classes, seed=0):
    """The backbone's architecture with the architecture's own random weights, in train mode.

    Its weights are not read; without the auxiliary heads of GoogLeNet and Inception.
    """
    if backbone.name in SMALL_VGG:
        width = backbone.network.conv1_1.out_channels / WIDTHS[0][0]
        return with_seed(lambda: small_vgg(n_classes, SMALL_VGG[backbone.name], width), seed)
    network = load_backbone(backbone.name, "random", seed, n_classes).network.train()
    for auxiliary in ("aux1", "aux2", "AuxLogits"):
        if hasattr(network, auxiliary):
            network.aux_logits = False
            network.transform_input = backbone.network.transform_input
            setattr(network, auxiliary, None)
    return network


def without_weights(backbone, n_classes):
    """A backbone, or one's name, on the meta device: every shape and no numbers, no memory."""
    with torch.device("meta"):
        return build_anew(as_backbone(backbone), n_classes)


def as_backbone(backbone):
    """A backbone as it is; of a name, the architecture on the meta device."""
    return _on_meta(backbone) if isinstance(backbone, str) else backbone


@lru_cache(maxsize=32)
def _on_meta(name):
    with torch.device("meta"):
        if name in SMALL_VGG:
            return small_vgg_backbone(SMALL_VGG[name])
        backbone = load_backbone(name, "random")
    return dataclasses.replace(backbone, weights="its weights, not loaded here")


def _matters(module):
    """It has tensors of its own, or nothing inside: no mere container."""
    return bool(_own_tensors(module)) or not any(True for _ in module.children())


def _own_tensors(module):
    """Names of own parameters and persistent buffers."""
    return [name for name in module.state_dict() if "." not in name]


def _has_weight(module):
    return any(parameter.ndim > 1 for parameter in module.parameters(recurse=False))


def _owners(modules):
    """Module -> the module whose layer it belongs to.

    A normalisation goes with the layer just before it in its block, else with the block's next one,
    but never with the head; what has no tensors (ReLU, dropout, pooling) likewise, head or not.
    """
    names = list(modules)
    weighty = [name for name in names if _has_weight(modules[name])]
    owner = {name: name for name in weighty}
    for place, name in enumerate(names):
        before, after = names[:place][-1:], [each for each in names[place:] if each in weighty][:1]
        block = name.rpartition(".")[0]
        near = [owner[each] for each in before + after if each.rpartition(".")[0] == block]
        if _own_tensors(modules[name]):
            near = [layer for layer in near if layer not in weighty[-1:]]  # the head takes no norms
        else:
            near += [owner[each] for each in before]
        owner.setdefault(name, [*near, name][0])
    return {name: owner[name] for name in names}


def _layer(network, name, modules):
    tensors, parameters = [], 0
    for module in modules:
        own = network.get_submodule(module)
        tensors += [f"{module}.{tensor}" if module else tensor for tensor in _own_tensors(own)]
        parameters += sum(parameter.numel() for parameter in own.parameters(recurse=False))
    return Layer(name, tuple(tensors), tuple(modules), parameters)


DEPTH = re.compile(r"(bottom|top) (\d+)(%?)")


def resolve(rules, names):
    """Layer -> value of the last of the rules (selector, value) that selects it."""
    return {name: value for selector, value in rules for name in selected(selector, names)}


def selected(selector, names):
    """The names that a selector means."""
    if selector == "*":
        return names
    depth = DEPTH.fullmatch(selector)
    if depth:
        return _at_depth(selector, *depth.groups(), names)
    digit = "" if selector[-1:].isdigit() else r"|\d"
    block = re.compile(rf"{re.escape(selector)}($|[._]{digit})")
    found = [name for name in names if block.match(name)]
    if not found:
        raise ValueError(
            f"There is no layer or block {selector!r}: choose from {', '.join(names)}, their "
            "blocks, or a depth such as 'bottom 4' or 'top 50%'."
        )
    return found


def _at_depth(selector, end, number, percent, names):
    count = len(names) * int(number) // 100 if percent else int(number)
    if count > len(names):
        raise ValueError(f"{selector!r} of {len(names)} layers: ask for {len(names)} at most.")
    if not count and int(number):
        raise ValueError(f"{selector!r} of {len(names)} layers is less than one: ask for more.")
    return names[:count] if end == "bottom" else names[len(names) - count :]


@dataclass(frozen=True)
class LayerShape:
    """What a drawing of the network needs to know of a layer.

    ``size`` is (height, width) of its output in pixels, None where it has none.
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
    """The layers of a network, or of one's name, with their shapes, as a list of ``LayerShape``."""
    backbone = as_backbone(backbone)
    network = without_weights(backbone, n_classes).eval()
    outputs = module_outputs(network, backbone.side)
    return [_shape(network, layer, outputs) for layer in layers_of(network)]


def block_of(name):
    """The block of a layer: ``conv3_2`` -> ``conv3``, ``fc6`` -> ``fc``, ``a.0.b`` -> ``a.0``."""
    lecture = re.fullmatch(r"(conv\d+)_\d+|(fc)\d+", name)
    if lecture:
        return lecture[1] or lecture[2]
    return ".".join(name.split(".")[:2]) if name.count(".") > 1 else name.partition(".")[0]


def _shape(network, layer, outputs):
    own = layer.tensors[0].rpartition(".")[0]
    modules = [network.get_submodule(name) for name in layer.modules]
    weight = next(p for p in map(network.get_parameter, layer.tensors) if p.ndim > 1)
    pooled = any(isinstance(module, nn.MaxPool2d) for module in modules)
    output, size = outputs.get(own), None
    if output and len(output.shape) == 3:
        size = tuple(np.delete(output.shape, output.axis).tolist())
    return LayerShape(layer.name, block_of(layer.name), weight.shape[0], size, pooled)
