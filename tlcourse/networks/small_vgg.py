"""The small VGG of the course: 64 x 64 pixels in, conv1_1 ... conv5_2, fc6, fc7, fc8.

The design is that of VGG13 (Simonyan and Zisserman 2014): five blocks of two 3 x 3 convolutions,
each block followed by a max-pool, then three fully connected layers. It is narrow enough for two
CPU cores: 1.8 million parameters.
"""

from collections import OrderedDict

import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval, fuse_linear_bn_eval

WIDTHS = ((16, 16), (48, 48), (96, 96), (160, 160), (192, 192))

FC_WIDTH = 512
DROPOUT = 0.3
SIDE = 64


def small_vgg(n_classes, batch_norm=False, width=1):
    """A small VGG with random weights: (n, 3, 64, 64) -> (n, n_classes) scores.

    An ``nn.Sequential`` whose children carry the layers' names: ``conv1_1``, ``relu1_1``, ...,
    ``pool5``, ``flatten``, ``fc6``, ..., ``fc8``. For training, ``batch_norm`` puts a batch
    normalisation after each layer but fc8; ``width`` is a factor on the features of every layer.
    """
    children, channels = OrderedDict(), 3
    for block, features in enumerate(WIDTHS, start=1):
        for number, n in enumerate(features, start=1):
            layer, outputs = f"{block}_{number}", round(width * n)
            children[f"conv{layer}"] = nn.Conv2d(channels, outputs, 3, padding=1)
            if batch_norm:
                children[f"bn{layer}"] = nn.BatchNorm2d(outputs)
            children[f"relu{layer}"] = nn.ReLU(inplace=True)
            channels = outputs
        children[f"pool{block}"] = nn.MaxPool2d(2)
    children["flatten"] = nn.Flatten()
    inputs, outputs = channels * (SIDE // 2 ** len(WIDTHS)) ** 2, round(width * FC_WIDTH)
    for layer in ("6", "7"):
        children[f"fc{layer}"] = nn.Linear(inputs, outputs)
        if batch_norm:
            children[f"bn{layer}"] = nn.BatchNorm1d(outputs)
        children[f"relu{layer}"] = nn.ReLU(inplace=True)
        children[f"drop{layer}"] = nn.Dropout(DROPOUT)
        inputs = outputs
    children["fc8"] = nn.Linear(inputs, n_classes)
    return nn.Sequential(children)


def fold_batch_norm(network):
    """The same function without batch normalisation: each is folded into the layer before it.

    From ``small_vgg(..., batch_norm=True)`` to ``small_vgg(...)`` in eval mode, with the scores of
    ``network.eval()``.
    """
    trained = dict(network.eval().named_children())
    width = trained["fc8"].in_features / FC_WIDTH
    folded = small_vgg(trained["fc8"].out_features, width=width).eval()
    with torch.no_grad():
        for name, layer in folded.named_children():
            if name in trained and isinstance(layer, nn.Conv2d | nn.Linear):
                fuse = fuse_conv_bn_eval if isinstance(layer, nn.Conv2d) else fuse_linear_bn_eval
                norm = trained.get("bn" + name.removeprefix("conv").removeprefix("fc"))
                fused = fuse(trained[name], norm) if norm else trained[name]
                layer.load_state_dict(fused.state_dict())
    return folded


MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def as_input(pixels):
    """uint8 images (n, 3, 64, 64) -> standardised float32 ones."""
    mean, std = (torch.tensor(value).view(3, 1, 1) for value in (MEAN, STD))
    return (pixels.float() / 255 - mean) / std
