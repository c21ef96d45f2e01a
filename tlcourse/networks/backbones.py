"""Backbones: any network of the course by one call, the names of its layers, its activations.

Weights are bundled, torchvision's (an enum or its name, "IMAGENET1K_V1"), "random" by a seed,
"places365" where Places365 has that network, or of a file with a state dict; with "random" and a
file the number of classes may be another.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import torch
from torch import nn
from torchvision import models, transforms

from tlcourse import random_numbers
from tlcourse.networks import places365
from tlcourse.networks import weights as weight_files
from tlcourse.networks.small_vgg import SIDE, small_vgg
from tlcourse.networks.sources import SOURCES


@contextmanager
def recorded_means(network, modules, channel_axis=1):
    """Record, in each forward pass inside the block, the spatial mean of some modules' outputs.

    Yields {layer name: float32 tensor (n, features)} of the latest pass, for ``modules``, {layer
    name: module name}. Inside the block the network is in eval mode; every module's mode is
    restored after it. ``channel_axis`` is the features' axis in outputs of more than two axes: 1
    for (n, c, h, w), -1 for (n, h, w, c). The means are copies, so that an in-place operation
    changes none of them.
    """
    means = {}
    named = dict(network.named_modules())
    modes = {module: module.training for module in network.modules()}
    hooks = [
        named[module].register_forward_hook(
            _record(means, layer, 1 if isinstance(named[module], nn.Conv2d) else channel_axis)
        )
        for layer, module in modules.items()
    ]
    try:
        network.eval()
        yield means
    finally:
        for hook in hooks:
            hook.remove()
        for module, mode in modes.items():
            module.training = mode


def _record(means, layer, channel_axis):
    def hook(module, inputs, output):
        if torch.is_tensor(output) and output.ndim >= 2:
            means[layer] = spatial_mean(output, channel_axis)

    return hook


def spatial_mean(output, channel_axis=1):
    """(n, c, h, w), (n, h, w, c) or (n, tokens, c) -> (n, c), in float32; (n, c) is copied."""
    axis = {2: 1, 3: 2}.get(output.ndim, channel_axis % output.ndim)
    space = [other for other in range(1, output.ndim) if other != axis]
    return output.mean(dim=space, dtype=torch.float32) if space else output.float().clone()


BUNDLED = tuple(SOURCES)


@dataclass
class Backbone:
    """A network in eval mode, the names of its layers, and how its images are prepared.

    ``network`` takes (n, 3, side, side) float32 images, which ``preprocess`` makes of PIL images,
    and gives (n, n_classes) scores. ``layers`` is {layer name: module whose output is its
    activation}: on VGG-like networks and AlexNet the lecture's names (conv1_1 ... fc7) and the
    ReLU, else the module's own name and output, as ``activation`` says. ``weights`` tells where
    they come from: "bundled", a torchvision enum, a file, or "random, seed 0". ``default_layers``
    are those that ``extract_features`` takes when nothing is asked for.
    """

    name: str
    weights: str
    network: nn.Module
    layers: dict[str, str]
    preprocess: Callable
    default_layers: tuple[str, ...]
    activation: str = "after ReLU"
    side: int = field(default=SIDE)
    _fingerprint: tuple = field(default=(None, ""), init=False, repr=False, compare=False)

    @property
    def channel_axis(self):
        """Where activations of more than two axes keep their features."""
        return -1 if isinstance(self.network, models.SwinTransformer) else 1

    @cached_property
    def layer_sizes(self):
        """Features of each layer after averaging over space, as {layer: number of features}."""
        modules = dict(self.network.named_modules())
        if self.activation == "after ReLU":
            return {layer: len(modules[layer].weight) for layer in self.layers}
        nothing = torch.zeros(2, 3, self.side, self.side)
        with (
            torch.inference_mode(),
            recorded_means(self.network, self.layers, self.channel_axis) as means,
        ):
            self.network(nothing)
        return {layer: means[layer].shape[1] for layer in self.layers if layer in means}

    @property
    def fingerprint(self):
        """Changes with the architecture, the weights or the preprocessing."""
        about, state = f"{self.layers}{self.preprocess}", self.network.state_dict()
        now = about, {key: _traces(tensor) for key, tensor in state.items()}
        if self._fingerprint[0] != now:
            self._fingerprint = now, _digest(about, state)
        return self._fingerprint[1]

    def check_layers(self, names):
        """``names`` in the order of the network; an unknown one raises with the known ones."""
        unknown = [name for name in names if name not in self.layers]
        if unknown or not names:
            wrong = f"no layer called {unknown[0]!r}" if unknown else "nothing without a layer"
            raise ValueError(f"{self.name} has {wrong}: choose from {', '.join(self.layers)}.")
        return [name for name in self.layers if name in set(names)]


def load_backbone(name, weights=None, seed=0, n_classes=None):
    """Any backbone of the course: a bundled one ("natural", ...) or torchvision's ("vgg16", ...).

    ``weights`` as above, by default the bundled or torchvision's. Raises ValueError (no such name)
    or WeightsError (file, cause and remedy).
    """
    if name in BUNDLED:
        return _bundled(name, weights, seed, n_classes)
    _check_torchvision_has(name)
    return _torchvision(name, weights, seed, n_classes)


def fetch_weights(name):
    """Download torchvision's default weights of a network, if they are not there yet.

    Returns the checked file's Path. Raises ValueError (no such network) or WeightsError.
    """
    if name in BUNDLED:
        return weight_files.bundled_file(name)
    _check_torchvision_has(name)
    return weight_files.fetch_torchvision(models.get_model_weights(name).DEFAULT, name)


def _check_torchvision_has(name):
    known = models.list_models(module=models)
    if name not in known:
        names = ", ".join([*BUNDLED, *known])
        raise ValueError(f"There is no backbone {name!r}: choose from {names}.")


def _bundled(name, weights, seed, n_classes):
    card = weight_files.read_card(name)
    build = lambda: small_vgg(n_classes or len(card["classes"]), width=card["width"])  # noqa: E731
    if weights == "random":
        network, origin = _random(build, seed)
    elif weights is None:
        network, origin = build(), "bundled"
        weight_files.load_into(network, weight_files.read_bundled(name), name)
    else:
        network, origin = build(), str(weights)
        weight_files.load_into(network, weight_files.read_file(weights), weights)
    side, mean, std = (card["preprocessing"][key] for key in ("side", "mean", "std"))
    return _with_lecture_names(name, origin, network, _preprocess(side, mean, std), side)


def _torchvision(name, weights, seed, n_classes):
    enums = models.get_model_weights(name)
    prepare = enums.DEFAULT.transforms()
    if isinstance(weights, str) and weights == "places365":
        weights, n_classes = places365.checkpoint_file(name), n_classes or places365.N_CLASSES
        prepare = enums.IMAGENET1K_V1.transforms()  # crops of 224 pixels from 256, as Places365's
    options = {"num_classes": n_classes or 1000}
    if name in ("googlenet", "inception_v3"):
        options["init_weights"] = weights == "random"
    build = lambda: models.get_model(name, weights=None, **options)  # noqa: E731
    if weights == "random":
        network, origin = _random(build, seed)
    elif weights is None or not _is_file(weights):
        enum = _enum(enums, weights, name)
        network, origin, prepare = build(), str(enum), enum.transforms()
        weight_files.load_into(network, weight_files.read_torchvision(enum, name), origin)
    else:
        network, origin = build(), str(weights)
        _load_own(network, weights)
    side = prepare.crop_size[0]
    if isinstance(network, models.VGG | models.AlexNet):
        return _with_lecture_names(name, origin, lecture_names(network), prepare, side)
    return _with_module_names(name, origin, network, prepare, side)


def _load_own(network, file):
    """A file's tensors may carry torchvision's names of today or of 2017, or the lecture's."""
    state = places365.torchvision_names(weight_files.read_file(file))
    is_lectures = any("conv1_1.weight" in key for key in state)
    if isinstance(network, models.VGG | models.AlexNet) and is_lectures:
        network = lecture_names(network)
    weight_files.load_into(network, state, file)


