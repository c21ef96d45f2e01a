"""Batch normalisation: put back where it was folded away, and re-estimated."""

import copy
import dataclasses

import torch
from torch import nn

from tlcourse.networks.images import prepare_images
from tlcourse.networks.layers import small_vgg_backbone
from tlcourse.networks.small_vgg import WIDTHS

PUT_BACK = "batch normalisation put back"


@torch.no_grad()
def with_batch_norm(backbone, images):
    """The same function, with a batch normalisation after each layer but the head.

    Random layers learn far better with it, and the bundled networks have theirs folded away. Mean
    and spread of each layer's outputs on some images (two or more, as for ``prepare_images``)
    become the running statistics, and its scale and shift undo them: in eval mode nothing changes.
    Returns a Backbone as ``small_vgg_backbone()``, whose ``weights`` are the backbone's name.
    Raises ValueError if the backbone is no small VGG, or has batch normalisation already.
    """
    old = backbone.network
    folded = hasattr(old, "conv1_1") and hasattr(old, "fc8") and not hasattr(old, "bn1_1")
    if not folded or not hasattr(old, "drop6"):
        raise ValueError(
            f"{backbone.name} is no small VGG without batch normalisation: give 'natural', "
            "'manmade' or 'drawn', loaded by load_backbone."
        )
    width = old.conv1_1.out_channels / WIDTHS[0][0]
    template = small_vgg_backbone(True, width)
    network = template.network.eval()
    network.fc8 = copy.deepcopy(old.fc8)  # as many classes as its source has
    network.load_state_dict(old.state_dict(), strict=False)
    outputs = prepare_images(backbone, images).inputs
    for module in network:
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            _undo(module, outputs)
        outputs = module(outputs.clone())
    weights = f"{backbone.name}, {PUT_BACK}"
    return dataclasses.replace(template, weights=weights, network=network)


@torch.no_grad()
def calibrate(backbone, images):
    """A copy of a backbone whose batch normalisations have the running statistics of some images.

    Without them a frozen random network hands its top signals that are too small to learn from.
    """
    network = copy.deepcopy(backbone.network)
    for module in network.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            module.momentum = None
            module.train()
    network(prepare_images(backbone, images).inputs)
    return dataclasses.replace(backbone, network=network.eval())


def _undo(norm, inputs):
    """Running statistics of these inputs, and a scale and a shift that give the inputs back."""
    places = [0, *range(2, inputs.ndim)]
    variance, mean = torch.var_mean(inputs, places)
    norm.running_mean.copy_(mean)
    norm.running_var.copy_(variance)
    norm.weight.copy_((variance + norm.eps).sqrt())
    norm.bias.copy_(mean)
