"""Flowers."""

import numpy as np

FILLS = False
CLASSES = {"daisy": {"petals": (12, 20), "length": (0.3, 0.36), "colour": (250, 250, 245)}}


def draw(canvas, parameters, look, rng):
    n = int(parameters["petals"])
    for angle in np.arange(n) * 360 / n:
        with canvas.posed(rotation=angle):
            canvas.ellipse((0.5, 0.5 - parameters["length"] / 2 - 0.05), (0.05, parameters["length"] / 2), 0, parameters["colour"], 0.6)
    canvas.ellipse((0.5, 0.5), 0.1, 0, (240, 190, 40), 0.8)
