"""What training costs: floating-point operations, counted on shapes alone."""

from dataclasses import dataclass

import psutil
import torch
from torch.utils.flop_counter import FlopCounterMode

from tlcourse.architectures import as_backbone, layers_of, without_weights
from tlcourse.policies import as_policy
from tlcourse.target_network import TargetNetwork

_COUNTED = {}  # what was counted in this process
N = 2  # images that are counted: batch normalisation cannot train on one


@dataclass(frozen=True)
class TrainingCost:
    """What one stage of a policy costs, an image.

    A multiplication and an addition are two operations. Convolutions and matrix products are
    counted, forward and backward; what is cheap beside them (ReLU, the optimizer) is not.

    Attributes
    ----------
    once : int
        Of the frozen layers that are computed once for each image; 0 where there are none.
    each_time : int
        Of each use of the image in training: all other layers forward, and backward as far down
        as a layer is trained.
    numbers : int
        Kept of each image after the frozen layers; 0 where nothing is kept.
    """

    once: int
    each_time: int
    numbers: int

    def of(self, n_images, n_seen):
        """Operations after ``n_seen`` uses of ``n_images`` different images."""
        return self.once * n_images + self.each_time * n_seen


def training_cost(backbone, policy, n_classes, cache=True, image_shape=None):
    """What a policy costs in training, stage by stage; no weight is needed.

    Parameters
    ----------
    backbone : Backbone or str
        A name is enough: ``"vgg19"``.
    policy : Policy or str
    n_classes : int
    cache : bool
        Compute the frozen bottom once; False with augmentation.
    image_shape : tuple of int, optional
        (3, side, side); by default the backbone's.

    Returns
    -------
    list of TrainingCost
        One a stage.

    Raises
    ------
    ValueError
        If the policy or the size of the images does not fit the network.
    """
    policy, backbone = as_policy(policy), as_backbone(backbone)
    image_shape = tuple(image_shape or (3, backbone.side, backbone.side))
    parameters = sum(parameter.numel() for parameter in backbone.network.parameters())
    key = backbone.name, parameters, policy, n_classes, cache, image_shape
    if key not in _COUNTED:
        _COUNTED[key] = _counted_stages(backbone, policy, n_classes, cache, image_shape)
    return _COUNTED[key]


def _counted_stages(backbone, policy, n_classes, cache, image_shape):
    network = without_weights(backbone, n_classes)
    layers = layers_of(network)
    choices = [stage.choices_for(layers, not number) for number, stage in enumerate(policy.stages)]
    return [
        _counted(TargetNetwork(network, layers, found, {}), cache, image_shape, backbone)
        for found in choices
    ]


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
