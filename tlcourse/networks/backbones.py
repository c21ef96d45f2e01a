"""Backbones: any network of the course by one call, the names of its layers, its activations.

Weights are bundled, torchvision's (an enum or its name, "IMAGENET1K_V1"), timm's, "random" by a
seed, "places365" where Places365 has that network, or of a file with a state dict; with "random"
and a file the number of classes may be another.
"""

import copy
import hashlib
import re
from collections import OrderedDict
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import torch
from torch import nn
from torch.overrides import TorchFunctionMode
from torchvision import models, transforms

from tlcourse import random_numbers
from tlcourse.networks import places365
from tlcourse.networks import weights as weight_files
from tlcourse.networks.imagenet import timm_networks
from tlcourse.networks.small_vgg import SIDE, small_vgg
from tlcourse.networks.sources import SOURCES


class Output(NamedTuple):
    """What a module gives for an image: ``parts`` (windows, usually 1) of a shape, and its axis of
    features, counted from the end."""

    shape: tuple[int, ...]
    axis: int
    parts: int


@contextmanager
def recorded_means(network, modules, outputs):
    """Record, in each forward pass inside the block, the spatial mean of some modules' outputs.

    Yields {layer name: float32 tensor (n, features)} of the latest pass, for ``modules``, {layer
    name: module name}; ``outputs`` is ``Backbone.outputs``. Inside the block the network is in eval
    mode; every module's mode is restored after it. The means are copies, so that an in-place
    operation changes none of them.
    """
    means = {}
    modes = {module: module.training for module in network.modules()}
    hooks = [
        network.get_submodule(module).register_forward_hook(
            partial(_record, means, layer, outputs[module])
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


def _record(means, layer, like, module, inputs, output):
    means[layer] = spatial_mean(output, like.axis, like.parts)


def spatial_mean(output, axis, parts=1):
    """(n, c, h, w), (n, h, w, c), (n, tokens, c) or (n * parts, ...) -> (n, c), in float32."""
    output = output.unflatten(0, (-1, parts))
    space = [other for other in range(1, output.ndim) if other != output.ndim + axis]
    return output.mean(dim=space, dtype=torch.float32)


def module_outputs(network, side):
    """{module name: ``Output``} of every module that gives one tensor an image, in their order.

    Found by a pass of a copy on the ``meta`` device: no numbers, no memory.
    """
    tensors = chain(network.parameters(), network.buffers())
    copied = copy.deepcopy(network, {id(tensor): tensor.to("meta") for tensor in tensors}).eval()
    images, outputs = torch.zeros(IMAGES, 3, side, side, device="meta"), {}
    for name, module in copied.named_modules():
        module.register_forward_hook(partial(_keep, outputs, name))
    images.features = -3
    with torch.inference_mode(), _FollowFeatures():
        copied(images)
    return {name: outputs[name] for name, _ in network.named_modules() if name in outputs}


IMAGES = 5  # rarely divides a number of tokens, so that a batch is known from them


def _keep(outputs, name, module, inputs, output):
    if torch.is_tensor(output) and output.ndim > 1 and not output.shape[0] % IMAGES:
        axis = getattr(output, "features", -3 if output.ndim == 4 else -1)
        outputs[name] = Output(tuple(output.shape[1:]), axis, output.shape[0] // IMAGES)


CHANNELS_SECOND = {"conv1d", "conv2d", "conv3d", "batch_norm", "group_norm", "instance_norm"}
CHANNELS_LAST = {"linear", "layer_norm", "rms_norm", "multi_head_attention_forward"}
MOVES = {"permute", "transpose", "swapaxes", "swapdims", "movedim", "view", "reshape", "flatten"}
MOVES |= {"unflatten", "squeeze", "unsqueeze"}


class _FollowFeatures(TorchFunctionMode):
    """Tells of each tensor, in ``features``, which of its axes holds them, counted from the end."""

    def __torch_function__(self, function, types, args=(), kwargs=None):
        made, name = function(*args, **(kwargs or {})), getattr(function, "__name__", "")
        source = next((each for each in _tensors(args) if hasattr(each, "features")), None)
        for tensor in _tensors([made]):
            if name in CHANNELS_SECOND:
                tensor.features = 1 - tensor.ndim
            elif name in CHANNELS_LAST:
                tensor.features = -1
            elif name in ("matmul", "__matmul__", "bmm"):
                tensor.features = max(_of_product(*args[:2]), -tensor.ndim)
            elif source is not None and name in MOVES:
                _move(tensor, source, function, args, kwargs or {})
            elif source is not None and _same_axis(tensor, source):
                tensor.features = source.features
        return made


def _tensors(values):
    for value in values:
        if isinstance(value, torch.Tensor):
            yield value
        elif isinstance(value, list | tuple):
            yield from _tensors(value)


def _same_axis(tensor, source):
    axis, as_many = source.features, tensor.ndim == source.ndim
    return as_many or (tensor.ndim >= -axis and tensor.shape[axis] == source.shape[axis])


def _move(tensor, source, function, args, kwargs):
    """Where the function brings the features is seen on the CPU, of a tensor of their numbers."""
    numbers = torch.arange(source.shape[source.features], device="cpu").remainder(251).byte()
    numbers = numbers.view(-1, *[1] * (-source.features - 1)).expand(source.shape).contiguous()
    moved = function(numbers, *args[1:], **kwargs)
    for axis in range(-moved.ndim, 0):
        line = tuple(slice(None) if other == axis else 0 for other in range(-moved.ndim, 0))
        if moved[line].any():
            tensor.features = axis


def _of_product(left, right):
    """Axis of a product's features: of the values' rows or columns, of attention its heads."""
    left, right = (getattr(each, "features", None) for each in (left, right))
    if left == -2:
        return -2
    return -3 if right == -2 else -1


IMAGENET, TIMM = "imagenet", "timm:"
BUNDLED = (*SOURCES, IMAGENET)


@dataclass
class Backbone:
    """A network in eval mode, the names of its layers, and how its images are prepared.

    ``network`` takes (n, 3, side, side) float32 images, which ``preprocess`` makes of PIL images,
    and gives (n, n_classes) scores. ``layers`` is {layer name: module whose output is its
    activation}: on VGG-like networks and AlexNet the lecture's names (conv1_1 ... fc7) and the
    ReLU, else the module's own name and output, as ``activation`` says; ``linear`` are the layers
    that no activation follows. ``weights`` tells where they come from: "bundled", a torchvision
    enum, "timm", a file, or "random, seed 0". ``default_layers`` are those that
    ``extract_features`` takes when nothing is asked for.
    """

    name: str
    weights: str
    network: nn.Module
    layers: dict[str, str]
    preprocess: Callable
    default_layers: tuple[str, ...]
    activation: str = "after ReLU"
    side: int = field(default=SIDE)
    linear: frozenset[str] = frozenset()
    _fingerprint: tuple = field(default=(None, ""), init=False, repr=False, compare=False)

    @cached_property
    def outputs(self):
        """What its modules give, {module: ``Output``}, of those that give one tensor an image."""
        return module_outputs(self.network, self.side)

    @property
    def layer_sizes(self):
        """Features of each layer after averaging over space, as {layer: number of features}."""
        outputs = {layer: self.outputs[module] for layer, module in self.layers.items()}
        return {layer: output.shape[output.axis] for layer, output in outputs.items()}

    def activation_of(self, layer):
        """Which side of an activation the features of a layer are from, in words."""
        return "linear" if layer in self.linear else self.activation

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
    """Any backbone: a bundled one ("natural", "imagenet"), torchvision's ("vgg16"), "timm:vit_...".

    ``weights`` as above, by default the bundled or the published. Raises ValueError (no such name)
    or WeightsError (file, cause and remedy).
    """
    if name in SOURCES:
        return _bundled(name, weights, seed, n_classes)
    if name == IMAGENET or name.startswith(TIMM):
        return _timm(name, weights, seed, n_classes)
    _check_torchvision_has(name)
    return _torchvision(name, weights, seed, n_classes)


def fetch_weights(name):
    """Download torchvision's or timm's default weights of a network, if they are not there yet.

    Returns the checked file's Path. Raises ValueError (no such network) or WeightsError.
    """
    if name in BUNDLED:
        return weight_files.bundled_file(name)
    if name.startswith(TIMM):
        return timm_networks.fetch(name.removeprefix(TIMM))
    _check_torchvision_has(name)
    return weight_files.fetch_torchvision(models.get_model_weights(name).DEFAULT, name)


def _check_torchvision_has(name):
    known = models.list_models(module=models)
    if name not in known:
        names = ", ".join([*BUNDLED, *known])
        raise ValueError(f"There is no backbone {name!r}: choose from {names}, or timm:NAME.")


def _bundled(name, weights, seed, n_classes):
    card = weight_files.read_card(name)

    def build():
        return small_vgg(n_classes or len(card["classes"]), width=card["width"])

    def published():
        return weight_files.load_into(build(), weight_files.read_bundled(name), name), "bundled"

    network, origin = _filled(build, published, weights, seed)
    side, mean, std = (card["preprocessing"][key] for key in ("side", "mean", "std"))
    return _with_lecture_names(name, origin, network, _preprocess(side, mean, std), side)


def _torchvision(name, weights, seed, n_classes):
    enums = models.get_model_weights(name)
    enum, options = enums.DEFAULT, {}
    if name in ("googlenet", "inception_v3"):
        options = {"init_weights": weights == "random", "transform_input": weights != "random"}
    if weights == "places365":
        weights, n_classes = places365.checkpoint_file(name), n_classes or places365.N_CLASSES
        enum = enums.IMAGENET1K_V1  # crops of 224 pixels from 256, as Places365's
    elif weights != "random" and not _is_file(weights):
        enum, weights = _enum(enums, weights, name), None

    def build():
        return models.get_model(name, weights=None, num_classes=n_classes or 1000, **options)

    def published():
        state = weight_files.read_torchvision(enum, name)
        return weight_files.load_into(build(), state, str(enum)), str(enum)

    network, origin = _filled(build, published, weights, seed)
    prepare = enum.transforms()
    side = prepare.crop_size[0]
    if isinstance(network, models.VGG | models.AlexNet):
        return _with_lecture_names(name, origin, lecture_names(network), prepare, side)
    return _with_module_names(name, origin, network, prepare, side)


def _timm(name, weights, seed, n_classes):
    card = weight_files.read_card(name) if name == IMAGENET else None
    architecture = card["architecture"] if card else name.removeprefix(TIMM)
    options = {"num_classes": n_classes} if n_classes else {}

    def build():
        return timm_networks.build(architecture, **options)

    def published():
        if not card:
            return timm_networks.build_with_weights(architecture, **options), "timm"
        network, state = build(), weight_files.read_bundled(name).values()
        state = dict(zip(network.state_dict(), state, strict=True))  # other names, the same order
        return weight_files.load_into(network, state, name), "bundled"

    network, origin = _filled(build, published, weights, seed)
    prepare, side = timm_networks.preparation(network)
    backbone = _with_module_names(name, origin, network, prepare, side)
    if not card:
        main = timm_networks.main_layers(network, backbone.layers)
        return replace(backbone, default_layers=main)
    blocks = [module for module in backbone.layers if re.fullmatch(r"blocks\.\d\.\d", module)]
    linear = {f"block{number}": block for number, block in enumerate(blocks, 1)}
    layers = {"stem": "bn1", **linear, "head": "bn2"}
    known = {"activation": "after ReLU6", "linear": frozenset(linear)}
    return replace(backbone, layers=layers, default_layers=tuple(layers), **known)


def _filled(build, published, weights, seed):
    """A network and where its weights are from: random, a file of your own or the published."""
    if weights == "random":
        return with_seed(build, seed), f"random, seed {seed}"
    if weights is None:
        return published()
    network = build()
    _load_own(network, weights)
    return network, str(weights)


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
    if weights in (None, *enums):
        return weights or enums.DEFAULT
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
        with torch.device("cpu"), _EmptyOnMeta():
            return build().to("meta")
    with random_numbers.kept(device):
        random_numbers.seed(seed, device)
        return build()


class _EmptyOnMeta(TorchFunctionMode):
    """Weights take no memory; what a network computes of its own form (RegNet) has numbers."""

    def __torch_function__(self, function, types, args=(), kwargs=None):
        kwargs = dict(kwargs or {})
        if function in (torch.empty, torch.zeros, torch.ones):
            kwargs["device"] = "meta"
        return function(*args, **kwargs)


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
    *default, scores = (name for name, _ in network.named_children() if re.match("conv|fc", name))
    layers = {layer: re.sub("conv|fc", "relu", layer) for layer in default} | {scores: scores}
    about, linear = (network.eval(), layers, prepare, tuple(default)), frozenset({scores})
    return Backbone(name, origin, *about, side=side, linear=linear)


def _with_module_names(name, origin, network, prepare, side):
    about = prepare, (), "as the module gives it", side
    backbone = Backbone(name, origin, network.eval(), {}, *about)
    backbone.layers = {module: module for module in backbone.outputs if module}
    backbone.default_layers = tuple(_outermost(network, backbone.layers))[:-1]
    return backbone


def _outermost(network, names, before=""):
    """A network's children, of a list of modules its own."""
    for child, module in network.named_children():
        if before + child in names:
            yield before + child
        else:
            yield from _outermost(module, names, f"{before}{child}.")


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
