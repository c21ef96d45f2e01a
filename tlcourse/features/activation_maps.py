"""Activation maps: how many activations each layer has, and how its places depend on each other."""

import re

import numpy as np
import torch

from tlcourse.networks.backbones import load_backbone


def map_shapes(name):
    """{layer: (channels, height, width), or (features,)} for one image, without fc8.

    Found on torch's ``meta`` device: nothing is computed and no weights are needed. For a VGG-like
    network or AlexNet; raises ValueError where convolutions have other names than conv1_1.
    """
    with torch.device("meta"):
        backbone = load_backbone(name, weights="random")
        image = torch.zeros(1, 3, backbone.side, backbone.side)
    if not any(_is_convolution(layer) for layer in backbone.default_layers):
        raise ValueError(
            f"{name} keeps its module names, so convolutions cannot be told from the rest: "
            "choose a VGG or alexnet."
        )
    outputs = _outputs(backbone, image, backbone.default_layers)
    return {layer: tuple(output.shape[1:]) for layer, output in outputs.items()}


def _is_convolution(layer):
    return re.fullmatch(r"conv\d+_\d+", layer) is not None


def _outputs(backbone, images, layers):
    """Layer -> its output, copied, in one forward pass."""
    outputs, modules = {}, dict(backbone.network.named_modules())

    def keep(layer):
        return lambda module, inputs, output: outputs.update({layer: output.clone()})

    hooks = [modules[backbone.layers[layer]].register_forward_hook(keep(layer)) for layer in layers]
    try:
        with torch.inference_mode():
            backbone.network(images)
    finally:
        for hook in hooks:
            hook.remove()
    return outputs


def count_activations(shapes, pooled):
    """Activations of each layer for one image; ``pooled`` leaves one feature a channel."""
    return {layer: int(shape[0] if pooled else np.prod(shape)) for layer, shape in shapes.items()}


def convolution_share(counts):
    """Part of the activations that are those of convolutions, from 0 to 1."""
    convolutions = sum(count for layer, count in counts.items() if _is_convolution(layer))
    return convolutions / sum(counts.values())


def n_convolutions(shapes):
    """How many of the layers are convolutions."""
    return sum(map(_is_convolution, shapes))


def activation_maps(backbone, images, layer):
    """The maps of one layer, not averaged over space: (images, channels, height, width).

    Raises ValueError if there is no such layer or image, or the layer has no places.
    """
    backbone.check_layers([layer])
    batch = [backbone.preprocess(image) for image in images]
    if not batch:
        raise ValueError("There is no image: give one at least.")
    maps = _outputs(backbone, torch.stack(batch), [layer])[layer].numpy()
    if maps.ndim != 4:
        raise ValueError(f"{layer} has no places: choose a convolution.")
    return maps


def correlation_at_distance(maps, steps):
    """How far a channel's activation goes with its own, ``steps`` places to the right.

    Pearson correlation over images and places of maps (images, channels, height, width) whose means
    are taken away, averaged over the channels that vary. Raises ValueError if ``steps`` does not
    fit into the map, or no channel varies.
    """
    width = maps.shape[-1]
    if not 1 <= steps < width:
        raise ValueError(f"steps is {steps}: in maps {width} wide it goes from 1 to {width - 1}.")
    centred = maps - maps.mean(axis=(2, 3), keepdims=True)
    left, right = centred[..., :-steps], centred[..., steps:]
    products = [np.sum(a * b, axis=(0, 2, 3)) for a, b in ((left, right), (left, left))]
    energy = np.sqrt(products[1] * np.sum(right * right, axis=(0, 2, 3)))
    if not energy.any():
        raise ValueError("Every channel is the same at all places: there is nothing to correlate.")
    return float(np.mean(products[0][energy > 0] / energy[energy > 0]))


def shuffled_places(maps, seed):
    """The same maps with the places of each map in random order: the control."""
    images, channels, height, width = maps.shape
    flat = maps.reshape(images, channels, height * width)
    return np.random.default_rng(seed).permuted(flat, axis=2).reshape(maps.shape)
