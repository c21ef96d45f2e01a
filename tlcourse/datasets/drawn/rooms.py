"""Rooms: one-point perspective; what stands where, and the room's proportions, are parameters.

A camera is held level, so a room turns by only a third of the look's rotation.
"""

import numpy as np

from tlcourse.datasets.drawn import fittings, furniture
from tlcourse.datasets.drawn.factors import hsv, mix
from tlcourse.datasets.drawn.regions import read_classes

FILLS = True
PIECES = fittings.PIECES | furniture.PIECES


CLASSES = read_classes(__file__)

NEAR = -0.6  # depth at which floor and walls begin: behind the picture's plane, to allow turning
FACES = {"front": 0.86, "top": 1.08, "lit": 0.98, "dim": 0.66, "bottom": 0.5}


class Room:
    """A box seen from inside; x goes right and y up, 0 to 1 at the picture's plane, z into it."""

    def __init__(self, canvas, parameters, look, rng):
        self.canvas, self.rng = canvas, rng
        self.depth, self.width = parameters["depth"], parameters["width"]
        self.vanishing = rng.uniform(0.22, 0.78), 1 - parameters["eye"]
        self.light_from_left = (look.light < 0) != look.flip
        self.mirrored, self.aside = False, 0.0
        hue = rng.random()
        self.wall = hsv(hue, rng.uniform(0.05, 0.45), rng.uniform(0.35, 0.98))
        self.ground = hsv(rng.random(), rng.uniform(0.1, 0.45), rng.uniform(0.25, 0.95))
        self.wood = hsv(rng.uniform(0.03, 0.12), rng.uniform(0.2, 0.6), rng.uniform(0.25, 0.9))
        self.cloth = hsv(rng.random(), rng.uniform(0.3, 0.75), rng.uniform(0.25, 0.95))
        self.white = hsv(rng.random(), rng.uniform(0, 0.12), rng.uniform(0.85, 0.98))

    def place(self, points):
        """Points (x, y, z) of the room as points of the picture."""
        across, down = self.vanishing
        placed = []
        for x, y, z in points:
            x = 0.5 + ((1 - x if self.mirrored else x) + self.aside - 0.5) * self.width
            near = 1 / (1 + z)
            placed.append((across + (x - across) * near, down + (1 - y - down) * near))
        return placed

    def face(self, points, colour, light=1.0, shade=0.0, outline=True):
        """A flat polygon, dimmer with depth."""
        light = light * (1 - 0.06 * min(4, max(0, points[0][2])))
        colour = tuple(min(255, round(channel * light)) for channel in colour)
        self.canvas.polygon(self.place(points), colour, shade, outline)

    def box(self, x, y, z, colour, shade=0.0):
        """A box; x, y, z are pairs (from, to). Only the sides that one can see are drawn."""
        (x0, x1), (y0, y1), z0 = x, y, z[0]
        eye = 1 - self.vanishing[1]
        if y1 < eye:
            self.panel(x, y1, z, colour, FACES["top"])
        elif y0 > eye:
            self.panel(x, y0, z, colour, FACES["bottom"])
        for side, on_the_left in ((x0, not self.mirrored), (x1, self.mirrored)):
            away = self.place([(side, 0, 0)])[0][0] - self.vanishing[0]
            if (away > 0) == on_the_left:
                lit = on_the_left == self.light_from_left
                self.panel(side, y, z, colour, FACES["lit" if lit else "dim"])
        self.panel(x, y, z0, colour, FACES["front"], shade)

    def panel(self, x, y, z, colour, light=1.0, shade=0.0):
        """A rectangle that faces the viewer (z is a number), a side (x is) or lies flat (y is)."""
        if not isinstance(z, tuple):
            corners = [(x[0], y[0], z), (x[1], y[0], z), (x[1], y[1], z), (x[0], y[1], z)]
        elif not isinstance(x, tuple):
            corners = [(x, y[0], z[0]), (x, y[0], z[1]), (x, y[1], z[1]), (x, y[1], z[0])]
        else:
            corners = [(x[0], y, z[0]), (x[1], y, z[0]), (x[1], y, z[1]), (x[0], y, z[1])]
        self.face(corners, colour, light, shade)

    def shadow(self, x, z):
        """The dark floor under a piece of furniture."""
        self.panel((x[0] - 0.03, x[1] + 0.03), 0, (z[0] - 0.05, z[1]), self.ground, 0.55)

    def line(self, points, width, colour):
        """A line through points of the room; its width is measured at the first of them."""
        self.canvas.curve(self.place(points), width / (1 + points[0][2]), colour)


