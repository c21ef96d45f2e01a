"""What a unit of a network responds to: its filter, what it sees, its strongest pictures.

A *unit* is a channel of a convolution or one output of a fully connected layer.
"""

from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from torch import nn

GREY = (128, 128, 128)
BATCH_SIZE = 64


@dataclass(frozen=True)
class ReceptiveField:
    """The part of the picture that one place of a layer's map depends on.

    Attributes
    ----------
    side : int
        Pixels; it can be larger than the picture.
    step : int
        Pixels from one place of the map to the next; 0 for a layer without places.
    start : float
        Where the middle of the first place's field is, in pixels from the edge of the picture.
    """

    side: int
    step: int
    start: float

    def patch(self, picture, place):
        """What the unit sees there (PIL, side x side), grey outside; the whole picture at most."""
        if self.side >= max(picture.size):
            return picture
        top, left = (round(self.start + self.step * at - self.side / 2) for at in place)
        patch = Image.new("RGB", (self.side, self.side), GREY)
        patch.paste(picture, (-left, -top))
        return patch


def receptive_fields(backbone):
    """The receptive field of each layer, worked out from kernels and strides.

    Parameters
    ----------
    backbone : Backbone
        One sequence of layers: a VGG-like network or AlexNet.

    Returns
    -------
    dict of str to ReceptiveField
        A fully connected layer sees the whole picture.

    References
    ----------
    Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", arXiv 1603.07285.
    """
    side, step, start, fields = 1, 1, 0.5, {}
    for name, module in children_of(backbone):
        if isinstance(module, nn.Conv2d | nn.MaxPool2d):
            kernel, stride, padding = map(_one, (module.kernel_size, module.stride, module.padding))
            start += ((kernel - 1) / 2 - padding) * step
            side, step = side + (kernel - 1) * step, step * stride
        if name in backbone.layers:
            seen = (side, step, start) if isinstance(module, nn.Conv2d) else (backbone.side, 0, 0)
            fields[name] = ReceptiveField(*seen)
    return fields


def first_layer_filters(backbone):
    """The weights of the first convolution, which look at colours: shape (units, rows, columns, 3).

    Each filter is divided by its largest weight, so that it lies between -1 and 1.
    """
    _, first = next(child for child in children_of(backbone) if isinstance(child[1], nn.Conv2d))
    filters = first.weight.detach().float().numpy().transpose(0, 2, 3, 1)
    return filters / np.abs(filters).max(axis=(1, 2, 3), keepdims=True)


def flat_share(filters):
    """How much of each filter is the same at all its places, from 0 to 1: shape (units,).

    A filter near 1 answers to a colour, wherever it is; one near 0 answers to a change from place
    to place: an edge.

    Parameters
    ----------
    filters : ndarray of shape (units, rows, columns, 3)
    """
    places = filters.shape[1] * filters.shape[2]
    flat = places * (filters.mean(axis=(1, 2)) ** 2).sum(axis=1)
    return flat / (filters**2).sum(axis=(1, 2, 3))


@dataclass(frozen=True)
class Peaks:
    """The largest activation of every unit in every picture.

    Attributes
    ----------
    values : dict of str to ndarray of float32, shape (pictures, units)
        Layer -> activations after ReLU.
    places : dict of str to ndarray of int, shape (pictures, units, 2)
        Layer -> row and column of the map where it is; (0, 0) for a layer without places.
    """

    values: dict[str, np.ndarray]
    places: dict[str, np.ndarray]


def unit_peaks(backbone, pictures):
    """One pass over the pictures: the largest activation of every unit of every layer.

    Parameters
    ----------
    backbone : Backbone
    pictures : sequence of PIL images

    Returns
    -------
    Peaks

    Raises
    ------
    ValueError
        If there is no picture.
    """
    if not len(pictures):
        raise ValueError("There is no picture to look at: give at least one.")
    starts = range(0, len(pictures), BATCH_SIZE)
    parts = [_peaks_of(backbone, pictures[start : start + BATCH_SIZE]) for start in starts]
    values, places = (
        {layer: np.concatenate([part[layer][which] for part in parts]) for layer in parts[0]}
        for which in (0, 1)
    )
    return Peaks(values, places)


