"""The head of an animal as a parametric drawing; its regions of parameters are in animals.py.

Lengths are fractions of the picture's side. The head's centre is the origin, and a feature at
depth 1 moves by ``turn`` when the head turns.
"""

from types import SimpleNamespace

import numpy as np

from tlcourse.datasets.drawn.canvas import smooth
from tlcourse.datasets.drawn.factors import mix
from tlcourse.datasets.drawn.markings import BLACK, SIDES, at, draw_markings, mirrored

PINK, TONGUE = (222, 150, 146), (222, 104, 118)


def draw(canvas, parameters, look, rng):
    """Draw a head: body, mane, ears, face, muzzle, eyes, whiskers."""
    p = SimpleNamespace(**parameters, canvas=canvas, rng=rng)
    _colour(p, rng)
    p.nose_y = p.eye_y + p.muzzle
    with canvas.posed(scale=1.2):
        _body(p)
        if p.mane:
            _mane(p)
        if p.ear != "floppy":
            _ears(p)
        _skull(p)
        if p.ear == "floppy":
            _ears(p)
        _muzzle(p)
        _eyes(p)
        if p.whiskers:
            _whiskers(p)


def _colour(p, rng):
    light = rng.uniform(0.88, 1.08)
    p.coat, p.pale, p.dark = (
        tuple(min(255, round(channel * light)) for channel in colour) for colour in p.coat
    )
    p.face = mix(p.dark, p.coat, 0.15) if "points" in p.marks else p.coat
    p.ear_colour = p.dark if {"ears", "points"} & set(p.marks.split()) else p.coat
    p.shadow = mix(p.coat, p.dark, 0.5)


def _fur(p, outline, length):
    """The outline with tufts: every other point is moved outwards from the centre."""
    points = smooth(outline)[::2]
    centre = points.mean(axis=0)
    reach = np.ones(len(points))
    reach[::2] += length * p.rng.uniform(0.5, 1.0, len(reach[::2]))
    return centre + (points - centre) * reach[:, None]


def _body(p):
    slope = [(0, 0.05), (0.16, 0.12), (0.24, 0.3), (0.34, 0.75), (0, 0.8)]
    colour = mix(p.coat, p.dark, 0.35)
    p.canvas.blob(at(p, mirrored(slope)), colour, 0.8)
    p.canvas.glow(at(p, [(0, 0.42)])[0], (0.17, 0.22), mix(p.coat, p.pale, 0.7), 0.8)


def _mane(p):
    radius = p.width * (1.05 + 0.62 * p.mane)
    for ring, share in enumerate((1.0, 0.86, 0.7)):
        turn = np.sort(p.rng.uniform(0, 2 * np.pi, 6)).sum() + np.arange(44) * (2 * np.pi / 44)
        reach = radius * share * np.where(np.arange(44) % 2, 1.0, 0.86)
        reach = reach * p.rng.uniform(0.93, 1.07, 44) * (1 + 0.22 * np.sin(turn).clip(0))
        ring_points = np.stack([np.cos(turn), np.sin(turn)], axis=1) * reach[:, None]
        order = np.argsort(turn)
        colour = mix(p.dark, p.coat, 0.04 + 0.18 * ring)
        p.canvas.polygon(at(p, ring_points[order]), colour, 0.7)
        p.canvas.strokes(
            at(p, ring_points * 0.75), at(p, ring_points * 0.97), 0.008, mix(colour, p.dark, 0.5)
        )


def _skull(p):
    w, h = p.width, p.height
    half = [(0, -h), (0.58 * w, -0.9 * h), (0.97 * w, -0.35 * h), (w, 0.18 * h)]
    half += [(p.jaw, 0.82 * h), (0, 1.04 * h)]
    outline = mirrored(half)
    if p.ruff:
        wide = w * (1 + 0.3 * p.ruff)
        cheeks = [(0, -0.6 * h), (w, -0.3 * h), (0.98 * wide, 0.15 * h), (wide, 0.5 * h)]
        cheeks += [(0.75 * wide, 0.92 * h), (0.4 * wide, 1.18 * h), (0, 1.3 * h)]
        colour = mix(p.coat, p.pale, 0.75 if "cheeks" in p.marks else 0.2)
        p.canvas.polygon(at(p, _fur(p, mirrored(cheeks), 0.17)), colour, 0.65)
    face = at(p, _fur(p, outline, p.fluff))
    p.canvas.polygon(face, p.coat, 0.65)
    if p.marks:
        with p.canvas.clipped(face):
            draw_markings(p)
    if "curls" in p.marks:
        _topknot(p)
    else:
        _coat_hairs(p)


