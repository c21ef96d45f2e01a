"""What excites a unit: a picture made for it, and how far and where a given picture does."""

from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from torch import nn
from torch.nn import functional as F
from torchvision import transforms

from tlcourse import paths, random_numbers
from tlcourse.knowledge_inside import check_unit, children_of

STEPS, STEP_SIZE, JITTER = 40, 0.5, 8  # of the gradient ascent; the jitter is in pixels
WINDOW, STRIDE = 16, 8  # of the grey square that finds where a fully connected unit looks


def maximised_picture(backbone, layer, unit, seed=0, steps=STEPS):
    """A picture made to excite a unit, by gradient ascent from noise.

    What is raised is the unit's mean over the picture, before its ReLU, so that a silent unit has
    a slope too. The picture is held as a sum of waves whose slow ones move faster, and is
    shifted a little before every step: without both, what comes out is noise that the network
    answers to and no eye can read. Kept in the user's cache.

    Parameters
    ----------
    backbone : Backbone
    layer : str
    unit, seed, steps : int

    Returns
    -------
    ndarray of uint8, shape (side, side, 3)

    Raises
    ------
    ValueError
        If there is no such layer or unit.

    References
    ----------
    Erhan et al., "Visualizing higher-layer features of a deep network", 2009. Olah, Mordvintsev
    and Schubert, "Feature Visualization", Distill 2017.
    """
    check_unit(backbone, layer, unit)
    name = f"{backbone.fingerprint}-{layer}-{unit}-{seed}-{steps}.png"
    file = paths.cache_folder() / "maximised" / name
    try:
        with Image.open(file) as kept:
            return np.asarray(kept.convert("RGB"))
    except OSError:
        made = _gradient_ascent(backbone, layer, unit, seed, steps)
    with paths.told_if_not_kept(), paths.written_whole(file) as temporary:
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
        shifted = transforms.RandomCrop(side)
        for _ in range(steps):
            excitement = network(normalize(shifted(picture()))[None])[0, unit].mean()
            (spectrum.grad,) = torch.autograd.grad(excitement, spectrum)
            ascent.step()
    middle = picture().detach()[:, JITTER:-JITTER, JITTER:-JITTER]
    return (255 * middle).round().byte().permute(1, 2, 0).contiguous().numpy()


@dataclass(frozen=True)
class Excitation:
    """How a picture excites a unit.

    Attributes
    ----------
    strength : float
        Largest activation after ReLU.
    where : ndarray of float, shape (side, side)
        How much each place excites the unit, from 0.
    seen : ndarray of uint8, shape (side, side, 3)
        The picture as the network gets it: resized and cropped.
    """

    strength: float
    where: np.ndarray
    seen: np.ndarray


def excitation(backbone, picture, layer, unit):
    """How strongly a picture excites a unit, and which places of it do.

    For a convolution this is the unit's own map. A fully connected unit has none: there it is what
    the unit loses when a grey square covers the place (Captum's ``Occlusion``).

    Parameters
    ----------
    backbone : Backbone
    picture : PIL image
        Of any size.
    layer : str
    unit : int

    Returns
    -------
    Excitation

    Raises
    ------
    ValueError
        If there is no such layer or unit.

    References
    ----------
    Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014.
    """
    check_unit(backbone, layer, unit)
    network, side = up_to(backbone, layer), backbone.side
    image = backbone.preprocess(picture.convert("RGB"))[None]
    with torch.inference_mode():
        output = network(image)[:, unit].relu()
        where = _upsampled(output, side) if output.ndim == 3 else None
    strength = float(output.max())
    if where is None:
        silent = strength == 0
        where = (
            np.zeros((side, side)) if silent else _lost_under_grey(backbone, network, image, unit)
        )
    return Excitation(strength, where, _as_seen(backbone, image[0]))


def map_picture(where):
    """A map as a picture (PIL, RGB), black to white from 0 to its largest value."""
    grey = np.clip(where, 0, None) * (255 / max(where.max(), 1e-12))
    return Image.fromarray(grey.astype(np.uint8)).convert("RGB")


def portrait(pool, backbone, layer, unit, seeds=(0, 1), n=6, side=96):
    """A unit in pictures of one size: those made to excite it, then what it sees of the strongest.

    Parameters
    ----------
    pool : PicturePool
    backbone : Backbone
    layer : str
    unit : int
    seeds : iterable of int
        One made picture each.
    n : int
        Of the pool's pictures.
    side : int
        Pixels.

    Returns
    -------
    list of PIL images
    """
    made = [Image.fromarray(maximised_picture(backbone, layer, unit, seed)) for seed in seeds]
    seen = [each.patch for each in pool.strongest(backbone, layer, unit, n)]
    return [each.resize((side, side), Image.Resampling.NEAREST) for each in made + seen]


def up_to(backbone, layer):
    """The network up to a layer, its ReLU left out."""
    children = children_of(backbone)
    names = [name for name, _ in children]
    return nn.Sequential(*(module for _, module in children[: names.index(layer) + 1])).eval()


def _upsampled(maps, side):
    return F.interpolate(maps[None], (side, side), mode="bilinear")[0, 0].numpy()


def _lost_under_grey(backbone, network, image, unit):
    from captum.attr import Occlusion

    grey = normalization_of(backbone)(torch.full((3, 1, 1), 0.5))[None]
    lost = Occlusion(lambda images: network(images)[:, unit].relu()).attribute(
        image,
        sliding_window_shapes=(3, WINDOW, WINDOW),
        strides=(3, STRIDE, STRIDE),
        baselines=grey.expand_as(image),
        perturbations_per_eval=64,
    )
    return lost[0].mean(0).clamp(min=0).detach().numpy()


def normalization_of(backbone):
    """The last step of the preprocessing: pixels from 0 to 1 -> what the network takes."""
    last = getattr(backbone.preprocess, "transforms", [backbone.preprocess])[-1]
    return transforms.Normalize(last.mean, last.std)


def _as_seen(backbone, image):
    normalize = normalization_of(backbone)
    mean, std = (torch.tensor(values).view(3, 1, 1) for values in (normalize.mean, normalize.std))
    return (255 * (image * std + mean)).clamp(0, 255).round().byte().permute(1, 2, 0).numpy()
