"""The networks that grew up, from LeNet-5 to ResNet-152: built, counted, and beside their papers.

Three of them are built here as their papers have them; torchvision has none of the three.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

import torch
from torch import fx, nn
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode
from torchvision import models

from tlcourse import paths

_THREE, _FOUR = ([[(i + j) % 6 for j in range(n)] for i in range(6)] for n in (3, 4))

C3_SEES = (*_THREE, *_FOUR, [0, 1, 3, 4], [1, 2, 4, 5], [0, 2, 3, 5], list(range(6)))


class LeNet5(nn.Module):
    """LeNet-5 as its paper has it: 32 x 32 grey pixels in, ten distances out.

    Subsampling has a trained coefficient and bias a map; each map of C3 sees some maps of S2 only;
    the output compares F6 with a fixed code of ten characters. LeCun, Bottou, Bengio and Haffner,
    "Gradient-based learning applied to document recognition", Proceedings of the IEEE 86 (1998).
    """

    def __init__(self):
        super().__init__()
        self.c1, self.s2 = nn.Conv2d(1, 6, 5), Subsampling(6)
        self.c3 = nn.ModuleList(nn.Conv2d(len(seen), 1, 5) for seen in C3_SEES)
        self.s4, self.c5, self.f6 = Subsampling(16), nn.Conv2d(16, 120, 5), nn.Linear(120, 84)
        self.register_buffer("codes", torch.ones(10, 84))

    def forward(self, images):
        x = self.s2(_squash(self.c1(images)))
        x = torch.cat(
            [conv(x[:, seen]) for conv, seen in zip(self.c3, C3_SEES, strict=True)], dim=1
        )
        x = _squash(self.c5(self.s4(_squash(x)))).flatten(1)
        x = _squash(self.f6(x))
        squares = (x**2).sum(1, keepdim=True) + (self.codes**2).sum(1)
        return squares - 2 * F.linear(x, self.codes)


class Subsampling(nn.Module):
    """The mean of four neighbours, times a trained coefficient, plus a trained bias."""

    def __init__(self, maps):
        super().__init__()
        self.coefficient = nn.Parameter(torch.ones(maps, 1, 1))
        self.bias = nn.Parameter(torch.zeros(maps, 1, 1))

    def forward(self, x):
        return _squash(self.coefficient * F.avg_pool2d(x, 2) + self.bias)


def _squash(x):
    return 1.7159 * torch.tanh(2 / 3 * x)


def alexnet_2012():
    """AlexNet with its two towers, as trained on two cards; torchvision's has one tower.

    conv2, conv4 and conv5 see the maps of their own tower only (two groups). Krizhevsky et al.,
    "ImageNet classification with deep convolutional neural networks", NIPS 2012; the one tower:
    "One weird trick ...", arXiv 1404.5997.
    """
    shape = {1: (3, 96, 11), 2: (96, 256, 5), 3: (256, 384, 3), 4: (384, 384, 3), 5: (384, 256, 3)}
    layers = []
    for number, (maps_in, maps, side) in shape.items():
        geometry = {"stride": 4, "padding": 2} if number == 1 else {"padding": side // 2}
        groups = 2 if number in (2, 4, 5) else 1
        layers += [nn.Conv2d(maps_in, maps, side, groups=groups, **geometry), nn.ReLU()]
        layers += [nn.LocalResponseNorm(5)] if number < 3 else []
        layers += [nn.MaxPool2d(3, 2)] if number in (1, 2, 5) else []
    widths = (256 * 6 * 6, 4096, 4096)
    layers.append(nn.Flatten())
    for inputs in widths[:2]:
        layers += [nn.Dropout(), nn.Linear(inputs, 4096), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(widths[2], 1000))


def cifar_resnet(depth=56):
    """The residual network for the 32 x 32 pixels of CIFAR-10: 16, 32 and 64 maps, 6n + 2 layers.

    He et al., arXiv 1512.03385, section 4.2, with its depths 20, 32, 44, 56 and 110 and shortcuts
    without parameters (option A). Raises ValueError if the depth is not 6n + 2.
    """
    n, rest = divmod(depth - 2, 6)
    if rest or n < 1:
        raise ValueError(f"A ResNet for CIFAR-10 has 6n + 2 layers, not {depth}: 56, for example.")
    layers, maps = [nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU()], 16
    for width in (16, 32, 64):
        for _ in range(n):
            layers.append(BasicBlock(maps, width))
            maps = width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


class BasicBlock(nn.Module):
    """Two convolutions and the shortcut past them; half the side where the maps double."""

    def __init__(self, maps_in, maps):
        super().__init__()
        self.stride, self.missing = maps // maps_in, maps - maps_in
        self.conv1 = nn.Conv2d(maps_in, maps, 3, self.stride, padding=1, bias=False)
        self.conv2 = nn.Conv2d(maps, maps, 3, padding=1, bias=False)
        self.bn1, self.bn2 = nn.BatchNorm2d(maps), nn.BatchNorm2d(maps)

    def forward(self, x):
        shortcut = x[:, :, :: self.stride, :: self.stride]
        shortcut = F.pad(shortcut, (0, 0, 0, 0, self.missing // 2, self.missing // 2))
        x = torch.relu(self.bn1(self.conv1(x)))
        return torch.relu(self.bn2(self.conv2(x)) + shortcut)


@dataclass(frozen=True)
class Count:
    """What was counted on a network; multiply-adds for one image, parameters of all layers."""

    depth: int
    parameters: int
    multiply_adds: int
    fully_connected: int


def count(network, input_shape):
    """``Count`` of any network on one image of (1, channels, height, width); into eval mode."""
    linear = [module for module in network.modules() if isinstance(module, nn.Linear)]
    device = next(network.parameters()).device
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        network.eval()(torch.zeros(input_shape, device=device))
    return Count(
        depth=count_depth(network),
        parameters=_n_parameters(network.parameters()),
        multiply_adds=counter.get_total_flops() // 2,
        fully_connected=sum(_n_parameters(layer.parameters()) for layer in linear),
    )


def count_depth(network):
    """Convolutions and fully connected layers on the longest way through a network."""
    graph = fx.symbolic_trace(network).graph
    depth = {}
    for node in graph.nodes:
        before = max((depth[source] for source in node.all_input_nodes), default=0)
        depth[node] = before + _has_weights(node, network)
    return max(depth.values())


def _has_weights(node, network):
    if node.op == "call_module":
        return isinstance(network.get_submodule(node.target), nn.Conv2d | nn.Linear)
    return node.op == "call_function" and node.target in (F.conv2d, F.linear)


def _n_parameters(parameters):
    return sum(parameter.numel() for parameter in parameters)


IMAGENET = "ImageNet"
COUNTED = ("depth", "parameters", "multiply_adds")

ON_THE_SLIDE = ("LeNet-5", "AlexNet", "VGG19", "GoogLeNet", "ResNet-56", "Inception-V3")

OF_IMAGENET = ("AlexNet", "VGG19", "GoogLeNet", "ResNet-50", "ResNet-152", "Inception-V3")


@dataclass(frozen=True)
class Design:
    """A network that can be built, what it was designed for, and the input that it is counted on.

    ``build()`` gives it without the auxiliary heads that are dropped after training.
    """

    name: str
    year: int
    trained_on: str
    input_shape: tuple[int, ...]
    build: Callable
    torchvision: str | None = None


def _of_torchvision(name, year, model, side=224, **options):
    build = partial(getattr(models, model), **options)
    return Design(name, year, IMAGENET, (1, 3, side, side), build, model)


_BARE = {"init_weights": False, "aux_logits": False}

_DESIGNS = (
    Design("LeNet-5", 1998, "MNIST", (1, 1, 32, 32), LeNet5),
    Design("AlexNet", 2012, IMAGENET, (1, 3, 224, 224), alexnet_2012),
    _of_torchvision("AlexNet, one tower", 2014, "alexnet"),
    _of_torchvision("VGG19", 2014, "vgg19"),
    _of_torchvision("GoogLeNet", 2014, "googlenet", **_BARE),
    Design("ResNet-56", 2015, "CIFAR-10", (1, 3, 32, 32), cifar_resnet),
    _of_torchvision("ResNet-50", 2015, "resnet50"),
    _of_torchvision("ResNet-152", 2015, "resnet152"),
    _of_torchvision("Inception-V3", 2015, "inception_v3", 299, **_BARE),
)

NETWORKS = {design.name: design for design in _DESIGNS}


def design_of(name):
    """The ``Design`` of that name."""
    if name not in NETWORKS:
        raise ValueError(f"There is no network {name!r}: choose from {', '.join(NETWORKS)}.")
    return NETWORKS[name]


@lru_cache
def count_network(name):
    """Build a network of ``NETWORKS`` on the meta device and ``count`` it."""
    design = design_of(name)
    with torch.device("meta"):
        network = design.build()
    return count(network, design.input_shape)


def torchvision_metadata(name):
    """What torchvision says of a network of ``NETWORKS`` with its first published weights.

    ``"parameters"`` (of GoogLeNet without, of Inception-V3 with auxiliary heads),
    ``"multiply_adds"``, and ``"top-1 error"`` and ``"top-5 error"`` of one centre crop, in percent.
    Raises ValueError if torchvision does not have the network.
    """
    model = design_of(name).torchvision
    if model is None:
        raise ValueError(f"torchvision has no {name}: it was built from its paper.")
    meta = models.get_model_weights(model).IMAGENET1K_V1.meta
    right = meta["_metrics"]["ImageNet-1K"]
    return {
        "parameters": meta["num_params"],
        "multiply_adds": 1e9 * meta["_ops"],
        "top-1 error": 100 - right["acc@1"],
        "top-5 error": 100 - right["acc@5"],
    }


@lru_cache
def published():
    """What the papers say: list of dict with network, quantity, value, what and source."""
    return tuple(paths.read_csv(Path(__file__).with_name("growing_up.csv")))


def published_number(name, quantity):
    """One number of ``published()``, such as "parameters" or "cards"; None where there is none."""
    design_of(name)
    matching = (row for row in published() if (row["network"], row["quantity"]) == (name, quantity))
    found = next(matching, None)
    return float(found["value"]) if found else None


def describe(name):
    """Year, data set, what was counted and the published errors of a network, as one dict.

    Errors in percent, ``"top-5 error"`` on ImageNet and ``"error"`` on MNIST or CIFAR-10, or None.
    """
    design, counted = design_of(name), count_network(name)
    errors = {key: published_number(name, key) for key in ("top-5 error", "error")}
    numbers = {key: getattr(counted, key) for key in COUNTED}
    return {"year": design.year, "trained on": design.trained_on, **numbers, **errors}


def beside_the_papers(names):
    """What was counted beside what the papers say, in short numbers: a DataFrame, a row a network.

    ``"-"`` stands where the paper gives no number.
    """
    import pandas as pd

    rows = {}
    for name in names:
        row = describe(name)
        rows[name] = {"year": row["year"], "trained on": row["trained on"]}
        for key in COUNTED:
            paper = published_number(name, key.replace("_", "-"))
            rows[name][key.replace("_", "-")] = short(row[key])
            rows[name][f"{key.replace('_', '-')} (paper)"] = "-" if paper is None else short(paper)
        error = row["top-5 error"] or row["error"]
        rows[name]["error, % (paper)"] = "-" if error is None else f"{error:g}"
    return pd.DataFrame.from_dict(rows, orient="index")


def short(number):
    """A number in three digits at most: ``"61 M"``, ``"0.85 M"``, ``"19.6 G"``, ``"125 M"``."""
    for at_least, unit, letter in ((1e9, 1e9, " G"), (1e5, 1e6, " M"), (1e3, 1e3, " k")):
        if number >= at_least:
            scaled = number / unit
            return f"{scaled:.2g}{letter}" if scaled < 10 else f"{scaled:.3g}{letter}"
    return f"{number:.3g}"
