"""Flowers: rings of petals of one outline about a centre, on a stem with leaves.

A ring fans out over the whole circle, or over a part of it in flowers that are seen from the side
(tulip, lotus).
"""

from functools import cache
from types import SimpleNamespace

import numpy as np

from tlcourse.datasets.drawn.canvas import smooth
from tlcourse.datasets.drawn.factors import mix

FILLS = False
DARK, PALE = (40, 26, 34), (255, 252, 244)
WHITE, PINK, RED = (244, 242, 236), (236, 150, 178), (206, 52, 58)
YELLOW, ORANGE, PURPLE, BLUE = (244, 208, 70), (236, 140, 56), (150, 96, 180), (106, 124, 206)
# Right halves of petals of length 1 (upwards) and half-width 1, from base to tip.
PETALS = {
    "oval": [(0, 0), (0.55, -0.2), (1, -0.6), (0.75, -0.92), (0, -1)],
    "strap": [(0, 0), (0.8, -0.15), (1, -0.5), (0.9, -0.9), (0, -1)],
    "pointed": [(0, 0), (0.75, -0.25), (1, -0.5), (0.45, -0.82), (0, -1.06)],
    "heart": [(0, 0), (0.7, -0.35), (1, -0.72), (0.55, -1), (0, -0.84)],
    "wide": [(0, 0), (0.7, -0.2), (1, -0.55), (0.95, -0.85), (0, -1)],
    "frilled": [(0, 0), (0.4, -0.5), (0.95, -0.9), (0.6, -0.86), (0.45, -1.04), (0, -0.88)],
}
OPEN = {
    "petals": 5,
    "petal": "oval",
    "length": (0.3, 0.34),
    "width": (0.05, 0.06),  # half the width of a petal
    "rings": 1,
    "shrink": 0.8,  # of each further ring
    "fan": 360.0,  # degrees
    "ragged": 0.05,  # how much petals differ
    "centre": (0.06, 0.07),
    "centre_colour": (YELLOW, (222, 180, 60)),
    "seeds": 24,
    "stamens": 0,
    "trumpet": 0.0,
    "vein": 0.35,
    "eye": 0.0,  # reach of a dark spot from the centre
    "eye_colour": DARK,
    "squash": (0.82, 1.0),
    "foliage": "oval",
}
CLASSES = {
    "daisy": {
        **OPEN,
        "petals": (14, 20),
        "petal": "strap",
        "length": (0.3, 0.36),
        "width": (0.034, 0.042),
        "centre": (0.1, 0.115),
        "colour": (WHITE, WHITE, PINK),
    },
    "sunflower": {
        **OPEN,
        "petals": (18, 22),
        "petal": "pointed",
        "width": (0.042, 0.05),
        "rings": 2,
        "shrink": 0.86,
        "centre": (0.17, 0.19),
        "centre_colour": ((86, 54, 34), (70, 46, 30)),
        "seeds": 60,
        "colour": (YELLOW, (242, 184, 50), ORANGE),
    },
    "poppy": {
        **OPEN,
        "petals": (3.6, 5),
        "petal": "wide",
        "width": (0.22, 0.25),
        "centre": (0.06, 0.07),
        "centre_colour": ((70, 84, 56), (60, 66, 56)),
        "stamens": 26,
        "eye": 0.4,
        "colour": (RED, (224, 84, 50), ORANGE),
    },
    "pansy": {
        **OPEN,
        "petal": "wide",
        "length": (0.27, 0.31),
        "width": (0.17, 0.19),
        "centre": (0.022, 0.028),
        "seeds": 0,
        "vein": 0.8,
        "eye": 0.66,
        "eye_colour": ((52, 26, 66), (70, 24, 40)),
        "colour": (PURPLE, YELLOW, WHITE, BLUE),
    },
    "daffodil": {
        **OPEN,
        "petals": 6,
        "length": (0.34, 0.38),
        "width": (0.09, 0.1),
        "centre": (0.05, 0.06),
        "trumpet": (0.15, 0.17),
        "centre_colour": (ORANGE, (240, 176, 40)),
        "colour": (YELLOW, WHITE, (248, 232, 150)),
        "foliage": "strap",
    },
    "lily": {
        **OPEN,
        "petals": 6,
        "petal": "pointed",
        "length": (0.38, 0.43),
        "width": (0.075, 0.09),
        "centre": (0.025, 0.03),
        "centre_colour": ((140, 160, 80), (160, 170, 90)),
        "seeds": 0,
        "stamens": 6,
        "vein": 0.9,
        "colour": (WHITE, PINK, ORANGE),
        "foliage": "strap",
    },
    "cherry blossom": {
        **OPEN,
        "petal": "heart",
        "length": (0.3, 0.34),
        "width": (0.14, 0.155),
        "centre": (0.03, 0.036),
        "centre_colour": ((206, 84, 120), (190, 70, 100)),
        "seeds": 0,
        "stamens": 14,
        "colour": (PINK, (246, 214, 222), WHITE),
    },
    "rose": {
        **OPEN,
        "petals": 5,
        "petal": "wide",
        "length": (0.31, 0.35),
        "width": (0.2, 0.22),
        "rings": 5,
        "shrink": 0.78,
        "ragged": 0.12,
        "centre": 0.0,
        "seeds": 0,
        "vein": 0.0,
        "colour": (RED, PINK, YELLOW, WHITE),
    },
    "dahlia": {
        **OPEN,
        "petals": (13, 16),
        "petal": "pointed",
        "length": (0.36, 0.4),
        "width": (0.05, 0.058),
        "rings": 4,
        "shrink": 0.74,
        "vein": 0.0,
        "centre": (0.03, 0.04),
        "colour": (RED, PURPLE, ORANGE, PINK),
    },
    "hibiscus": {
        **OPEN,
        "petal": "wide",
        "length": (0.35, 0.39),
        "width": (0.17, 0.19),
        "ragged": 0.1,
        "centre": 0.0,
        "seeds": 0,
        "vein": 0.8,
        "eye": 0.34,
        "eye_colour": ((130, 22, 50), (150, 30, 40)),
        "stamens": 1,
        "colour": (RED, PINK, ORANGE, YELLOW),
    },
    "cornflower": {
        **OPEN,
        "petals": (9, 11),
        "petal": "frilled",
        "length": (0.34, 0.38),
        "width": (0.075, 0.09),
        "ragged": 0.1,
        "centre": (0.07, 0.08),
        "centre_colour": ((92, 60, 130), (110, 60, 120)),
        "seeds": 14,
        "stamens": 16,
        "colour": (BLUE, PURPLE, PINK),
        "foliage": "strap",
    },
    "tulip": {
        **OPEN,
        "petals": 3,
        "length": (0.44, 0.48),
        "width": (0.13, 0.15),
        "rings": 2,
        "shrink": 0.94,
        "fan": (32.0, 46.0),
        "centre": 0.0,
        "seeds": 0,
        "vein": 0.5,
        "colour": (RED, YELLOW, PURPLE, PINK),
        "foliage": "strap",
    },
    "lotus": {
        **OPEN,
        "petals": 7,
        "petal": "pointed",
        "length": (0.42, 0.46),
        "width": (0.09, 0.1),
        "rings": 3,
        "shrink": 0.82,
        "fan": (150.0, 180.0),
        "centre": 0.0,
        "seeds": 0,
        "vein": 0.5,
        "colour": (PINK, WHITE, (240, 180, 190)),
        "foliage": "pad",
    },
}


