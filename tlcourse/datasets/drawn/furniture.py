"""What stands in a room: each piece is a few boxes and panels in the room's own units.

``beside`` is as in `fittings`.
"""

import numpy as np

from tlcourse.datasets.drawn.factors import hsv, mix
from tlcourse.datasets.drawn.fittings import DARK, LEAF, METAL, SKY, shade


def bed(room, beside=False):
    far, width = room.depth, room.rng.uniform(0.26, 0.3)
    x = (0.5 - width, 0.5 + width)
    near = far - 0.85
    room.shadow(x, (near, far))
    room.box((x[0] - 0.02, x[1] + 0.02), (0, 0.48), (far - 0.06, far), room.wood)
    room.box(x, (0.06, 0.2), (near, far - 0.06), room.wood)
    room.box((x[0] + 0.01, x[1] - 0.01), (0.2, 0.28), (near, far - 0.06), room.white)
    for side in (x[0] + 0.04, 0.52):
        room.box((side, side + width - 0.06), (0.28, 0.37), (far - 0.3, far - 0.1), room.white, 0.5)
    room.box((x[0] - 0.01, x[1] + 0.01), (0.17, 0.295), (near - 0.02, far - 0.36), room.cloth, 0.3)
    for side in (x[0] - 0.19, x[1] + 0.05):
        room.box((side, side + 0.14), (0, 0.24), (far - 0.22, far), room.wood)
        lamp = side + 0.07
        room.panel((lamp - 0.012, lamp + 0.012), (0.24, 0.34), far - 0.1, METAL)
        shade(room, lamp, 0.34, far - 0.1)


def wardrobe(room, beside=True):
    z = (0.15 * room.depth, 0.15 * room.depth + 0.6)
    room.box((0, 0.2), (0, 0.8), z, room.wood)
    middle = sum(z) / 2
    room.line([(0.2, 0.03, middle), (0.2, 0.78, middle)], 0.008, DARK)


def legs(room, x, z, height, colour, thick=0.025):
    """Four legs; x and z are pairs."""
    for at in reversed(z):
        for side in x:
            room.panel((side - thick / 2, side + thick / 2), (0, height), at, colour, 0.7)


def table(room, x, z, height=0.3, cloth=False):
    room.shadow(x, z)
    legs(room, (x[0] + 0.03, x[1] - 0.03), (z[0] + 0.02, z[1] - 0.02), height, room.wood)
    room.box(
        x, (height - (0.12 if cloth else 0.035), height), z, room.white if cloth else room.wood
    )


def chair(room, x, z, colour, back=1, wide=0.17):
    """A chair whose back is nearer to the viewer (1), farther (-1), or to the left (0)."""
    seat, ends = (x - wide / 2, x + wide / 2), (z, z + 0.16)
    legs(room, (seat[0] + 0.01, seat[1] - 0.01), ends, 0.17, mix(colour, DARK, 0.4), 0.02)
    room.box(seat, (0.17, 0.2), ends, colour)
    if back == 0:
        room.box((seat[0], seat[0] + 0.025), (0.2, 0.45), ends, colour)
        return
    at = z if back == 1 else z + 0.14
    for side in seat:
        room.panel((side - 0.01, side + 0.01), (0.2, 0.45), at, colour, 0.6)
    for y in (0.25, 0.32, 0.39):
        room.panel(seat, (y, y + 0.055), at, colour, 0.85)


def dining_table(room, beside=False):
    near, far = 0.12, room.depth - 0.2
    room.shadow((0.2, 0.8), (near, far))
    chair(room, 0.5, far, room.wood, back=-1)
    for side in (False, True):
        room.mirrored = side
        for z in (far - 0.3, near + 0.1):
            chair(room, 0.2, z, room.wood, back=0)
    room.mirrored = False
    table(room, (0.27, 0.73), (near, far), 0.3, cloth=room.rng.random() < 0.5)
    for z in (far - 0.2, (near + far) / 2, near + 0.12):
        for x in (0.36, 0.64):
            plate(room, x, z)
    plate(room, 0.5, (near + far) / 2, room.cloth)
    chair(room, 0.5, near - 0.12, room.wood, back=1)


def plate(room, x, z, colour=None):
    turn = np.arange(10) * (2 * np.pi / 10)
    rim = [(x + 0.055 * np.cos(t), 0.302, z + 0.07 * np.sin(t)) for t in turn]
    room.face(rim, colour or mix(room.white, METAL, 0.25))


