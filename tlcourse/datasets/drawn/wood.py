"""Wood: a board whose grain bends round a knot, as a stream bends round a stone.

The grain lines are the level lines of the stream function of a flow past a cylinder, y (1 - 1/r^2)
where the knot has r = 1; the knot is a cut through a branch, from round to a spike along the
board. Names and characters of the knots are those of the University of Oulu's lumber images
(Silven, Niskanen and Kauppinen 2003).
"""

import numpy as np

from tlcourse.datasets.drawn.factors import hsv
from tlcourse.datasets.drawn.regions import read_classes
from tlcourse.datasets.drawn.surface import mixed, noise, paint, plane

FILLS = True


CLASSES = read_classes(__file__)

BARK, PITH = (38, 26, 20), (20, 14, 12)


def draw(canvas, parameters, look, rng):
    """Cover the canvas with a board and one knot."""
    x, y = plane(canvas, look, turn=rng.uniform(-0.15, 0.15))
    x, y = x + rng.uniform(-0.17, 0.17), y + parameters["aside"] * rng.choice([-1, 1])
    along, aside, far = knot_coordinates(x, y, parameters, rng)
    grain, ring = grain_lines(x, y, far, parameters, rng)
    fibre = noise(far.shape, (64, 5), rng) + 0.6 * noise(far.shape, (2, 2), rng)
    early, late, heart = timber(look, rng)
    colours = mixed(early, late, 1.1 * grain + 0.1 * fibre)
    inside = np.clip((1 - far) / 0.08 + 0.5, 0, 1)
    core = parameters["dark"] + 0.6 * ring - 0.2 * far + 0.06 * fibre
    colours += inside[..., None] * (mixed(late, heart, core) - colours)
    colours = marked(colours, along, aside, far, inside, look, parameters, rng)
    height = -0.004 * grain - 0.02 * inside
    hollow = 1 + 0.03 * fibre
    if parameters["edge"]:
        colours, height, hollow = sawn(colours, height, hollow, y, look, rng)
    paint(canvas, look, colours, height, hollow)


def timber(look, rng):
    """Colours of early wood, of late wood and of a knot's heart: from pine to walnut."""
    hue, strength = rng.uniform(0.07, 0.1), rng.uniform(0.28, 0.5)
    value = rng.uniform(0.6, 0.95)
    early = hsv(hue, strength, value)
    late = hsv(hue - 0.015, min(1, strength + 0.15), 0.72 * value)
    heart = hsv(hue - 0.035, min(1, strength + 0.2), 0.36 * value)
    return look.tint(early), look.tint(late), look.tint(heart)


def knot_coordinates(x, y, parameters, rng):
    """Coordinates along and across the knot, and the distance from its pith, 1 at its outline."""
    tilt = np.radians(parameters["tilt"])
    cos, sin = np.cos(tilt), np.sin(tilt)
    along = (cos * x + sin * y) / (parameters["radius"] * parameters["aspect"])
    aside = (cos * y - sin * x) / parameters["radius"]
    inner = 1 - along**2
    inner = (inner + np.sqrt(inner**2 + 0.03)) / 2
    width = np.sqrt(inner) ** (2 * parameters["point"] - 1) if parameters["point"] > 0.5 else 1.0
    width = width * np.maximum(1 + parameters["taper"] * along, 0.1)
    far = np.sqrt(along**2 + (aside / width) ** 2) * (1 + 0.04 * noise(x.shape, 5, rng))
    return along, aside, np.maximum(far, 1e-3)


def grain_lines(x, y, far, parameters, rng):
    """Dark late wood, 0 to 1, of the board and of the knot's own rings."""
    stream = y * np.maximum(1 - 1 / np.maximum(far, 1) ** 2, 0.0)
    wander = 0.03 * noise(x.shape, (3, 2), rng) + 0.0025 * noise(x.shape, (24, 4), rng)
    # Years differ: the sum of the frequencies is a ring width that varies over the board.
    year = parameters["lines"] * (stream + wander + 0.03 * np.sin(9 * stream + rng.uniform(0, 6)))
    ring = parameters["rings"] * far + 0.15 * noise(x.shape, 4, rng)
    return late_wood(year + rng.uniform(0, 1)), late_wood(ring)


def late_wood(year):
    """Within a year the wood darkens slowly and turns pale at once."""
    share = year - np.floor(year)
    return share**3 * np.clip((1 - share) / 0.12, 0, 1)


def marked(colours, along, aside, far, inside, look, parameters, rng):
    """Bark around, cracks from the pith, rot."""
    angle = np.arctan2(aside, along)
    bark = look.tint(BARK)
    if parameters["rot"]:
        soft = noise(far.shape, 9, rng) + 0.7 * noise(far.shape, 20, rng)
        halo = np.clip(1.7 - far + 0.25 * soft, 0, 1) * 0.5
        hole = np.clip((soft - 0.3) * 2, 0, 1) * np.clip((1.05 - far) * 4, 0, 1)
        colours = colours + (parameters["rot"] * halo)[..., None] * (bark - colours)
        colours = colours + (parameters["rot"] * hole)[..., None] * (np.array(PITH) - colours)
    if parameters["bark"]:
        away = np.abs(np.mod(angle - rng.uniform(-3, 3) + np.pi, 2 * np.pi) - np.pi) / np.pi
        part = np.clip((parameters["around"] - away) * 6 + 0.5, 0, 1)
        rim = np.clip(1.5 - np.abs(far - 1) * 9, 0, 1) * part * parameters["bark"]
        colours = colours + rim[..., None] * (bark - colours)
    if parameters["cracks"]:
        star = np.abs(np.sin(1.5 * angle + rng.uniform(0, 3) + 0.4 * noise(far.shape, 5, rng)))
        crack = np.clip(1.2 - star * (far * 16 + 1), 0, 1) * np.clip((0.95 - far) * 6, 0, 1)
        crack = crack * parameters["cracks"]
        colours = colours + crack[..., None] * (np.array(PITH) - colours)
    return colours


def sawn(colours, height, hollow, y, look, rng):
    """The board ends in the middle of the knot; beyond lies, in its shadow, the next thing."""
    beyond = y * rng.choice([-1, 1]) - rng.uniform(-0.03, 0.06)
    off = np.clip(beyond * y.shape[0] + 0.5, 0, 1)
    below = look.tint(hsv(rng.random(), rng.uniform(0, 0.4), rng.uniform(0.3, 0.9)))
    colours = colours + off[..., None] * (np.array(below) - colours)
    shadow = 1 - 0.6 * np.clip(1 - beyond / 0.15, 0, 1)
    return colours, height * (1 - off), hollow + off * (shadow - hollow)
