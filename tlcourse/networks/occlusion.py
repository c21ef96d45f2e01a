"""Where a classifier looks: what it loses when a part of the picture is painted grey."""

from functools import lru_cache
from itertools import product

import numpy as np
import torch

GREY = 128.0
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


def occlusion_maps(classifier, represent, pictures, window=16, stride=8):
    """Evidence, in units of the margin, for the classifier's own decision: (n, side, side).

    What is lost under a grey square (Zeiler and Fergus, ECCV 2014), averaged over the squares that
    cover a pixel of the pictures, uint8 (n, side, side, 3). Positive: covering this place weakens
    the decision. Raises ValueError where squares do not cover the picture. Trap: a colour that is
    everywhere is missed; take ``evidence_of_parts``.
    """
    side = min(pictures.shape[1:3])
    if not 1 <= stride <= window <= side:
        raise ValueError(
            f"window is {window}, stride {stride}, on pictures of {side} pixels: give a stride of "
            "at most the window and a window of at most the picture."
        )
    margin, images = _margin(classifier, represent), _images(pictures)
    sign = torch.sign(margin(images)).view(-1, 1, 1)
    return (sign * lost_under_grey(margin, images, GREY, window, stride)).numpy()


def evidence_of_parts(classifier, represent, pictures, masks):
    """Margin lost (n, 2): the part in the masks, bool (n, side, side), grey, or the rest."""
    margin, images = _margin(classifier, represent), _images(pictures)
    whole, inside = margin(images), torch.from_numpy(masks)[:, None]
    parts = [margin(torch.where(part, GREY, images)) for part in (inside, ~inside)]
    return np.stack([torch.sign(whole) * (whole - part) for part in parts], axis=1)


def evidence_of_background(classifiers, represent, pair, n=10):
    """``evidence_of_parts`` on n animals before their own colour, of a ``CounterfactualPair``.

    Returns the mean margin lost ``"without the background"`` and ``"without the animal"``, each a
    list of a value a classifier.
    """
    few = pair.rows(slice(n))
    means = [
        evidence_of_parts(each, represent, few.agreeing.pictures, few.background_masks()).mean(0)
        for each in classifiers
    ]
    words = "without the background", "without the animal"
    return dict(zip(words, np.transpose(means).tolist(), strict=True))


def memoize(represent, maxsize=64):
    """The same representation, which keeps its latest answers: several classifiers share them."""

    @lru_cache(maxsize)
    def of_bytes(data, shape):
        return represent(np.frombuffer(data, np.uint8).reshape(shape).copy(), cache=False)

    return lambda pictures: of_bytes(pictures.tobytes(), pictures.shape)


def spotlight(picture, evidence, dark=0.4):
    """The picture, uint8 (side, side, 3), bright where the evidence is and dark elsewhere."""
    light = np.clip(evidence, 0, None)
    light = light / light.max() if light.max() > 0 else light
    return (picture * (dark + (1 - dark) * light)[:, :, None]).astype(np.uint8)


def _images(pictures):
    return torch.tensor(pictures).permute(0, 3, 1, 2).float()


def _margin(classifier, represent):
    """Images as floats from 0 to 255, (n, 3, side, side) -> the classifier's margins (n,)."""

    def margin(images):
        pictures = images.permute(0, 2, 3, 1).numpy().astype(np.uint8)
        return torch.from_numpy(classifier.decision_function(represent(pictures)))

    return margin