@dataclass(frozen=True)
class Sighting:
    """One picture of a pool as one unit has it: ``picture``, the ``patch`` seen, ``strength``."""

    picture: Image.Image
    patch: Image.Image
    strength: float


class PicturePool:
    """Pictures among which the strongest are looked for; what was computed is kept.

    Parameters
    ----------
    pictures : iterable of PIL images, or of pairs of an image and a label

    Raises
    ------
    ValueError
        If there is none.
    """

    def __init__(self, pictures):
        pairs = (item if isinstance(item, tuple) else (item, None) for item in pictures)
        self.pictures = [picture.convert("RGB") for picture, _ in pairs]
        if not self.pictures:
            raise ValueError("A pool without pictures: give at least one.")
        self._peaks = {}

    def __len__(self):
        return len(self.pictures)

    def peaks(self, backbone):
        """``unit_peaks`` of these pictures; computed once for each network."""
        if backbone.fingerprint not in self._peaks:
            self._peaks[backbone.fingerprint] = unit_peaks(backbone, self.pictures)
        return self._peaks[backbone.fingerprint]

    def strongest(self, backbone, layer, unit, n=6):
        """The n pictures that excite a unit most, the strongest first, as a list of Sighting."""
        check_unit(backbone, layer, unit)
        peaks, field = self.peaks(backbone), receptive_fields(backbone)[layer]
        values, places = peaks.values[layer][:, unit], peaks.places[layer][:, unit]
        order = np.argsort(-values, kind="stable")[:n]
        seen = ((self.pictures[row], places[row], float(values[row])) for row in order)
        return [Sighting(each, field.patch(each, place), peak) for each, place, peak in seen]

    def share_below(self, backbone, layer, unit, strength):
        """Part of the pictures that excite a unit less than ``strength``, from 0 to 1."""
        check_unit(backbone, layer, unit)
        return float((self.peaks(backbone).values[layer][:, unit] < strength).mean())

    def lively_units(self, backbone, layer, n, seed=0, share=0.05):
        """n units drawn at random from those that respond to more than a share of the pictures.

        Raises
        ------
        ValueError
            If there are fewer.
        """
        check_unit(backbone, layer, 0)
        responds = (self.peaks(backbone).values[layer] > 0).mean(axis=0) > share
        lively = np.flatnonzero(responds)
        if len(lively) < n:
            raise ValueError(f"{layer} has {len(lively)} lively units: ask for at most as many.")
        return np.random.default_rng(seed).choice(lively, n, replace=False).tolist()


def check_unit(backbone, layer, unit):
    """Raise a ValueError with the range where a layer or one of its units is not there."""
    (layer,) = backbone.check_layers([layer])
    size = backbone.layer_sizes[layer]
    if not isinstance(unit, int | np.integer) or not 0 <= unit < size:
        raise ValueError(f"{layer} has no unit {unit!r}: name one from 0 to {size - 1}.")


def children_of(backbone):
    """Name and module of each layer, where the network is one sequence of them.

    Raises
    ------
    ValueError
        If it is not.
    """
    if not isinstance(backbone.network, nn.Sequential):
        raise ValueError(
            f"{backbone.name} is not one sequence of layers: take a VGG-like network or AlexNet."
        )
    return list(backbone.network.named_children())


def _one(size):
    return size[0] if isinstance(size, tuple) else size


def _peaks_of(backbone, pictures):
    """Layer -> value and place of each unit's largest activation in each picture."""
    layer_of = {backbone.layers[layer]: layer for layer in backbone.default_layers}
    output = torch.stack([backbone.preprocess(picture) for picture in pictures])
    found = {}
    with torch.inference_mode():
        for name, module in children_of(backbone):
            output = module.eval()(output)
            if name in layer_of:
                found[layer_of[name]] = _largest(output)
    return found


def _largest(maps):
    """(n, c, h, w) or (n, c) -> values (n, c), places (n, c, 2)."""
    if maps.ndim == 2:
        return maps.numpy().copy(), np.zeros((*maps.shape, 2), int)
    values, places = maps.flatten(2).max(2)
    return values.numpy(), np.stack(np.divmod(places.numpy(), maps.shape[3]), axis=2)