def draw(canvas, parameters, look, rng):
    """Draw the shell of a room, then what stands in it, from the far wall forward."""
    canvas.image.paste((60, 56, 54), (0, 0, *canvas.image.size))
    x, y = look.shift + rng.uniform(-0.12, 0.12, 2)
    with canvas.posed((x, y), look.rotation / 3, look.size * rng.uniform(1, 1.35)):
        room = Room(canvas, parameters, look, rng)
        shell(room, parameters)
        PIECES[parameters["back"]](room)
        for side in ("left", "right"):
            room.mirrored = side == "right"
            PIECES[parameters[side]](room, beside=True)
        room.mirrored = False
        PIECES[parameters["above"]](room)
        room.aside = rng.uniform(-0.1, 0.1)
        PIECES[parameters["middle"]](room)


def shell(room, parameters):
    """Floor, ceiling, walls; boards or tiles."""
    far, rng = room.depth, room.rng
    ceiling = mix(room.wall, room.white, rng.uniform(0, 0.9))
    room.panel((0, 1), 0, (NEAR, far), room.ground, 1.0, 0.25)
    floor_lines(room, parameters["floor"])
    room.panel((0, 1), 1, (NEAR, far), ceiling, 0.92)
    lit, dim = (0.98, 0.74) if room.light_from_left else (0.74, 0.98)
    # The wall on the side of the light is the one that the light does not reach.
    room.panel(0, (0, 1), (NEAR, far), room.wall, dim, 0.2)
    room.panel(1, (0, 1), (NEAR, far), room.wall, lit, 0.2)
    room.panel((0, 1), (0, 1), far, room.wall, 0.9, 0.25)
    tiles(room, parameters["tiled"])
    skirting = mix(room.wall, room.wood, rng.random())
    room.panel((0, 1), (0, 0.04), far, skirting, 0.7)
    room.panel(0, (0, 0.04), (NEAR, far), skirting, 0.6)
    room.panel(1, (0, 0.04), (NEAR, far), skirting, 0.6)


def floor_lines(room, kind):
    """Boards run into the depth; tiles have lines both ways."""
    if kind == "plain":
        return
    seam = mix(room.ground, (30, 24, 20), 0.35)
    for x in np.linspace(0, 1, 9 if kind == "boards" else 7).tolist():
        room.line([(x, 0, NEAR), (x, 0, room.depth)], 0.003, seam)
    if kind == "tiles":
        for z in np.arange(-0.3, room.depth, 0.17).tolist():
            room.line([(0, 0, z), (1, 0, z)], 0.008, seam)


def tiles(room, height):
    """Tiles on all walls, up to a height."""
    if height == 0:
        return
    glaze, joint = room.white, mix(room.white, room.wall, 0.7)
    far = room.depth
    for wall in (0, 1):
        room.panel(wall, (0, height), (NEAR, far), glaze, 0.85, 0.15)
    room.panel((0, 1), (0, height), far, glaze, 0.92, 0.15)
    for y in np.arange(height, 0.05, -0.1).tolist():
        corners = [(0, y, NEAR), (0, y, far), (1, y, far), (1, y, NEAR)]
        for start, end in zip(corners, corners[1:], strict=False):
            room.line([start, end], 0.008, joint)
    for x in np.arange(0.1, 1, 0.1).tolist():
        room.line([(x, 0, far), (x, height, far)], 0.008, joint)
    for z in np.arange(-0.3, far, 0.2).tolist():
        for wall in (0, 1):
            room.line([(wall, 0, z), (wall, height, z)], 0.005, joint)
