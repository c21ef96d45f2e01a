"""Surfaces computed pixel by pixel: coordinates, smooth noise, light on a relief.

Textures are fields over the plane rather than outlines. All is done in float64, so that
a last digit that differs between machines never reaches the 8 bits of a picture.
"""

import numpy as np
from PIL import Image

from tlcourse.datasets.drawn.canvas import INK, PAPER

SAMPLING = 1.5  # samples computed along a pixel of the finished picture; edges are soft by formula


def plane(canvas, look, turn=0.0, lean=0.0):
    """Coordinates on a plane that fills the canvas, posed as the look says."""
    pixels = round(canvas.side * SAMPLING)
    ticks = (np.arange(pixels) + 0.5) / pixels - 0.5
    x, y = ticks[None, :] - look.shift[0], ticks[:, None] - look.shift[1]
    x = -x if look.flip else x
    depth = look.size * (1 + lean * y)
    angle = turn + np.radians(look.rotation)
    cos, sin = np.cos(angle), np.sin(angle)
    return (cos * x + sin * y) / depth, (cos * y - sin * x) / depth


def noise(shape, cells, rng):
    """Smooth noise of mean 0 and deviation of about 1."""
    down, across = (cells, cells) if np.isscalar(cells) else cells
    values = rng.normal(0, 1.5, (down + 1, across + 1)).astype(np.float32)
    smooth = Image.fromarray(values).resize(shape[::-1], Image.Resampling.BICUBIC)
    return np.asarray(smooth, dtype=np.float64)


def mixed(low, high, share):
    """Colours between ``low`` (share 0) and ``high`` (share 1), for each pixel."""
    low, high = np.asarray(low, dtype=np.float64), np.asarray(high, dtype=np.float64)
    return low + np.clip(share, 0, 1)[..., None] * (high - low)


def relief(height, light):
    """Brightness of a surface under a light from the side: 1 where it is level."""
    down, across = np.gradient(height, 1 / height.shape[0])
    towards = np.cos(np.radians(light)) * down - np.sin(np.radians(light)) * across
    return 1 + 0.8 * towards / np.sqrt(1 + across**2 + down**2)


def paint(canvas, look, colours, height, hollow):
    """Fill the canvas with a surface, in the look's style."""
    if look.style == "shaded":
        colours = colours * (relief(height, look.light) * hollow)[..., None]
    elif look.style == "sketch":
        colours = sketched(colours)
    pixels = np.rint(np.clip(colours, 0, 255)).astype(np.uint8)
    canvas.image.paste(Image.fromarray(pixels).resize(canvas.image.size, Image.Resampling.BILINEAR))


def sketched(colours):
    """Ink where the colour changes, thin washes elsewhere."""
    bright = colours.mean(axis=2)
    down, across = np.gradient(bright)
    line = np.clip((np.abs(down) + np.abs(across)) / 30 - 0.4, 0, 1)[..., None]
    wash = colours + 0.62 * (np.array(PAPER) - colours)
    return wash + line * (np.array(INK) - wash)
