"""Activations: what the layers of a network put out in one forward pass, averaged over space."""

from contextlib import contextmanager

import torch
from torch import nn


@contextmanager
def recorded_means(network, modules, channel_axis=1):
    """Record, in each forward pass inside the block, the spatial mean of some modules' outputs.

    The mean is taken inside the hook, at once: it is a copy, so an in-place operation that
    follows cannot change it, and no activation map outlives its layer.

    Parameters
    ----------
    network : nn.Module
        Put into eval mode inside the block; every module's mode is restored after it, also
        when the block fails.
    modules : dict of str
        Layer name -> module name.
    channel_axis : int
        Axis of the features in outputs with more than two axes: 1 for (n, c, h, w), -1 for
        (n, h, w, c). A convolution's output always has them in axis 1.

    Yields
    ------
    dict
        Layer name -> float32 tensor (n, features), from the latest forward pass.
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