def desk(room, beside=False):
    """A desk with a computer, and a chair in front of it."""
    z = room.depth - 0.5
    table(room, (0.2, 0.8), (z, z + 0.3), 0.33)
    room.box((0.6, 0.78), (0.03, 0.3), (z, z + 0.3), room.wood)
    computer(room, z)
    room.panel((0.24, 0.32), 0.332, (z + 0.05, z + 0.2), room.white)
    room.line([(0.45, 0.14, z - 0.1), (0.45, 0.02, z - 0.1)], 0.03, DARK)
    room.line([(0.36, 0.03, z - 0.13), (0.45, 0.06, z - 0.1), (0.54, 0.03, z - 0.13)], 0.025, DARK)
    room.box((0.35, 0.55), (0.14, 0.18), (z - 0.2, z), room.cloth)
    room.box((0.36, 0.54), (0.22, 0.42), (z - 0.23, z - 0.19), room.cloth, 0.5)


def computer(room, z):
    """Screen, with lines of text, and keyboard on a desk whose front is at z."""
    room.panel((0.465, 0.495), (0.33, 0.42), z + 0.2, DARK)
    room.box((0.31, 0.65), (0.4, 0.67), (z + 0.17, z + 0.2), DARK)
    room.panel((0.33, 0.63), (0.42, 0.65), z + 0.169, SKY, 1.1)
    for y in (0.6, 0.55, 0.5):
        room.panel((0.36, room.rng.uniform(0.45, 0.6)), (y, y + 0.025), z + 0.168, room.cloth)
    room.panel((0.36, 0.6), 0.332, (z + 0.03, z + 0.12), METAL)


def bookcase(room, beside=False):
    """Rows of books, along a wall or at the far one."""
    far, rows = room.depth, (0.04, 0.33, 0.62)
    if beside:
        room.box((0, 0.12), (0, 0.95), (-0.4, far), room.wood)
        start, end = -0.12, far - 0.03
    else:
        room.box((0.14, 0.86), (0, 0.95), (far - 0.1, far), room.wood)
        start, end = 0.16, 0.84
    for y in rows:
        books(room, beside, start, end, y)


def books(room, beside, start, end, y):
    colours = [hsv(room.rng.random(), 0.5, v) for v in (0.35, 0.5, 0.65, 0.8)] + [room.cloth]
    step = 0.1 if beside else 0.055
    spread(room, beside, (start, end), (y, y + 0.26), DARK)
    at = start
    while at < end - step:
        width = step * room.rng.uniform(0.6, 1.4)
        tall = room.rng.uniform(0.15, 0.24)
        if room.rng.random() < 0.92:
            colour = colours[int(room.rng.integers(5))]
            spread(room, beside, (at, at + 0.85 * width), (y, y + tall), colour)
        at += width


def spread(room, beside, along, y, colour):
    """A rectangle on the front of a bookcase."""
    if beside:
        room.panel(0.121, y, along, colour, 0.95)
    else:
        room.panel(along, y, room.depth - 0.101, colour, 0.95)


def reading_table(room, beside=False):
    """A table with open books."""
    z = (0.3, 0.3 + 0.4 * room.depth)
    table(room, (0.36, 0.64), z, 0.26)
    for at in (z[0] + 0.06, z[1] - 0.2):
        room.panel((0.42, 0.495), 0.262, (at, at + 0.12), room.white)
        room.panel((0.505, 0.58), 0.262, (at, at + 0.12), room.white, 0.85)


def cabinet(room, beside=True):
    """Drawers for files."""
    for z in (0.6 * room.depth, 0.6 * room.depth - 0.32):
        room.box((0, 0.22), (0, 0.5), (z, z + 0.3), METAL)
        for y in (0.04, 0.2, 0.36):
            room.panel(0.221, (y, y + 0.12), (z + 0.03, z + 0.27), METAL, 1.15)
            room.panel(0.222, (y + 0.06, y + 0.08), (z + 0.1, z + 0.2), DARK)