def _coat_hairs(p):
    angle, reach = p.rng.random((2, 60))
    x, y = np.cos(angle * 6.28) * np.sqrt(reach), np.sin(angle * 6.28) * np.sqrt(reach)
    start = np.stack([x * p.width * 0.93, y * p.height * 0.95], axis=1)
    for part, colour in ((slice(0, 30), mix(p.coat, p.dark, 0.4)), (slice(30, 60), p.pale)):
        tips = start[part] * 1.06 + (0, 0.02)
        p.canvas.strokes(at(p, start[part]), at(p, tips), 0.005, mix(p.coat, colour, 0.4))


def _ears(p):
    shape, inner = _EARS[p.ear]
    for side in SIDES:
        outline = np.array(shape) * (p.ear_width, p.ear_length)
        hole = np.array(inner) * (p.ear_width, p.ear_length) if inner else None
        base = (side * p.ear_x, -0.72 * p.height)
        colour = mix(p.ear_colour, p.dark, 0.25) if p.ear == "floppy" else p.ear_colour
        p.canvas.blob(at(p, _turned(outline, side, p.ear_lean) + base, -0.3), colour, 0.75)
        if inner:
            skin = mix(p.pale, mix(PINK, p.dark, 0.35), 0.6)
            p.canvas.blob(at(p, _turned(hole, side, p.ear_lean) + base, -0.3), skin, 0.5, False)
        if "curls" in p.marks:
            for u, v in p.rng.uniform(-0.7, 0.7, (9, 2)):
                spot = np.array([(u * p.ear_width, (0.55 + 0.5 * v) * p.ear_length)])
                _curl(p, _turned(spot, side, p.ear_lean)[0] + base, 0.05)


def _turned(points, side, degrees):
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    x, y = points[:, 0], points[:, 1]
    return np.stack([side * (cos * x - sin * y), sin * x + cos * y], axis=1)


def _curl(p, place, radius):
    colour = mix(p.coat, p.pale if p.rng.random() < 0.5 else p.dark, 0.5)
    p.canvas.ellipse(at(p, [place])[0], radius * p.rng.uniform(0.7, 1.1), 0, colour, 0.85)


def _muzzle(p):
    marks = p.marks.split()
    pale = next((c for m, c in (("mask", p.dark), ("points", p.dark)) if m in marks), p.coat)
    pale = p.pale if "muzzle" in marks else pale
    low = p.nose_y + 0.75 * p.nose
    bridge = [(0, p.eye_y - 0.03), (0.7 * p.bridge, p.eye_y), (p.bridge, 0.6 * p.nose_y)]
    bridge += [(1.15 * p.bridge, p.nose_y), (0, low + 0.02)]
    under = at(p, [(0, low + 0.4 * p.snout)], 0.8)[0]
    p.canvas.glow(under, (1.7 * p.snout, 1.5 * p.snout), mix(p.dark, BLACK, 0.5), 0.55)
    p.canvas.ellipse(at(p, [(0, low)], 0.8)[0], (p.snout, 0.82 * p.snout), 0, pale, 0.6, False)
    top = p.face if "mask" not in marks else mix(p.coat, p.dark, 0.75)
    top = p.pale if "blaze" in marks else top
    p.canvas.blob(at(p, mirrored(bridge), 0.8), top, 0.55, outline=False)
    if p.tongue:
        spot = at(p, [(0, low + 1.75 * p.pads)], 1.0)[0]
        p.canvas.ellipse(spot, (0.6 * p.pads, 1.0 * p.pads), 0, TONGUE, 0.7)
    chin = at(p, [(0, low + 1.2 * p.pads)], 0.9)[0]
    p.canvas.ellipse(chin, (0.7 * p.pads, 0.62 * p.pads), 0, mix(pale, p.dark, 0.15), 0.7)
    for side in SIDES:
        pad = at(p, [(side * 0.8 * p.pads, low + 0.45 * p.pads)], 1.0)[0]
        p.canvas.ellipse(pad, (p.pads, 0.85 * p.pads), 20 * side, pale, 0.6, False)
    _mouth_and_nose(p, low)


