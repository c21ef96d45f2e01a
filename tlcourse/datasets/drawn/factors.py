"""Factors: the distributions of everything in a drawn picture that is not its class.

A value of every factor is sampled from its own uniform number, so that turning one dial leaves
all other factors of the same picture as they were.
"""

import colorsys
from dataclasses import dataclass, fields
from functools import lru_cache

BACKGROUNDS = ("plain", "gradient", "blobs", "leaves", "stripes", "clutter", "horizon")
STYLES = ("shaded", "flat", "sketch")
GREEN = 1 / 3
# The range of each dial, and whether it takes a pair (low, high) to sample from.
LIMITS = {
    "hue": (0.0, 1.0),
    "tie": (0.0, 1.0),
    "palette": (0.0, 1.0),
    "light": (-180.0, 180.0),
    "exposure": (0.3, 1.7),
    "size": (0.3, 1.5),
    "rotation": (-180.0, 180.0),
    "shift": (0.0, 0.4),
    "flip": (0.0, 1.0),
    "occlusion": (0.0, 0.6),
    "blur": (0.0, 4.0),
    "noise": (0.0, 0.5),
}
SINGLE = ("tie", "palette", "shift", "flip")


@dataclass(frozen=True)
class Appearance:
    """One sample of the factors: how one picture looks, apart from its class."""

    background: str = "plain"
    hue: float = GREEN
    tied: bool = False
    palette: tuple = (0.0, 1.0, 1.0)
    light: float = -40.0
    exposure: float = 1.0
    size: float = 1.0
    rotation: float = 0.0
    shift: tuple = (0.0, 0.0)
    flip: bool = False
    occlusion: float = 0.0
    blur: float = 0.0
    noise: float = 0.0
    style: str = "shaded"

    def tint(self, colour):
        """The colour (r, g, b in 0..255) as this picture's palette has it."""
        return _tinted(colour, self.palette)


@dataclass(frozen=True)
class Factors:
    """The distribution of every factor. A pair (low, high) is sampled uniformly.

    Parameters
    ----------
    background, style : str or tuple of str
        Kinds to choose from, of ``BACKGROUNDS`` and ``STYLES``.
    hue : number or pair, 0 to 1
        Hue of the background on the colour wheel: 0 red, 1/3 green, 2/3 blue.
    tie : float, 0 to 1
        Probability that the background has the class's own colour, of the first class green.
    palette : float, 0 to 1
        How far the colours of the thing wander from its own; 1 gives any hue.
    light, rotation : number or pair, -180 to 180
        Degrees clockwise; the light's side from above.
    exposure, size : number or pair, 0.3 to 1.7 and 0.3 to 1.5
        Brightness of the whole picture; a size of 1 fills most of it.
    shift : float, 0 to 0.4
        Largest displacement from the centre, as a fraction of the picture's side.
    flip : float, 0 to 1
        Probability of a mirror image.
    occlusion, blur : number or pair, 0 to 0.6 and 0 to 4
        Fraction of the side that something in front covers; radius in 64ths of the side.
    noise : number or pair, 0 to 0.5
        Standard deviation, as a fraction of the range of pixel values.

    Raises ValueError, with the factor and its range, if a dial is outside it.
    """

    background: str | tuple = BACKGROUNDS
    hue: float | tuple = (0.0, 1.0)
    tie: float = 0.0
    palette: float = 0.15
    light: float | tuple = (-100.0, 100.0)
    exposure: float | tuple = (0.65, 1.25)
    size: float | tuple = (0.65, 1.05)
    rotation: float | tuple = (-28.0, 28.0)
    shift: float = 0.13
    flip: float = 0.5
    occlusion: float | tuple = (0.0, 0.25)
    blur: float | tuple = (0.0, 0.5)
    noise: float | tuple = (0.0, 0.03)
    style: str | tuple = "shaded"

    def __post_init__(self):
        _check_choice("background", self.background, BACKGROUNDS)
        _check_choice("style", self.style, STYLES)
        for name in LIMITS:
            _check_dial(name, getattr(self, name))

    def sample(self, rng, own_hue=GREEN):
        """One `Appearance`; ``own_hue``, 0 to 1, is what a tied background takes."""
        u = dict(zip(_DRAWS, rng.random(len(_DRAWS)).tolist(), strict=True))
        tied = u["tie"] < self.tie
        ranges = ("light", "exposure", "size", "rotation", "occlusion", "blur", "noise")
        return Appearance(
            background=_pick(self.background, u["background"]),
            hue=own_hue if tied else _between(self.hue, u["hue"]),
            tied=tied,
            palette=self._palette(u["turn"], u["saturation"], u["value"]),
            shift=tuple(self.shift * (2 * u[axis] - 1) for axis in ("right", "down")),
            flip=u["flip"] < self.flip,
            style=_pick(self.style, u["style"]),
            **{name: _between(getattr(self, name), u[name]) for name in ranges},
        )

    def _palette(self, turn, saturation, value):
        wander = self.palette
        return (
            wander**1.5 * (turn - 0.5),
            1 + wander * 1.6 * (saturation - 0.5),
            1 + wander * 1.2 * (value - 0.5),
        )


def hsv(hue, saturation, value):
    """A colour (r, g, b) in 0..255 from hue, saturation and value in 0..1."""
    return tuple(round(255 * channel) for channel in colorsys.hsv_to_rgb(hue, saturation, value))


def mix(first, second, share):
    """The colour with ``share`` (0 to 1) of the second in the first; channels in 0..255."""
    return tuple(round(a + (b - a) * share) for a, b in zip(first, second, strict=True))


@lru_cache(4096)
def _tinted(colour, palette):
    turn, saturation, value = palette
    h, s, v = colorsys.rgb_to_hsv(*(channel / 255 for channel in colour))
    return hsv((h + turn) % 1, min(1.0, s * saturation), min(1.0, v * value))


_DRAWS = [factor.name for factor in fields(Factors) if factor.name not in ("palette", "shift")]
_DRAWS += ["turn", "saturation", "value", "right", "down"]


def _pick(choices, u):
    choices = (choices,) if isinstance(choices, str) else tuple(choices)
    return choices[min(int(u * len(choices)), len(choices) - 1)]


def _between(value, u):
    low, high = value if isinstance(value, tuple | list) else (value, value)
    return low + (high - low) * u


def _check_choice(name, value, known):
    named = (value,) if isinstance(value, str) else tuple(value)
    wrong = [item for item in named if item not in known]
    if wrong or not named:
        raise ValueError(f"{name} is {value!r}: name one or more of {', '.join(known)}.")


def _check_dial(name, value):
    low, high = LIMITS[name]
    ends = value if isinstance(value, tuple | list) and name not in SINGLE else (value,)
    numbers = len(ends) <= 2 and all(isinstance(end, int | float) for end in ends)
    if not numbers or not all(low <= end <= high for end in ends) or ends[0] > ends[-1]:
        form = "a number" if name in SINGLE else "a number or a pair (low, high)"
        raise ValueError(f"{name} is {value!r}: give {form} between {low:g} and {high:g}.")
