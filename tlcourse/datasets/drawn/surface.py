"""Surfaces computed pixel by pixel: coordinates, smooth noise, light on a relief.

Textures and wood are fields over the plane rather than outlines. All is done in float64, so that
a last digit that differs between machines never reaches the 8 bits of a picture.
"""

import numpy as np
from PIL import Image


def plane(canvas):
    """Coordinates of the canvas's pixels, 0 in the middle, 1 from edge to edge.

    Returns
    -------
    x, y : ndarray of shape (1, side) and (side, 1)
        To the right and down; they broadcast to the picture.
    """
    side = canvas.image.width
    ticks = (np.arange(side) + 0.5) / side - 0.5
    return ticks[None, :], ticks[:, None]


def tilted(x, y, angle, lean=0.0):
    """Coordinates on a plane turned by ``angle`` (radians) and leaning away from the viewer.

    ``lean`` is the share by which the far edge of the picture looks smaller, 0 to about 0.6.
    """
    depth = 1 + lean * y
    cosine, sine = np.cos(angle), np.sin(angle)
    return (cosine * x + sine * y) / depth, (cosine * y - sine * x) / depth


def noise(shape, cells, rng):
    """Smooth noise of mean 0 and deviation of about 1.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns.
    cells : int or tuple of int
        Bumps from edge to edge: down and across, or both.
    rng : numpy.random.Generator
    """
    down, across = (cells, cells) if np.isscalar(cells) else cells
    values = rng.normal(0, 1.5, (down + 1, across + 1)).astype(np.float32)
    smooth = Image.fromarray(values).resize(shape[::-1], Image.Resampling.BICUBIC)
    return np.asarray(smooth, dtype=np.float64)


def relief(height, light, strength=1.0):
    """Brightness of a surface under a light from the side: 1 where it is level.

    Parameters
    ----------
    height : ndarray of shape (side, side)
        In units of the picture's side.
    light : float
        Direction from which the light comes, radians, 0 at the right, clockwise.
    strength : float
        How much a slope of 1 adds or takes.
    """
    down, across = np.gradient(height, 1 / height.shape[0])
    slope = np.cos(light) * across + np.sin(light) * down
    return 1 - strength * slope / np.sqrt(1 + across**2 + down**2)


def mixed(low, high, share):
    """Colours between ``low`` (share 0) and ``high`` (share 1), for each pixel."""
    low, high = np.asarray(low, dtype=np.float64), np.asarray(high, dtype=np.float64)
    return low + np.clip(share, 0, 1)[..., None] * (high - low)


def paint(canvas, colours):
    """Fill the canvas with ``colours``, an array of shape (side, side, 3) in 0..255."""
    pixels = np.rint(np.clip(colours, 0, 255)).astype(np.uint8)
    canvas.image.paste(Image.fromarray(pixels))