def _mouth_and_nose(p, low):
    line = mix(p.dark, BLACK, 0.6)
    for side in SIDES:
        corner = (side * 1.5 * p.pads, low + 1.0 * p.pads)
        mouth = [(0, low), (side * 0.1 * p.pads, low + 0.8 * p.pads)]
        mouth += [(side * 0.8 * p.pads, low + 1.3 * p.pads), corner]
        p.canvas.curve(at(p, mouth, 1.0), 0.011, line)
    n = p.nose
    nose = [(0, -0.62 * n), (0.9 * n, -0.5 * n), (0.85 * n, 0.15 * n), (0, 0.8 * n)]
    outline = at(p, mirrored(nose) + (0, p.nose_y), 1.15)
    p.canvas.blob(outline, p.nose_colour, 0.5)
    shine = at(p, [(-0.25 * n, p.nose_y - 0.3 * n)], 1.15)[0]
    p.canvas.glow(shine, (0.5 * n, 0.3 * n), (240, 236, 240), 0.7)


def _eyes(p):
    for side in SIDES:
        place = at(p, [(side * p.gap, p.eye_y)], 0.6)[0]
        narrow = 1 - 1.6 * max(0.0, side * p.turn)
        p.canvas.glow(place, (1.9 * p.eye, 1.7 * p.eye), mix(p.dark, BLACK, 0.3), 0.5)
        tilt = -side * p.slant
        rim = 1.22 * p.eye
        p.canvas.ellipse(place, (rim * narrow, 0.82 * rim), tilt, BLACK)
        p.canvas.ellipse(place, (p.eye * narrow, 0.78 * p.eye), tilt, p.iris, 0.45, False)
        pupil = (0.28 * p.eye, 0.7 * p.eye) if p.pupil == "slit" else 0.48 * p.eye
        p.canvas.ellipse(place, pupil, 0, BLACK, 0, False)
        glint = place + (-0.3 * p.eye, -0.3 * p.eye)
        p.canvas.ellipse(glint, 0.22 * p.eye, 0, (255, 255, 255), 0, False)


def _whiskers(p):
    for side in SIDES:
        for number in range(3):
            start = (side * 1.2 * p.pads, p.nose_y + 0.05 + 0.014 * number)
            end = (side * (0.27 + 0.02 * p.rng.random()), p.nose_y + 0.005 + 0.055 * number)
            middle = (0.55 * (start[0] + end[0]), 0.5 * (start[1] + end[1]) - 0.012)
            points = at(p, [start, middle, end], 1.0)
            p.canvas.curve(points, 0.006, mix(p.pale, (255, 255, 255), 0.6))


def _topknot(p):
    for x, y, size in p.rng.random((24, 3)).tolist():
        angle, reach = 2 * np.pi * x, np.sqrt(y)
        across, up = reach * p.width * np.cos(angle), reach * 0.55 * p.height * np.sin(angle)
        _curl(p, (1.05 * across, up - 0.85 * p.height), 0.05 + 0.025 * size)


# Outlines of the ear and its inside for width 1, length 1, and base (0, 0); up is negative.
_EARS = {
    "pointed": (
        [(-1, 0.25), (-0.85, -0.3), (-0.1, -1), (0.15, -0.95), (0.85, -0.2), (1, 0.35)],
        [(-0.6, 0.2), (-0.5, -0.25), (0.02, -0.8), (0.55, -0.15), (0.6, 0.25)],
    ),
    "round": (
        [(-1, 0.2), (-0.9, -0.6), (-0.2, -1), (0.6, -0.8), (1, 0), (0.4, 0.5)],
        [(-0.6, 0.15), (-0.5, -0.35), (0, -0.6), (0.5, -0.3), (0.4, 0.2)],
    ),
    "floppy": (
        [
            (-0.7, -0.05),
            (0.1, -0.16),
            (0.75, 0.1),
            (1.0, 0.55),
            (0.6, 1),
            (-0.25, 0.9),
            (-0.6, 0.4),
        ],
        None,
    ),
}