def _is_file(weights):
    return isinstance(weights, Path) or (isinstance(weights, str) and Path(weights).suffix != "")


def _enum(enums, weights, name):
    if weights is None:
        return enums.DEFAULT
    if weights in list(enums):
        return weights
    if weights in enums.__members__:
        return enums[weights]
    raise ValueError(
        f"{name} has no weights {weights!r}: choose from {', '.join(enums.__members__)}, 'random', "
        "or the path of a file."
    )


def with_seed(build, seed):
    """What ``build`` makes with torch's random numbers seeded; they go on afterwards as before."""
    device = torch.get_default_device()
    if device.type == "meta":
        return build()
    with random_numbers.kept(device):
        random_numbers.seed(seed, device)
        return build()


def _random(build, seed):
    return with_seed(build, seed), f"random, seed {seed}"


def _preprocess(side, mean, std):
    cut = transforms.Resize(side), transforms.CenterCrop(side)
    return transforms.Compose([*cut, transforms.ToTensor(), transforms.Normalize(mean, std)])


def lecture_names(network):
    """torchvision's VGG or AlexNet as one sequence of modules under the lecture's names.

    The modules are shared, not copied. VGG counts layers in each block (conv3_2); AlexNet has one
    layer a block (conv3_1), as in Krizhevsky et al. 2012.
    """
    children, block, number = OrderedDict(), 1, 0
    one_a_block = isinstance(network, models.AlexNet)
    for module in network.features:
        if isinstance(module, nn.Conv2d):
            block, number = (block + (number > 0), 1) if one_a_block else (block, number + 1)
        kind = {nn.Conv2d: "conv", nn.BatchNorm2d: "bn", nn.ReLU: "relu", nn.MaxPool2d: "pool"}
        prefix = kind[type(module)]
        children[f"{prefix}{block}" if prefix == "pool" else f"{prefix}{block}_{number}"] = module
        if prefix == "pool" and not one_a_block:
            block, number = block + 1, 0
    children["avgpool"], children["flatten"] = network.avgpool, nn.Flatten()
    layer = 5
    for module in network.classifier:
        layer += isinstance(module, nn.Linear)
        prefix = {nn.Linear: "fc", nn.ReLU: "relu", nn.Dropout: "drop"}[type(module)]
        children[f"{prefix}{layer}"] = module
    return nn.Sequential(children)


def _with_lecture_names(name, origin, network, prepare, side):
    layers = {}
    for child, module in network.named_children():
        if isinstance(module, nn.Conv2d | nn.Linear):
            number = child.removeprefix("conv").removeprefix("fc")
            layers[child] = f"relu{number}" if child != "fc8" else child
    default = tuple(layer for layer in layers if layer != "fc8")
    return Backbone(name, origin, network.eval(), layers, prepare, default, side=side)


def _with_module_names(name, origin, network, prepare, side):
    layers = {module: module for module, _ in network.named_modules() if module}
    default = tuple(child for child, _ in network.named_children())[:-1]
    return Backbone(
        name, origin, network.eval(), layers, prepare, default, "as the module gives it", side
    )


def _traces(tensor):
    """Of a change: quick to take, and the sum sees a write through ``.data`` too."""
    version = None if tensor.is_inference() else tensor._version
    return tensor.data_ptr(), version, tensor.sum().item()


def _digest(about, state):
    digest = hashlib.sha256(about.encode())
    for key, tensor in state.items():
        digest.update(key.encode())
        digest.update(tensor.cpu().contiguous().view(-1).view(torch.uint8).numpy())
    return digest.hexdigest()[:16]
