"""A bird in profile as a parametric drawing; its regions of parameters are in birds.py."""

from types import SimpleNamespace

import numpy as np

from tlcourse.datasets.drawn.canvas import smooth
from tlcourse.datasets.drawn.factors import mix

INK = (34, 30, 34)
# In the body's frame, x runs to the breast and y down, from -1 to 1.
BODY = [(1, 0.05), (0.75, 0.65), (0.2, 1), (-0.5, 0.72), (-1.05, 0.1)]
BODY += [(-0.95, -0.25), (-0.3, -0.85), (0.4, -0.98), (0.88, -0.6)]
WING = [(0.55, -0.25), (0.3, 0.4), (-0.35, 0.55), (-1.3, 0.12), (-0.7, -0.4), (0.1, -0.72)]
TIP = [(-0.55, 0.5), (-1.3, 0.14), (-0.75, -0.3), (-0.6, 0.05)]
BAR = [(-0.05, 0.46), (-0.3, 0.5), (-0.42, 0.05), (-0.2, -0.02)]
BREAST = [(1.1, -0.7), (1.2, 0.2), (0.85, 0.9), (0.35, 1.1), (0.3, 0.5), (0.6, -0.1)]
BELLY = [(0.75, 0.2), (0.9, 0.9), (0.1, 1.2), (-0.8, 0.9), (-0.5, 0.45), (0.3, 0.35)]


def draw(canvas, parameters, look, rng):
    """Draw a bird that looks to the right, from the legs to the eye."""
    p = SimpleNamespace(**parameters, canvas=canvas, rng=rng)
    p.neck_colour = parameters.get("neck_colour", p.body)
    p.pouch_colour = parameters.get("pouch_colour", p.beak_colour)
    p.face = p.face or p.neck_colour
    _place_parts(p)
    shift, scale = _framing(p)
    with canvas.posed(shift, scale=scale):
        _tail(p)
        _legs(p)
        _neck_and_body(p)
        _wing(p)
        _beak(p)
        _head(p)
        if not p.legs:
            _water(p)


def _place_parts(p):
    p.shoulder = _body_frame(p, [(0.72, -0.5)])[0]
    angle = np.radians(p.neck_angle)
    rise = np.array([np.cos(angle), -np.sin(angle)])
    p.crown_point = p.shoulder + p.neck * rise + (0, -0.2 * p.head)
    across = np.array([-rise[1], rise[0]]) * p.neck_bend
    low, high = (p.shoulder + share * p.neck * rise for share in (0.3, 0.75))
    inside = _body_frame(p, [(0.35, 0.1)])[0]
    p.spine = smooth([inside, p.shoulder, low + across, high - across, p.crown_point], False)
    p.ground = 0.5 + 0.85 * p.depth + p.legs


def _body_frame(p, points):
    points = np.asarray(points, dtype=float) * (p.length, p.depth)
    cos, sin = np.cos(np.radians(p.tilt)), np.sin(np.radians(p.tilt))
    x, y = points[:, 0], points[:, 1]
    return np.stack([0.5 + cos * x + sin * y, 0.5 - sin * x + cos * y], axis=1)


def _beak_frame(p, points):
    """Points with x along the beak (its length is 1) and y down (its depth is 1)."""
    points = np.asarray(points, dtype=float) * (p.beak, p.beak_depth)
    cos, sin = np.cos(np.radians(p.beak_drop)), np.sin(np.radians(p.beak_drop))
    x, y = points[:, 0] + 0.72 * p.head, points[:, 1] + 0.15 * p.head
    return p.crown_point + np.stack([cos * x - sin * y, sin * x + cos * y], axis=1)


def _tail_points(p):
    reach = 1 + p.tail / p.length
    return _body_frame(p, [(-0.7, -0.35), (-reach, 0.0), (-reach * 0.98, 0.45), (-0.7, 0.35)])


