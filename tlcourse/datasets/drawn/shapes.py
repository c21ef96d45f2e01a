"""Shapes: closed curves by one formula, cut from some material with bevelled edges.

The superformula (Gielis 2003) gives a radius for each direction t,
r(t) = (|cos(m t / 4)|^n2 + |sin(m t / 4)|^n3)^(-1 / n1),
with m corners, points or lobes. Straight sides need n1 = n2 (m / 4)^2; a negative n1 makes lobes.
"""

import numpy as np

from tlcourse.datasets.drawn.factors import hsv, mix
from tlcourse.datasets.drawn.regions import read_classes

FILLS = False
SAMPLES = 120  # points of an outline
RADIUS = 0.47  # of the circle about it, in sides of the picture


SOURCE = ("windmill", "cinquefoil", "six-pointed star", "seven-armed starfish", "gear", "rosette")
_ALL = read_classes(__file__)
CLASSES = {name: region for name, region in _ALL.items() if name not in SOURCE}
SOURCE_CLASSES = {name: _ALL[name] for name in SOURCE}


def draw(canvas, parameters, look, rng):
    """Draw one shape, in a material of two colours."""
    outline = superformula(parameters["m"], parameters["n1"], parameters["n2"])
    outline[:, 0] *= parameters["squeeze"]
    hue = rng.random()
    body = hsv(hue, rng.uniform(0.25, 0.8), rng.uniform(0.4, 0.95))
    second = hsv((hue + rng.uniform(0.2, 0.8)) % 1, rng.uniform(0.2, 0.7), rng.uniform(0.3, 1.0))
    with canvas.posed(rotation=rng.uniform(-20, 20)):
        slab(canvas, outline, body, look, rng)
        with canvas.clipped(scaled(outline, 0.86)):
            FINISHES[parameters["finish"]](canvas, outline, body, second, rng)
        canvas.shade(scaled(outline, 0.86), 0.5)
        gloss(canvas, look)


def superformula(m, n1, n2, n3=None):
    """Points of the curve about (0, 0), (SAMPLES, 2), in a circle of radius RADIUS."""
    t = np.arange(SAMPLES) * (2 * np.pi / SAMPLES)
    turn = m * t / 4
    total = np.abs(np.cos(turn)) ** n2 + np.abs(np.sin(turn)) ** (n2 if n3 is None else n3)
    radius = total ** (-1 / n1)
    points = np.stack([radius * np.sin(t), -radius * np.cos(t)], axis=1)
    points -= (points.max(axis=0) + points.min(axis=0)) / 2
    return RADIUS * points / np.sqrt((points**2).sum(axis=1)).max()


def scaled(outline, size, shift=(0.0, 0.0)):
    """The outline about the middle of the picture."""
    return 0.5 + np.array(shift) + size * outline


def slab(canvas, outline, body, look, rng):
    """A thick piece with its shadow and its bevelled rim."""
    turn = np.radians(look.light)
    away = np.array([-np.sin(turn), np.cos(turn)])
    if look.style == "shaded":
        for step in (3, 2, 1):
            shadow = mix(body, (16, 14, 26), 0.75 + 0.05 * step)
            canvas.polygon(scaled(outline, 1, 0.012 * step * away), shadow, outline=False)
    canvas.polygon(scaled(outline, 1), body, rng.uniform(0.7, 1.0))
    if look.style != "sketch":
        canvas.polygon(scaled(outline, 0.92, -0.008 * away), mix(body, (255, 255, 255), 0.25))
        canvas.polygon(scaled(outline, 0.92, 0.008 * away), mix(body, (20, 16, 30), 0.4))
    canvas.polygon(scaled(outline, 0.88), body, 0.3, outline=False)


def plain(canvas, outline, body, second, rng):
    """Nothing on it but a grain of scratches."""
    starts = rng.uniform(0, 1, (14, 2))
    canvas.strokes(
        starts, starts + rng.uniform(-0.12, 0.12, (14, 2)), 0.004, mix(body, second, 0.3)
    )


def rings(canvas, outline, body, second, rng):
    """Smaller and smaller copies of the outline."""
    for number, size in enumerate(np.linspace(0.8, 0.15, int(rng.integers(3, 6))).tolist()):
        canvas.polygon(scaled(outline, size), body if number % 2 else second)


def spots(canvas, outline, body, second, rng):
    for x, y, size in rng.uniform(0, 1, (16, 3)).tolist():
        canvas.ellipse((x, y), 0.02 + 0.04 * size, 0, mix(body, second, 0.5), outline=False)


def sectors(canvas, outline, body, second, rng):
    """Wedges like those of a pie."""
    wedge = mix(body, second, 0.5)
    n, start = int(rng.integers(3, 8)), rng.uniform(0, 6)
    for turn in (start + np.arange(n) * (2 * np.pi / n)).tolist():
        rim = [(0.5 + np.cos(turn + d), 0.5 + np.sin(turn + d)) for d in (0, np.pi / n)]
        canvas.polygon([(0.5, 0.5), *rim], wedge, outline=False)


def inlay(canvas, outline, body, second, rng):
    """A smaller piece of the second material."""
    canvas.polygon(scaled(outline, rng.uniform(0.45, 0.7)), second, 0.7)


def gloss(canvas, look):
    """The reflection of the lamp."""
    turn = np.radians(look.light)
    spot = (0.5 + 0.13 * np.sin(turn), 0.5 - 0.13 * np.cos(turn))
    canvas.glow(spot, (0.13, 0.1), (255, 255, 255), 0.4)


FINISHES = {"plain": plain, "rings": rings, "spots": spots, "sectors": sectors, "inlay": inlay}
