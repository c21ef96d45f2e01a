"""Counting on a network: depth, parameters, multiply-adds; the meta device is enough."""

from dataclasses import dataclass

import torch
from torch import fx, nn
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode


@dataclass(frozen=True)
class Count:
    """What was counted on a network.

    Attributes
    ----------
    depth : int
        Convolutions and fully connected layers on the longest way from input to output.
    parameters : int
        Numbers that are trained.
    multiply_adds : int
        Of convolutions and fully connected layers, for one image.
    fully_connected : int
        Those of the parameters that belong to fully connected layers.
    """

    depth: int
    parameters: int
    multiply_adds: int
    fully_connected: int


def count(network, input_shape):
    """Depth, parameters and multiply-adds of any network.

    Parameters
    ----------
    network : nn.Module
        On the meta device, or with weights; it is set to eval mode.
    input_shape : tuple of int
        Of one image: (1, channels, height, width).

    Returns
    -------
    Count
    """
    linear = [module for module in network.modules() if isinstance(module, nn.Linear)]
    return Count(
        depth=count_depth(network.eval()),
        parameters=_n_parameters(network.parameters()),
        multiply_adds=count_multiply_adds(network, input_shape),
        fully_connected=sum(_n_parameters(layer.parameters()) for layer in linear),
    )


def count_depth(network):
    """Convolutions and fully connected layers on the longest way through a network.

    A shortcut or a short branch beside it does not count. Norms and pools have no depth.
    """
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


def count_multiply_adds(network, input_shape):
    """Multiplications, each with its addition, that convolutions and matrix products need."""
    device = next(network.parameters()).device
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        network(torch.zeros(input_shape, device=device))
    return counter.get_total_flops() // 2


def _n_parameters(parameters):
    return sum(parameter.numel() for parameter in parameters)
