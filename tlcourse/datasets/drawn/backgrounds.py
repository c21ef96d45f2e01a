"""What is behind, in front of and all over a drawn thing: backgrounds, occluders, grain."""

from functools import lru_cache

import numpy as np
from PIL import Image

from tlcourse.datasets.drawn.canvas import PAPER
from tlcourse.datasets.drawn.factors import Appearance, hsv, mix


def behind(canvas, look, rng):
    """Draw the background of a look over the whole canvas."""
    colours = _colours(look, rng)
    canvas_look, canvas.look = canvas.look, Appearance(light=look.light, style=look.style)
    _KINDS[look.background](canvas, colours, rng)
    if look.style == "sketch":
        veil = Image.new("RGB", canvas.image.size, PAPER)
        canvas.image.paste(Image.blend(canvas.image, veil, 0.35))
    elif look.style == "shaded":
        canvas.blur(0.012)
    canvas.look = canvas_look


def in_front(canvas, look, rng):
    """Draw leaves and stalks that cover about ``look.occlusion`` of the picture's side."""
    if look.occlusion < 0.02:
        return
    colours = _colours(look, rng)
    edge = int(rng.integers(4))
    with canvas.posed(rotation=90 * edge):
        for _ in range(5):
            x, lean = rng.uniform(0, 1), rng.uniform(-0.15, 0.15)
            tip = 1 - look.occlusion * rng.uniform(0.6, 1.5)
            _leaf(canvas, (x, 1.08), (x + lean, tip), 0.05 + 0.1 * look.occlusion, colours, rng)


def cast(canvas, look):
    """Tint a picture that has no background when its colour is tied to the label."""
    if look.tied:
        veil = Image.new("RGB", canvas.image.size, hsv(look.hue, 0.6, 0.8))
        canvas.image.paste(Image.blend(canvas.image, veil, 0.4))


def developed(image, look, rng):
    """The image with the look's exposure and noise."""
    exposed = _multiples(round(look.exposure * 64) / 64)[np.asarray(image)]
    if look.noise >= 0.004:
        exposed = exposed + _grain(exposed.shape, look.noise, rng)
    return Image.fromarray(np.clip(exposed, 0, 255).astype(np.uint8))


def _grain(shape, deviation, rng):
    first, second = rng.integers(0, 256, (2, *shape), dtype=np.uint8)
    # The difference of two uniform bytes has a standard deviation of 0.408 of their range.
    table = _multiples(round(deviation / 0.408 * 256) / 256)
    return table[first] - table[second]


@lru_cache
def _multiples(factor):
    return np.rint(np.arange(256) * factor).astype(np.int16)


def _colours(look, rng):
    saturation, value = rng.uniform(0.1, 0.65), rng.uniform(0.35, 0.9)
    if look.tied:
        saturation, value = rng.uniform(0.55, 0.85), rng.uniform(0.5, 0.85)
    hues = look.hue + rng.uniform(-0.045, 0.045, 5)
    values = value * rng.uniform(0.6, 1.2, 5)
    pairs = zip(hues.tolist(), values.tolist(), strict=True)
    return [hsv(hue % 1, saturation, min(1.0, v)) for hue, v in pairs]


def _plain(canvas, colours, rng):
    canvas.image.paste(colours[0], (0, 0, *canvas.image.size))
    canvas.glow((rng.uniform(0, 1), rng.uniform(0, 1)), 1.1, mix(colours[0], PAPER, 0.4), 0.6)


def _gradient(canvas, colours, rng):
    ramp = Image.linear_gradient("L").rotate(90 * int(rng.integers(4))).resize(canvas.image.size)
    canvas.image.paste(mix(colours[0], (20, 20, 40), 0.45), (0, 0, *canvas.image.size))
    canvas.image.paste(mix(colours[1], PAPER, 0.35), (0, 0), ramp)


def _blobs(canvas, colours, rng):
    _gradient(canvas, colours, rng)
    for x, y, radius, pick in _scatter(rng, 12):
        bright = mix(colours[int(pick * 5)], PAPER, 0.35 * pick)
        canvas.ellipse((x, y), 0.04 + 0.11 * radius, 0, bright, outline=False)


def _leaves(canvas, colours, rng):
    canvas.image.paste(mix(colours[0], (10, 14, 10), 0.6), (0, 0, *canvas.image.size))
    for x, y, size, pick in _scatter(rng, 20):
        angle, length = 2 * np.pi * pick, 0.14 + 0.2 * size
        tip = (x + length * np.cos(angle), y + length * np.sin(angle))
        _leaf(canvas, (x, y), tip, 0.3 * length, colours, rng)


def _leaf(canvas, base, tip, width, colours, rng):
    (x0, y0), (x1, y1) = base, tip
    across, down = width * np.sign(y0 - y1 or 1), width * np.sign(x1 - x0 or 1)
    middle = (0.45 * x0 + 0.55 * x1, 0.45 * y0 + 0.55 * y1)
    sides = [(middle[0] + s * across, middle[1] + s * down) for s in (1, -1)]
    colour = colours[int(rng.integers(5))]
    canvas.blob([base, sides[0], tip, sides[1]], colour, 0.6)
    canvas.curve([base, tip], 0.008, mix(colour, (20, 20, 10), 0.4))


def _stripes(canvas, colours, rng):
    canvas.image.paste(colours[0], (0, 0, *canvas.image.size))
    step = rng.uniform(0.08, 0.25)
    with canvas.posed(rotation=rng.uniform(0, 180)):
        for number, x in enumerate(np.arange(-0.4, 1.4, step).tolist()):
            corners = [(x, -0.5), (x + step / 2, -0.5), (x + step / 2, 1.5), (x, 1.5)]
            canvas.polygon(corners, colours[1 + number % 3], outline=False)


def _clutter(canvas, colours, rng):
    _plain(canvas, colours, rng)
    for x, y, size, pick in _scatter(rng, 9):
        w, h = 0.06 + 0.16 * size, 0.06 + 0.2 * pick
        corners = [(-w, -h), (w, -h), (w, h), (-w, h)]
        with canvas.posed((x - 0.5, y - 0.5), 360 * size):
            shape = 0.5 + np.array(corners)
            canvas.polygon(shape, colours[int(pick * 5)], 0.7)


def _horizon(canvas, colours, rng):
    level = rng.uniform(0.35, 0.75)
    canvas.image.paste(mix(colours[0], PAPER, 0.55), (0, 0, *canvas.image.size))
    hills = [(x, level + dy) for x, dy in zip((0, 0.3, 0.7, 1), _dips(rng), strict=True)]
    canvas.polygon([(-0.2, 1.3), (-0.2, level), *hills, (1.2, level), (1.2, 1.3)], colours[1], 0.5)
    for x, y, size, pick in _scatter(rng, 8):
        low = level + 0.1 + (1 - level) * y
        radii = (0.04 + 0.1 * size, 0.02 + 0.05 * size)
        canvas.ellipse((x, low), radii, 0, colours[int(pick * 5)], 0.5, outline=False)


def _dips(rng):
    return rng.uniform(-0.08, 0.08, 4).tolist()


def _scatter(rng, n):
    return rng.random((n, 4)).tolist()


_KINDS = {
    "plain": _plain,
    "gradient": _gradient,
    "blobs": _blobs,
    "leaves": _leaves,
    "stripes": _stripes,
    "clutter": _clutter,
    "horizon": _horizon,
}
