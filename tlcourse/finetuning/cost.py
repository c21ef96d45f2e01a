"""What training a policy on any network costs in operations, counted on shapes alone."""

from dataclasses import dataclass

import psutil
import torch
from torch.utils.flop_counter import FlopCounterMode

from tlcourse.finetuning.network import TargetNetwork
from tlcourse.finetuning.policies import as_policy
from tlcourse.networks.layers import as_backbone, layers_of, without_weights

N = 2  # images that are counted: batch normalisation cannot train on one
_COUNTED = {}  # what was counted in this process


@dataclass(frozen=True)
class TrainingCost:
    """What one stage of a policy costs, an image."""

    once: int
    each_time: int
    numbers: int

    def of(self, n_images, n_seen):
        """Operations after ``n_seen`` uses of ``n_images`` different images."""
        return self.once * n_images + self.each_time * n_seen


def training_cost(backbone, policy, n_classes, cache=True, image_shape=None):
    """What a policy costs in training: one TrainingCost a stage. No weight is needed.

    ``backbone`` may be a name; ``cache`` is whether the frozen bottom is computed once (not with
    augmentation); ``image_shape`` is (3, side, side), by default the backbone's. ValueError if the
    policy or the size of the images does not fit the network.
    """
    policy, backbone = as_policy(policy), as_backbone(backbone)
    image_shape = tuple(image_shape or (3, backbone.side, backbone.side))
    parameters = sum(parameter.numel() for parameter in backbone.network.parameters())
    key = backbone.name, parameters, policy, n_classes, cache, image_shape
    if key not in _COUNTED:
        network = without_weights(backbone, n_classes)
        layers = layers_of(network)
        choices = [stage.choices_for(layers, not at) for at, stage in enumerate(policy.stages)]
        _COUNTED[key] = [
            _counted(TargetNetwork(network, layers, found, {}), cache, image_shape, backbone)
            for found in choices
        ]
    return _COUNTED[key]


def fits_in_memory(cost, n_images):
    """Whether what is kept of the images takes less than half of the free memory."""
    return 4 * cost.numbers * n_images < psutil.virtual_memory().available / 2


def _counted(network, cache, image_shape, backbone):
    bottom, top = network.split() if cache else (None, network)
    images = torch.empty(N, *image_shape, device="meta")
    try:
        once, inputs = _operations(lambda: bottom(images)) if bottom else (0, images)
        each_time, _ = _operations(lambda: top(inputs).sum().backward())
    except RuntimeError as problem:
        raise ValueError(
            f"{backbone.name} cannot take images of {image_shape[1]} x {image_shape[2]} pixels: "
            f"bring them to {backbone.side} x {backbone.side}."
        ) from problem
    numbers = inputs[0].numel() if bottom else 0
    return TrainingCost(once // N, each_time // N, numbers)


def _operations(call):
    with FlopCounterMode(display=False) as counter:
        result = call()
    return counter.get_total_flops(), result