def sofa(room, beside=False):
    """A sofa at the far wall, a low table on a rug before it."""
    z = room.depth - 0.32
    room.panel((0.12, 0.88), 0.002, (-0.05, z - 0.04), mix(room.cloth, room.white, 0.55))
    room.panel((0.17, 0.83), 0.003, (0.0, z - 0.08), mix(room.cloth, room.wood, 0.5))
    room.box((0.16, 0.84), (0.05, 0.42), (z + 0.18, room.depth), room.cloth, 0.4)
    room.box((0.2, 0.8), (0.04, 0.21), (z, z + 0.2), room.cloth)
    for x in (0.245, 0.505):
        room.box((x, x + 0.25), (0.2, 0.25), (z - 0.01, z + 0.2), room.cloth, 0.4)
        pillow = mix(room.white, hsv(room.rng.random(), 0.6, 0.8), 0.6)
        room.box((x + 0.04, x + 0.18), (0.25, 0.38), (z + 0.12, z + 0.17), pillow, 0.6)
    for x in (0.13, 0.76):
        room.box((x, x + 0.11), (0.04, 0.31), (z - 0.03, z + 0.3), room.cloth, 0.3)
    table(room, (0.33, 0.67), (0.35 * z, 0.7 * z), 0.15)


def toilet(room, beside=True):
    z, white = 0.55 * room.depth, room.white
    room.box((0.02, 0.13), (0.2, 0.42), (z - 0.12, z + 0.12), white)
    room.box((0.15, 0.28), (0, 0.14), (z - 0.06, z + 0.08), white)
    room.box((0.1, 0.34), (0.14, 0.21), (z - 0.11, z + 0.11), white)
    room.panel((0.16, 0.31), 0.212, (z - 0.07, z + 0.07), DARK, 1.2)


def floor_lamp(room, beside=True):
    z = 0.75 * room.depth
    room.line([(0.1, 0, z), (0.1, 0.58, z)], 0.025, DARK)
    shade(room, 0.1, 0.56, z, 1.3)


def plant(room, beside=True):
    z, rng = 0.7 * room.depth, room.rng
    pot = [(0.07, 0.16, z), (0.21, 0.16, z), (0.18, 0, z), (0.1, 0, z)]
    room.face(pot, room.wood, 0.8, 0.6)
    for turn in np.linspace(0.4, 2.7, 9).tolist():
        reach = rng.uniform(0.2, 0.32)
        tip = (0.14 + 0.6 * reach * np.cos(turn), 0.18 + reach * np.sin(turn), z)
        room.line([(0.14, 0.15, z), tip], 0.04, mix(LEAF, DARK, 0.5 * rng.random()))


def school_desks(room, beside=False):
    """Rows of desks with a stool at each, on the viewer's side."""
    for z in np.arange(room.depth - 0.5, -0.2, -0.42).tolist():
        for x in (0.05, 0.38, 0.71):
            room.shadow((x, x + 0.24), (z, z + 0.2))
            for leg in (x + 0.02, x + 0.22):
                room.panel((leg - 0.01, leg + 0.01), (0, 0.22), z + 0.01, METAL, 0.7)
            room.box((x, x + 0.24), (0.2, 0.24), (z, z + 0.2), room.wood)
            room.panel((x + 0.08, x + 0.16), 0.242, (z + 0.05, z + 0.13), room.white)
            room.box((x + 0.06, x + 0.18), (0.1, 0.13), (z - 0.12, z - 0.02), room.cloth)
            room.panel((x + 0.06, x + 0.18), (0.18, 0.27), z - 0.13, room.cloth, 0.9)
            for leg in (x + 0.07, x + 0.17):
                room.panel((leg - 0.008, leg + 0.008), (0, 0.2), z - 0.131, METAL, 0.6)


def seats(room, beside=False):
    """Rows of upholstered seats, seen from behind."""
    for z in np.arange(room.depth - 0.35, -0.15, -0.28).tolist():
        for x in np.arange(0.02, 0.9, 0.195).tolist():
            room.box((x, x + 0.16), (0.02, 0.24), (z, z + 0.06), room.cloth)
            room.panel((x + 0.02, x + 0.14), (0.15, 0.28), z - 0.001, room.cloth, 1.05)
        room.panel((0, 1), (0, 0.06), z - 0.002, DARK)


def pews(room, beside=False):
    """Benches on both sides of an aisle."""
    room.panel((0.43, 0.57), 0.002, (-0.6, room.depth), room.cloth)
    for z in np.arange(room.depth - 0.5, -0.2, -0.32).tolist():
        for x in ((0.12, 0.4), (0.6, 0.88)):
            room.box(x, (0.0, 0.22), (z, z + 0.04), room.wood)
            room.panel(x, (0.19, 0.22), z - 0.001, room.wood, 1.1)


PIECES = {
    piece.__name__.replace("_", " "): piece
    for piece in (
        bed,
        wardrobe,
        dining_table,
        desk,
        bookcase,
        reading_table,
        cabinet,
        sofa,
        toilet,
        floor_lamp,
        plant,
        school_desks,
        seats,
        pews,
    )
}
