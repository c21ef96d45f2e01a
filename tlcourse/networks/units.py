"""What a unit of a network responds to: its filter, what it sees, its strongest pictures.

A *unit* is a channel of a convolution or one output of a fully connected layer.
"""

from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from torch import nn
from torch.nn import functional as F
from torchvision import transforms

from tlcourse import paths, random_numbers
from tlcourse.networks.occlusion import lost_under_grey

GREY = (128, 128, 128)

BATCH_SIZE = 64


@dataclass(frozen=True)
class ReceptiveField:
    """The part of the picture that one place of a layer's map depends on, in pixels.

    ``step`` from one place to the next (0: no places), ``start`` from edge to first middle.
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
    """The receptive field of each layer, worked out from kernels and strides: {layer: field}.

    For one sequence of layers, a VGG-like network or AlexNet; a fully connected layer sees the
    whole picture. Dumoulin and Visin, "A guide to convolution arithmetic", arXiv 1603.07285.
    """
    side, step, start, fields = 1, 1, 0.5, {}
    for name, module in children_of(backbone):
        if isinstance(module, nn.Conv2d | nn.MaxPool2d):
            sizes = module.kernel_size, module.stride, module.padding
            kernel, stride, padding = (size if isinstance(size, int) else size[0] for size in sizes)
            start += ((kernel - 1) / 2 - padding) * step
            side, step = side + (kernel - 1) * step, step * stride
        if name in backbone.layers:
            seen = (side, step, start) if isinstance(module, nn.Conv2d) else (backbone.side, 0, 0)
            fields[name] = ReceptiveField(*seen)
    return fields


def unit_peaks(backbone, pictures):
    """Layer -> each unit's largest activation (pictures, units), and its place (.., 2), a pass."""
    starts = range(0, len(pictures), BATCH_SIZE)
    parts = [_peaks_of(backbone, pictures[start : start + BATCH_SIZE]) for start in starts]
    return {
        layer: [np.concatenate(each) for each in zip(*(part[layer] for part in parts), strict=True)]
        for layer in parts[0]
    }


@dataclass(frozen=True)
class Sighting:
    """One picture of a pool as one unit has it: ``picture``, the ``patch`` seen, ``strength``."""

    picture: Image.Image
    patch: Image.Image
    strength: float