def draw(canvas, parameters, look, rng):
    """Draw the stem and leaves, the rings of petals from the outside in, and the centre."""
    p = SimpleNamespace(**parameters, canvas=canvas, rng=rng)
    p.petals, p.open = round(p.petals), p.fan > 300
    p.heart = (0.5, 0.47 if p.open else 0.74)
    _foliage(p)
    with canvas.posed(rotation=rng.uniform(0, 360) if p.open else 0):
        with canvas.posed((0, p.heart[1] - 0.5), scale=(1.1, 1.1 * p.squash)):
            for ring in range(p.rings):
                _ring(p, ring)
            _middle(p)


def _foliage(p):
    green = mix((84, 128, 66), (120, 140, 80), p.rng.random())
    stem = [p.heart, (0.5 + p.rng.uniform(-0.05, 0.05), 0.9), (0.5, 1.4)]
    p.canvas.curve(stem, 0.035, mix(green, DARK, 0.2))
    if p.foliage == "pad":
        p.canvas.ellipse((0.5, 0.86), (0.46, 0.13), 0, green, 0.7)
        return
    wide, reach = (0.11, 0.45) if p.foliage == "oval" else (0.05, 0.66)
    for side in (-1, 1):
        angle = side * p.rng.uniform(35, 75)
        with p.canvas.posed((side * 0.02, 0.42), angle, (wide, reach)):
            p.canvas.polygon(_outline("oval"), mix(green, PALE, 0.1 * (side + 1)), 0.7)
            p.canvas.curve([(0.5, 0.4), (0.5, -0.35)], 0.03, mix(green, DARK, 0.4), taper=True)