def _framing(p):
    """The shift and scale that make the bird fill the picture."""
    extremes = np.concatenate(
        [
            _tail_points(p),
            _body_frame(p, BODY),
            _beak_frame(p, [(1, 0)]),
            [p.crown_point - p.head * (1 + p.crest), p.crown_point + p.head, (0.5, p.ground)],
        ]
    )
    low, high = extremes.min(axis=0), extremes.max(axis=0)
    scale = min(0.98 / (high - low).max(), 1.7)
    x, y = -scale * ((low + high) / 2 - 0.5)
    return (float(x), float(y)), float(scale)


def _tail(p):
    colour = p.wing_tip or mix(p.wing, INK, 0.25)
    base, upper, lower, under = _tail_points(p)
    spread = np.array([0, p.tail_spread / 2])
    p.canvas.polygon([base, upper - spread, lower + spread, under], colour, 0.5)
    middle = [(base + under) / 2, (upper + lower) / 2]
    p.canvas.strokes(middle[:1], middle[1:], 0.007, mix(colour, INK, 0.5))


def _legs(p):
    if not p.legs:
        return
    for number, x in enumerate((0.02, -0.2)):
        hip = _body_frame(p, [(x, 0.7)])[0]
        foot = np.array([hip[0] + 0.02, p.ground])
        knee = (hip + foot) / 2 + (-0.018 * (p.legs > 0.2), 0)
        colour = mix(p.leg_colour, INK, 0.3 * number)
        p.canvas.curve([hip, knee, foot], 0.02, colour)
        for toe in ((0.055, 0.008), (0.03, 0.022), (-0.03, 0.008)):
            p.canvas.strokes([foot], [foot + toe], 0.014, colour)


def _neck_and_body(p):
    body = smooth(_body_frame(p, BODY))
    p.canvas.polygon(body, p.body, 0.75)
    _neck(p)
    with p.canvas.clipped(body):
        for colour, region in ((p.breast, BREAST), (p.belly, BELLY)):
            if colour:
                p.canvas.blob(_body_frame(p, region), colour, 0.35, outline=False)
        chest = _body_frame(p, [(0.75, -0.1)])[0]
        p.canvas.glow(chest, 0.8 * p.depth, mix(p.breast or p.body, (255, 250, 240), 0.35), 0.6)
    under = _body_frame(p, [(-0.1, 0.95)])[0]
    p.canvas.glow(under, (p.length, 0.4 * p.depth), mix(p.body, INK, 0.7), 0.45)


def _neck(p):
    along = np.gradient(p.spine, axis=0)
    length = np.sqrt((along**2).sum(axis=1, keepdims=True)) + 1e-9
    normal = np.stack([-along[:, 1], along[:, 0]], axis=1) / length
    end = min(p.neck_width, 1.5 * p.head)
    widths = np.linspace(1.5 * p.neck_width, end, len(p.spine))[:, None] / 2
    tube = np.concatenate([p.spine + normal * widths, (p.spine - normal * widths)[::-1]])
    p.canvas.polygon(tube, p.neck_colour, 0.6, outline=p.neck > 0.05)
    if p.collar:
        at = -4
        ends = p.spine[at : at + 1] + normal[at] * widths[at] * np.array([[-1], [1]])
        p.canvas.curve(ends, 0.026, p.collar)


def _wing(p):
    wing = smooth(_body_frame(p, WING))
    p.canvas.polygon(wing, p.wing, 0.6)
    with p.canvas.clipped(wing):
        if p.wing_tip:
            p.canvas.blob(_body_frame(p, TIP), p.wing_tip, 0.3, outline=False)
        if p.wing_bar:
            p.canvas.blob(_body_frame(p, BAR), p.wing_bar, 0.3, outline=False)
    dark = mix(p.wing, INK, 0.45)
    for y in (-0.3, 0.0, 0.28):
        feather = [(0.15, y + 0.05), (-0.35, y + 0.12), (-0.85, 0.55 * y + 0.08)]
        p.canvas.curve(_body_frame(p, feather), 0.009, dark)


