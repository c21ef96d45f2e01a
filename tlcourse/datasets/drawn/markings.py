"""Markings of a head: stripes, masks, blazes, spots. And where things are on a head."""

import numpy as np

from tlcourse.datasets.drawn.factors import mix

BLACK = (30, 26, 28)
CENTRE = (0.5, 0.53)
SIDES = (-1, 1)


def at(p, points, depth=0.0):
    """Points of the head in the canvas's coordinates."""
    points = np.asarray(points, dtype=float)
    return points + (CENTRE[0] + p.turn * depth, CENTRE[1])


def mirrored(points):
    """The closed outline of a right half that runs from the axis, at its top, to the axis."""
    right = np.asarray(points, dtype=float)
    return np.concatenate([right, (right * (-1, 1))[-2:0:-1]])


def draw_markings(p):
    """Draw the marks that ``p.marks`` names, in its order."""
    for mark in p.marks.split():
        if mark in _MARKS:
            _MARKS[mark](p)


def _tabby(p):
    h, w = p.height, p.width
    for x in (-0.09, -0.03, 0.03, 0.09):
        stripe = [(0.6 * x, -0.95 * h), (x, -0.55 * h), (1.25 * x, -0.3 * h)]
        p.canvas.curve(at(p, stripe, 0.5), 0.03, p.dark, taper=True)
    for side in SIDES:
        for y in (0.02, 0.08, 0.14):
            stripe = [(side * 1.05 * w, y - 0.05), (side * 0.8 * w, y), (side * 0.55 * w, y)]
            p.canvas.curve(at(p, stripe), 0.03, p.dark, taper=True)


def _points(p):
    place = at(p, [(0, p.eye_y + 0.5 * p.muzzle)], 0.6)[0]
    p.canvas.glow(place, (0.9 * p.width, 1.05 * p.height), p.dark, 1.0)
    p.canvas.glow(place, (0.75 * p.width, 0.85 * p.height), p.dark, 0.8)


def _mask(p):
    place = at(p, [(0, p.nose_y)], 0.8)[0]
    p.canvas.glow(place, (1.7 * p.snout, 1.6 * p.snout), p.dark, 1.0)
    p.canvas.glow(place, (1.5 * p.snout, 1.5 * p.snout), p.dark, 0.7)


def _blaze(p):
    band = [(0, -0.95 * p.height), (0.02, -0.7 * p.height), (0.035, p.eye_y)]
    band += [(1.5 * p.bridge, p.nose_y), (1.5 * p.snout, 1.1 * p.height), (0, 1.3 * p.height)]
    p.canvas.blob(at(p, mirrored(band), 0.6), p.pale, 0.3, outline=False)


def _cheeks(p):
    for side in SIDES:
        spot = at(p, [(side * 0.72 * p.width, 0.5 * p.height)])[0]
        p.canvas.ellipse(spot, (0.42 * p.width, 0.62 * p.height), 24 * side, p.pale, 0.3, False)


def _brows(p):
    for side in SIDES:
        brow = at(p, [(side * 0.85 * p.gap, p.eye_y - 1.7 * p.eye)], 0.6)[0]
        p.canvas.glow(brow, (1.5 * p.eye, 1.1 * p.eye), p.pale, 1.0)


def _saddle(p):
    h, w = p.height, p.width
    p.canvas.glow(at(p, [(0, -0.9 * h)])[0], (1.25 * w, 0.75 * h), mix(p.coat, p.dark, 0.8), 1.0)
    p.canvas.glow(at(p, [(0, 0.1 * h)], 0.7)[0], (0.3 * w, 1.0 * h), p.dark, 0.6)


def _tears(p):
    for side in SIDES:
        line = [
            (side * 0.62 * p.gap, p.eye_y + 0.4 * p.eye),
            (side * 0.75 * p.bridge, 0.75 * p.nose_y),
        ]
        p.canvas.curve(at(p, line, 0.8), 0.014, mix(p.dark, BLACK, 0.3), taper=True)


def _spots(p):
    for x, y, size in p.rng.random((16, 3)).tolist():
        spot = at(p, [((2 * x - 1) * 0.95 * p.width, (2 * y - 1) * p.height)])[0]
        p.canvas.ellipse(spot, (0.014 + 0.02 * size, 0.012 + 0.018 * size), 0, p.dark, 0, False)


def _freckles(p):
    for x, y, _ in p.rng.random((18, 3)).tolist():
        spot = at(p, [((2 * x - 1) * 0.6 * p.width, -p.height * (0.4 + 0.5 * y))])[0]
        p.canvas.glow(spot, 0.022, p.dark, 0.6)


def _wrinkles(p):
    for y in (-0.6, -0.42, -0.26):
        fold = [(-0.09, y * p.height + 0.03), (0, y * p.height), (0.09, y * p.height + 0.03)]
        p.canvas.curve(at(p, fold, 0.4), 0.014, mix(p.coat, p.dark, 0.6))


_MARKS = {
    "tabby": _tabby,
    "points": _points,
    "mask": _mask,
    "blaze": _blaze,
    "cheeks": _cheeks,
    "brows": _brows,
    "saddle": _saddle,
    "spots": _spots,
    "freckles": _freckles,
    "wrinkles": _wrinkles,
    "tears": _tears,
}
