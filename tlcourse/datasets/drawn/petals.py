"""A flower as a parametric drawing; its regions of parameters are in flowers.py."""

from functools import cache
from types import SimpleNamespace

import numpy as np

from tlcourse.datasets.drawn.canvas import smooth, tapered
from tlcourse.datasets.drawn.factors import mix

DARK, PALE, YELLOW = (40, 26, 34), (255, 252, 244), (244, 208, 70)
# Right halves of petals of length 1 (upwards) and half-width 1, from base to tip.
PETALS = {
    "oval": [(0, 0), (0.55, -0.2), (1, -0.6), (0.75, -0.92), (0, -1)],
    "strap": [(0, 0), (0.8, -0.15), (1, -0.5), (0.9, -0.9), (0, -1)],
    "pointed": [(0, 0), (0.75, -0.25), (1, -0.5), (0.45, -0.82), (0, -1.06)],
    "heart": [(0, 0), (0.7, -0.35), (1, -0.72), (0.55, -1), (0, -0.84)],
    "wide": [(0, 0), (0.7, -0.2), (1, -0.55), (0.95, -0.85), (0, -1)],
    "frilled": [(0, 0), (0.4, -0.5), (0.95, -0.9), (0.6, -0.86), (0.45, -1.04), (0, -0.88)],
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
            p.canvas.polygon(_vein(0.4, -0.35, 0.03), mix(green, DARK, 0.4), outline=False)


@cache
def _outline(name):
    right = np.array(PETALS[name])
    return smooth(np.concatenate([right, (right * (-1, 1))[-2:0:-1]]))[::2] + 0.5


@cache
def _vein(base, tip, width):
    return tapered(smooth([(0.5, base), (0.5, tip)], closed=False), width)


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
        p.canvas.polygon(_vein(0.42, -0.3, 0.055 * p.vein), mix(colour, DARK, 0.4), outline=False)


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
