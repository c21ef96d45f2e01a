"""Features of 18 layers of ``imagenet`` (224 px, CPU): the exported pass against PyTorch's.

Both with every layer's mean, and ONNX Runtime's bare forward pass, on the same prepared images.
"""

import copy

import torch
from side_by_side import alternating, arguments, at_least, show, speedup
from torch import nn
from torch.nn import functional as F

from tlcourse.features.extraction import SAFE_COSINE, TorchPass
from tlcourse.networks.backbones import load_backbone
from tlcourse.networks.imagenet import onnx_pass

N_IMAGES = 32


class Scores(nn.Module):
    """The network alone: its scores, in a tuple as the layers' means are."""

    def __init__(self, network):
        super().__init__()
        self.network = copy.deepcopy(network)

    def forward(self, images):
        return (self.network(images),)


def bare(backbone):
    """ONNX Runtime on the network alone."""
    run = copy.copy(onnx_pass.OnnxPass(backbone, ["head"]))
    run._session = onnx_pass._session(onnx_pass._exported(Scores(backbone.network), backbone.side))
    return run


def compare(images, rounds):
    """Rows of the table, and notes."""
    backbone = load_backbone("imagenet")
    layers = list(backbone.layers)
    network = backbone.network.to(memory_format=torch.channels_last)
    eager = TorchPass(backbone, network, layers, "cpu")
    ours, alone = onnx_pass.OnnxPass(backbone, layers), bare(backbone)
    runs = {
        "ours": lambda: ours(images),
        "eager": lambda: eager(images),
        "bare": lambda: alone(images),
    }
    seconds = alternating(runs, rounds)
    wanted, found = eager(images), ours(images)
    cosine = min(F.cosine_similarity(wanted[la], found[la]).min().item() for la in layers)
    difference = max((wanted[layer] - found[layer]).abs().max().item() for layer in layers)
    rates = [f"{name} {len(images) / min(times):.0f}" for name, times in seconds.items()]
    rows = [
        at_least("speed against PyTorch", speedup(seconds, "ours", "eager"), 2.5),
        at_least("speed against ONNX Runtime's bare pass", speedup(seconds, "ours", "bare"), 0.8),
        at_least("lowest cosine to PyTorch's layers", cosine, SAFE_COSINE),
    ]
    notes = [
        f"Images a second, at best: {', '.join(rates)}.",
        f"Largest difference of a feature to PyTorch's: {difference:.1e}.",
    ]
    return rows, notes


def main():
    rounds = arguments(__doc__).parse_args().rounds
    images = 2 * torch.rand(N_IMAGES, 3, 224, 224, generator=torch.Generator().manual_seed(0)) - 1
    rows, notes = compare(images, rounds)
    show(f"Features of 18 layers of imagenet, {N_IMAGES} images of 224 px, CPU", rows, notes)


if __name__ == "__main__":
    main()