def _beak(p):
    hook = p.beak_hook
    if p.pouch:
        sack = [(0, 0.2), (0.9, 0.3), (0.6, 1.3 * p.pouch), (0.25, 2.6 * p.pouch)]
        sack += [(-0.06, 1.9 * p.pouch), (-0.12, 0.6)]
        p.canvas.blob(_beak_frame(p, sack), p.pouch_colour, 0.6)
    lower = [(0, 0.1), (0.85, 0.2 + 0.2 * hook), (0, 0.55)]
    p.canvas.polygon(_beak_frame(p, lower), mix(p.beak_colour, INK, 0.3), 0.3)
    upper = smooth([(0, -0.5), (0.55, -0.36), (0.92, -0.02 + 0.2 * hook)], False)
    end = [(1.0, 0.1 + 0.8 * hook), (0.86, 0.2 + 0.35 * hook), (0, 0.16)]
    outline = _beak_frame(p, [*upper.tolist(), *end])
    p.canvas.polygon(outline, p.beak_colour, 0.5)
    if p.beak_tip:
        with p.canvas.clipped(outline):
            square = [(0.68, -1), (1.2, -1), (1.2, 2), (0.68, 2)]
            p.canvas.polygon(_beak_frame(p, square), p.beak_tip, outline=False)


def _head(p):
    x, y = p.crown_point
    r = p.head
    if p.crest:
        back = r * (1.1 + p.crest)
        crest = [(x + 0.6 * r, y - 0.7 * r), (x - back, y - 0.9 * back), (x - 0.9 * r, y)]
        p.canvas.polygon(crest, p.crown or p.face, 0.5)
    p.canvas.ellipse((x, y), (1.08 * r, 0.96 * r), p.beak_drop / 2, p.face, 0.6, p.neck > 0.05)
    with p.canvas.clipped(_ring(x, y, 1.08 * r)):
        if p.crown:
            p.canvas.ellipse((x - 0.1 * r, y - 0.75 * r), (1.2 * r, 0.7 * r), 8, p.crown, 0.4)
        if p.cheek:
            p.canvas.ellipse((x + 0.15 * r, y + 0.25 * r), (0.75 * r, 0.62 * r), 0, p.cheek, 0.3)
        if p.mask:
            p.canvas.ellipse((x + 0.85 * r, y + 0.2 * r), 0.72 * r, 0, p.mask, 0.3, False)
        if getattr(p, "eye_stripe", None):
            p.canvas.strokes([(x - 1.1 * r, y)], [(x + 1.1 * r, y)], 0.02, p.eye_stripe)
    eye = (x + 0.3 * r, y - 0.12 * r)
    size = 0.17 * r + 0.006
    p.canvas.ellipse(eye, 1.5 * size, 0, mix(p.face, (250, 240, 200), 0.7), 0, False)
    p.canvas.ellipse(eye, size, 0, INK, 0, False)
    p.canvas.ellipse((eye[0] + 0.3 * size, eye[1] - 0.4 * size), 0.4 * size, 0, (255, 255, 255))


def _ring(x, y, radius):
    turn = np.arange(24) * (np.pi / 12)
    return np.stack([x + radius * np.cos(turn), y + radius * np.sin(turn)], axis=1)


def _water(p):
    level = 0.5 + 0.62 * p.depth
    for number, dy in enumerate((0.02, 0.06, 0.1)):
        width = p.length * (1.5 - 0.2 * number)
        wave = [(0.5 + width * t, level + dy + 0.012 * (-1) ** i) for i, t in _WAVE]
        p.canvas.curve(wave, 0.022, mix((150, 190, 210), (250, 250, 250), 0.3 * number))


_WAVE = list(enumerate((-1, -0.6, -0.2, 0.2, 0.6, 1)))