class PicturePool:
    """Pictures (PIL, or pairs with a label) among which the strongest are looked for.

    What was computed is kept. Raises ValueError if there is none.
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
        values, places = (each[:, unit] for each in self.peaks(backbone)[layer])
        field = receptive_fields(backbone)[layer]
        order = np.argsort(-values, kind="stable")[:n]
        seen = ((self.pictures[row], places[row], float(values[row])) for row in order)
        return [Sighting(each, field.patch(each, place), peak) for each, place, peak in seen]

    def share_below(self, backbone, layer, unit, strength):
        """Part of the pictures that excite a unit less than ``strength``, from 0 to 1."""
        check_unit(backbone, layer, unit)
        return float((self.peaks(backbone)[layer][0][:, unit] < strength).mean())

    def lively_units(self, backbone, layer, n, seed=0, share=0.05):
        """n units drawn at random from those that respond to more than a share of the pictures.

        Raises ValueError if there are fewer.
        """
        check_unit(backbone, layer, 0)
        responds = (self.peaks(backbone)[layer][0] > 0).mean(axis=0) > share
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
    """Name and module of each layer, where the network is one sequence of them."""
    children = list(backbone.network.named_children())
    inside = set(backbone.layers.values()) <= dict(children).keys()
    if not inside or not isinstance(backbone.network, nn.Sequential):
        raise ValueError(
            f"{backbone.name} is not one sequence of layers: take a VGG-like network or AlexNet."
        )
    return children


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
    values, places = maps.unsqueeze(-1).flatten(2).max(2)
    return values.numpy(), np.stack(np.divmod(places.numpy(), maps.shape[-1]), axis=2)


STEPS, STEP_SIZE, JITTER = 40, 0.5, 8  # of the gradient ascent; the jitter is in pixels


def maximised_picture(backbone, layer, unit, seed=0, steps=STEPS):
    """A picture, uint8 (side, side, 3), made to excite a unit, by gradient ascent from noise.

    What is raised is the unit's mean over the picture, before its ReLU: a silent unit has a slope
    too. The picture is a sum of waves whose slow ones move faster, shifted a little before each
    step: without both, what comes out is noise to the eye. Kept in the user's cache. Raises
    ValueError if there is no such layer or unit. Erhan et al. 2009; Olah et al., Distill 2017.
    """
    check_unit(backbone, layer, unit)
    name = f"{backbone.fingerprint}-{layer}-{unit}-{seed}-{steps}.png"
    file = paths.cache_folder() / "maximised" / name
    try:
        with Image.open(file) as kept:
            return np.asarray(kept.convert("RGB"))
    except OSError:
        made = _gradient_ascent(backbone, layer, unit, seed, steps)
    with paths.warn_if_not_kept(), paths.write_whole(file) as temporary:
        Image.fromarray(made).save(temporary, "PNG")
    return made


def _gradient_ascent(backbone, layer, unit, seed, steps):
    network, normalize, side = up_to(backbone, layer), normalization_of(backbone), backbone.side
    full = side + 2 * JITTER
    slow = torch.hypot(torch.fft.fftfreq(full)[:, None], torch.fft.rfftfreq(full)[None])
    slow = slow.clamp(min=1 / full)[..., None]

    def picture():
        waves = torch.view_as_complex(spectrum / slow)
        return torch.sigmoid(torch.fft.irfft2(waves, s=(full, full)))

    with random_numbers.kept():
        random_numbers.seed(seed)
        spectrum = (0.05 * torch.randn(3, full, full // 2 + 1, 2)).requires_grad_()
        ascent = torch.optim.Adam([spectrum], lr=STEP_SIZE, maximize=True)
        for _ in range(steps):
            top, left = torch.randint(2 * JITTER + 1, (2,)).tolist()
            seen = picture()[:, top : top + side, left : left + side]
            excitement = network(normalize(seen)[None])[0, unit].mean()
            (spectrum.grad,) = torch.autograd.grad(excitement, spectrum)
            ascent.step()
    middle = picture().detach()[:, JITTER:-JITTER, JITTER:-JITTER]
    return (255 * middle).round().byte().permute(1, 2, 0).contiguous().numpy()


@dataclass(frozen=True)
class Excitation:
    """How a picture excites a unit: its largest activation, each place's share, and the input."""

    strength: float
    where: np.ndarray  # (side, side), from 0
    seen: np.ndarray  # uint8 (side, side, 3)


def excitation(backbone, picture, layer, unit):
    """How strongly a picture (PIL, any size) excites a unit, and which places of it do.

    For a convolution the places are the unit's own map. A fully connected unit has none: there it
    is what the unit loses when a grey square covers the place (Zeiler and Fergus, ECCV 2014).
    Raises ValueError if there is no such layer or unit.
    """
    check_unit(backbone, layer, unit)
    network, side = up_to(backbone, layer), backbone.side
    image = backbone.preprocess(picture.convert("RGB"))[None]
    with torch.inference_mode():
        output = network(image)[:, unit].relu()
        strength, where = float(output.max()), np.zeros((side, side))
        if output.ndim == 3:
            where = F.interpolate(output[None], (side, side), mode="bilinear")[0, 0].numpy()
    if output.ndim < 3 and strength > 0:
        grey = normalization_of(backbone)(torch.full((3, 1, 1), 0.5))
        with torch.inference_mode():
            lost = lost_under_grey(lambda seen: network(seen)[:, unit].relu(), image, grey)
        where = lost[0].clamp(min=0).numpy()
    return Excitation(strength, where, _as_seen(backbone, image[0]))


def up_to(backbone, layer):
    """The network up to a layer, its ReLU left out."""
    names = [name for name, _ in children_of(backbone)]
    return backbone.network[: names.index(layer) + 1].eval()


def normalization_of(backbone):
    """The last step of the preprocessing: pixels from 0 to 1 -> what the network takes."""
    last = getattr(backbone.preprocess, "transforms", [backbone.preprocess])[-1]
    return transforms.Normalize(last.mean, last.std)


def _as_seen(backbone, image):
    normalize = normalization_of(backbone)
    mean, std = (torch.tensor(values).view(3, 1, 1) for values in (normalize.mean, normalize.std))
    return (255 * (image * std + mean)).clamp(0, 255).round().byte().permute(1, 2, 0).numpy()