@cache
def _outline(name):
    right = np.array(PETALS[name])
    return smooth(np.concatenate([right, (right * (-1, 1))[-2:0:-1]]))[::2] + 0.5


def _ring(p, ring):
    size = p.shrink**ring
    step = p.fan / (p.petals if p.open else max(1, p.petals - 1))
    start = 180.0 * (ring % 2) / p.petals if p.open else -p.fan / 2
    order = sorted(range(p.petals), key=lambda n: -abs(start + n * step)) if not p.open else None
    for number in order or range(p.petals):
        jitter = 1 + p.ragged * p.rng.uniform(-1, 1)
        angle = (start + number * step) * (1 - (not p.open) * 0.25 * ring)
        angle += 60 * p.ragged * p.rng.uniform(-1, 1)
        colour = mix(p.colour, DARK, 0.16 * (number % 2) * (p.rings > 1))
        colour = mix(colour, PALE, 0.07 * ring)
        with p.canvas.posed(rotation=angle, scale=(p.width * size, p.length * size * jitter)):
            _petal(p, colour)


def _petal(p, colour):
    outline = _outline(p.petal)
    p.canvas.polygon(outline, mix(colour, DARK, 0.34))
    p.canvas.polygon(0.5 + (outline - 0.5) * (0.84, 0.95), colour, 0.6, outline=False)
    if p.eye:
        reach = p.eye * p.rng.uniform(0.85, 1.1)
        p.canvas.polygon(0.5 + (outline - 0.5) * (0.8 * reach + 0.1, reach), p.eye_colour)
    if p.vein:
        thin = 0.055 * p.vein
        p.canvas.curve([(0.5, 0.42), (0.5, -0.3)], thin, mix(colour, DARK, 0.4), taper=True)


def _middle(p):
    if p.trumpet:
        p.canvas.ellipse((0.5, 0.5), p.trumpet, 0, p.centre_colour, 0.7)
        p.canvas.ellipse((0.5, 0.5), 0.72 * p.trumpet, 0, mix(p.centre_colour, DARK, 0.45), 0.8)
    if p.stamens == 1:
        tip = (0.62, 0.2)
        p.canvas.curve([(0.5, 0.5), (0.54, 0.36), tip], 0.035, (240, 200, 90))
        p.canvas.ellipse(tip, 0.035, 0, YELLOW, 0.5)
    if p.stamens > 1:
        _stamens(p)
    if p.centre:
        p.canvas.ellipse((0.5, 0.5), p.centre, 0, p.centre_colour, 0.8)
        turn, reach = p.rng.random((2, p.seeds)) if p.seeds else np.zeros((2, 0))
        reach = 0.9 * p.centre * np.sqrt(reach)
        x, y = 0.5 + reach * np.cos(6.28 * turn), 0.5 + reach * np.sin(6.28 * turn)
        places = np.stack([x, y], axis=1)
        p.canvas.strokes(places, places + 0.008, 0.012, mix(p.centre_colour, DARK, 0.45))


def _stamens(p):
    turn = np.arange(p.stamens) * (2 * np.pi / p.stamens)
    reach = (0.13 if p.stamens > 8 else 0.2) * p.rng.uniform(0.8, 1.1, p.stamens)
    ends = 0.5 + np.stack([np.cos(turn), np.sin(turn)], axis=1) * reach[:, None]
    filament = mix(p.centre_colour, PALE, 0.4)
    p.canvas.strokes(np.full_like(ends, 0.5), ends, 0.009, filament)
    for end in ends:
        p.canvas.ellipse(end, 0.017, 0, (112, 64, 40) if p.stamens < 8 else p.centre_colour)
