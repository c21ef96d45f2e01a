"""What a score loses when a part of the picture is painted grey."""

from itertools import product

import numpy as np
import torch

LARGEST_BATCH = 512


def lost_under_grey(score, images, grey, window=16, stride=8):
    """What each image's score loses under a grey square: (n, side, side), a mean over the squares.

    ``score`` takes images (m, 3, side, side) and gives (m,); ``grey`` is a number or (3, 1, 1).
    """
    side = images.shape[-1]
    starts = range(0, side - window + stride, stride)
    squares = torch.zeros(len(starts) ** 2, side, side, dtype=torch.bool)
    for square, (top, left) in zip(squares, product(starts, starts), strict=True):
        square[top : top + window, left : left + window] = True
    covered = torch.where(squares[:, None, None], grey, images).flatten(0, 1)
    scores = torch.cat([score(part) for part in covered.split(LARGEST_BATCH)])
    lost = score(images) - scores.view(len(squares), len(images))
    return torch.einsum("sn,shw->nhw", lost, squares.to(lost.dtype)) / squares.sum(0)


def spotlight(picture, evidence, dark=0.4):
    """The picture, uint8 (side, side, 3), bright where the evidence is and dark elsewhere."""
    light = np.clip(evidence, 0, None)
    light = light / light.max() if light.max() > 0 else light
    return (picture * (dark + (1 - dark) * light)[:, :, None]).astype(np.uint8)
