"""What is fixed to a room: windows, doors, lamps, stairs, kitchen units, bath, boards.

A piece beside a wall is drawn along the left one, x = 0; the room mirrors it for the right one.
``beside`` is True there and False at the far wall, in the middle and above.
"""

import numpy as np

from tlcourse.datasets.drawn.factors import hsv, mix

DARK, METAL, SKY, LEAF = (44, 42, 46), (176, 180, 186), (196, 224, 246), (70, 130, 64)
GLOW = (255, 244, 205)


def nothing(room, beside=False):
    """An empty wall or floor."""


def window(room, beside=False):
    frame = room.white
    if beside:
        z = (0.25 * room.depth, 0.75 * room.depth)
        room.panel(0, (0.36, 0.84), z, frame, 0.9)
        room.panel(0, (0.39, 0.81), (z[0] + 0.04, z[1] - 0.04), SKY)
        middle = (z[0] + z[1]) / 2
        room.line([(0, 0.37, middle), (0, 0.83, middle)], 0.02, frame)
        return
    x = room.rng.uniform(0.25, 0.4)
    pane(room, (x, x + 0.36), (0.4, 0.82), frame)


def far_window(room, beside=False):
    """A window in the middle of a narrow wall."""
    pane(room, (0.25, 0.75), (0.3, 0.8), room.white)


def pane(room, x, y, frame):
    z = room.depth
    room.panel(x, y, z, frame)
    room.panel((x[0] + 0.03, x[1] - 0.03), (y[0] + 0.03, y[1] - 0.03), z, SKY)
    room.panel((x[0] + 0.03, x[1] - 0.03), (y[0] + 0.03, y[0] + 0.14), z, LEAF, 1.1)
    middle = (x[0] + x[1]) / 2
    room.panel((middle - 0.012, middle + 0.012), y, z, frame)
    room.panel(x, (y[0] + 0.2, y[0] + 0.22), z, frame)


def blinds(room, beside=False):
    z = room.depth
    room.panel((0.2, 0.8), (0.42, 0.86), z, SKY)
    for y in np.arange(0.44, 0.88, 0.055).tolist():
        room.panel((0.19, 0.81), (y, y + 0.03), z, room.white, 0.95)


def arched_window(room, beside=False):
    z, turn = room.depth, np.linspace(0, np.pi, 12)
    for grow, colour in ((0.05, room.wood), (0.0, SKY)):
        arch = [(0.5 + (0.17 + grow) * np.cos(t), 0.6 + (0.27 + grow) * np.sin(t), z) for t in turn]
        arch = [(0.67 + grow, 0.3 - grow, z), *arch, (0.33 - grow, 0.3 - grow, z)]
        room.face(arch, colour)
    for row, column in np.ndindex(4, 3):
        stain = hsv(room.rng.random(), 0.6, 0.9)
        x, y = 0.35 + 0.105 * column, 0.33 + 0.12 * row
        room.panel((x, x + 0.085), (y, y + 0.1), z, stain, 1.1)


def picture(room, beside=False):
    z, x = room.depth, room.rng.uniform(0.3, 0.42)
    room.panel((x, x + 0.28), (0.55, 0.8), z, room.wood, 0.8)
    room.panel((x + 0.02, x + 0.26), (0.57, 0.78), z, room.white)
    room.panel((x + 0.04, x + 0.24), (0.59, 0.68), z, room.cloth, 0.9)


def door(room, beside=False):
    z = room.depth
    room.panel((0.3, 0.7), (0, 0.76), z, room.wood, 0.7)
    room.panel((0.34, 0.66), (0, 0.72), z, room.wood, 1.05, 0.2)
    room.panel((0.6, 0.63), (0.33, 0.36), z, METAL)


def doors(room, beside=True):
    """Doors one behind the other."""
    for z in np.arange(room.depth - 0.75, -0.4, -1.0).tolist():
        room.panel(0, (0, 0.72), (z - 0.03, z + 0.5), room.wood, 0.55)
        room.panel(0, (0, 0.69), (z, z + 0.47), room.wood, 0.9)
        room.panel(0, (0.33, 0.36), (z + 0.04, z + 0.09), METAL)


def counter(room, beside=True):
    """Base units with a worktop, and cupboards above."""
    near, far = -0.3, room.depth
    room.box((0, 0.26), (0, 0.34), (near, far), room.cloth)
    room.box((0, 0.28), (0.34, 0.38), (near, far), room.wood)
    for z in np.arange(near, far, 0.3).tolist():
        room.line([(0.26, 0.02, z), (0.26, 0.33, z)], 0.008, DARK)
        room.line([(0.265, 0.29, z + 0.08), (0.265, 0.29, z + 0.22)], 0.015, METAL)
    room.panel((0.06, 0.22), 0.382, (0.3 * far, 0.3 * far + 0.22), METAL, 0.8)
    room.box((0, 0.17), (0.6, 0.88), (0.0, far), room.cloth)
    for z in np.arange(0.25, far, 0.3).tolist():
        room.line([(0.17, 0.61, z), (0.17, 0.87, z)], 0.008, DARK)


def fridge(room, beside=True):
    z = (0.45 * room.depth, 0.45 * room.depth + 0.35)
    room.shadow((0, 0.26), z)
    room.box((0, 0.26), (0, 0.72), z, room.white)
    room.line([(0.26, 0.46, z[0]), (0.26, 0.46, z[1])], 0.012, DARK)
    room.line([(0.265, 0.5, z[0] + 0.05), (0.265, 0.64, z[0] + 0.05)], 0.02, METAL)
    room.line([(0, 0.46, z[0]), (0.26, 0.46, z[0])], 0.012, DARK)


def cooker(room, beside=False):
    """Units along the far wall; oven and hob under a hood."""
    z = room.depth - 0.26
    room.box((0.2, 0.8), (0, 0.34), (z, room.depth), room.cloth)
    room.box((0.2, 0.8), (0.34, 0.38), (z - 0.02, room.depth), room.wood)
    room.panel((0.38, 0.62), (0.02, 0.34), z - 0.021, METAL)
    room.panel((0.41, 0.59), (0.06, 0.23), z - 0.022, DARK)
    for x in (0.43, 0.5, 0.57):
        room.panel((x - 0.012, x + 0.012), (0.27, 0.3), z - 0.022, DARK)
    room.panel((0.38, 0.62), 0.383, (z, room.depth - 0.03), DARK)
    z = room.depth - 0.1
    hood = [(0.36, 0.62, z), (0.64, 0.62, z), (0.55, 0.74, z), (0.55, 1, z), (0.45, 1, z)]
    room.face([*hood, (0.45, 0.74, z)], METAL, 0.9, 0.3)


def runner(room, beside=False):
    room.panel((0.3, 0.7), 0.002, (-0.6, room.depth), room.cloth)


def tubes(room, beside=False):
    """Lamps on the ceiling, one behind the other."""
    for z in np.arange(0.2, room.depth, 0.7).tolist():
        room.panel((0.4, 0.6), 0.99, (z, z + 0.35), GLOW, 1.1)


def pendant(room, beside=False):
    z = 0.55 * room.depth
    room.line([(0.5, 1, z), (0.5, 0.82, z)], 0.012, DARK)
    shade(room, 0.5, 0.72, z, 1.5)


def shade(room, x, y, z, size=1.0):
    """A lampshade that glows."""
    w, h = 0.075 * size, 0.11 * size
    rim = [(x - w, y, z), (x + w, y, z), (x + 0.6 * w, y + h, z), (x - 0.6 * w, y + h, z)]
    room.face(rim, GLOW, 1.0, 0.2)


def steps(room, beside=False):
    """A flight of stairs that rises away from the viewer, with a handrail."""
    n = 10
    rise, run = 0.72 / n, (room.depth - 0.1) / n
    for step in reversed(range(n)):
        z = 0.1 + step * run
        room.box((0.12, 0.88), (0, (step + 1) * rise), (z, z + run), room.wood)
        room.panel((0.34, 0.66), (step * rise, (step + 1) * rise), z - 0.001, room.cloth, 0.8)
        if (step + 1) * rise < 1 - room.vanishing[1]:
            room.panel((0.34, 0.66), (step + 1) * rise + 0.001, (z, z + run), room.cloth)
        post = [(0.13, (step + 1) * rise, z + 0.05), (0.13, (step + 1) * rise + 0.24, z + 0.05)]
        room.line(post, 0.022, room.white)
    room.line(
        [(0.13, 0.3, 0.1), (0.13, 0.72 + 0.22, 0.1 + n * run)], 0.045, mix(room.wood, DARK, 0.5)
    )


def basin(room, beside=False):
    """A wash-basin on a pedestal, a mirror above."""
    z = room.depth
    room.panel((0.36, 0.64), (0.5, 0.86), z, METAL, 0.8)
    room.panel((0.38, 0.62), (0.52, 0.84), z, SKY, 1.0, 0.3)
    room.panel((0.46, 0.54), (0, 0.32), z - 0.15, room.white, 0.8, 0.4)
    bowl = [(0.33, 0.42, z - 0.2), (0.67, 0.42, z - 0.2), (0.6, 0.3, z - 0.2), (0.4, 0.3, z - 0.2)]
    room.face(bowl, room.white, 0.95, 0.4)
    room.panel((0.33, 0.67), 0.42, (z - 0.2, z), room.white, 0.8)
    room.line([(0.5, 0.42, z - 0.03), (0.5, 0.48, z - 0.03), (0.5, 0.47, z - 0.1)], 0.025, DARK)


def bathtub(room, beside=True):
    z = (0.12, room.depth - 0.02)
    room.box((0, 0.36), (0, 0.24), z, room.white)
    room.panel((0.03, 0.33), 0.241, (z[0] + 0.06, z[1] - 0.06), room.white, 0.55)
    water = (z[0] + 0.12, z[1] - 0.1)
    room.panel((0.05, 0.31), 0.242, water, (120, 190, 214), 0.95)
    tap = [(0.18, 0.24, z[1] - 0.03), (0.18, 0.36, z[1] - 0.03), (0.18, 0.35, z[1] - 0.14)]
    room.line(tap, 0.03, DARK)


def washing_machines(room, beside=False):
    if beside:
        for z in np.arange(room.depth - 0.36, 0, -0.36).tolist():
            room.box((0, 0.26), (0, 0.36), (z, z + 0.33), room.white)
            porthole(room, (0.261, 0.16, z + 0.16), (0, 0.11, 0.11))
        return
    z = room.depth - 0.28
    for x in (0.03, 0.35, 0.67):
        room.box((x, x + 0.29), (0, 0.4), (z, room.depth), room.white)
        room.panel((x + 0.02, x + 0.27), (0.34, 0.38), z - 0.001, METAL, 0.8)
        porthole(room, (x + 0.145, 0.17, z - 0.002), (0.115, 0.125, 0))


def porthole(room, centre, radii):
    """A round window of dark glass; one of the three radii is 0."""
    turn = np.arange(14) * (2 * np.pi / 14)
    for size, colour in ((1.0, METAL), (0.72, DARK), (0.3, SKY)):
        across = radii[0] or radii[2]
        ring = np.array([[size * across * np.cos(t), size * radii[1] * np.sin(t)] for t in turn])
        x = centre[0] + (ring[:, 0] if radii[0] else 0 * turn)
        z = centre[2] + (ring[:, 0] if radii[2] else 0 * turn)
        room.face(np.stack([x, centre[1] + ring[:, 1], z], axis=1).tolist(), colour)


def blackboard(room, beside=False):
    z, slate = room.depth, hsv(room.rng.uniform(0.3, 0.6), 0.45, 0.32)
    room.panel((0.1, 0.9), (0.42, 0.86), z, room.wood)
    room.panel((0.13, 0.87), (0.45, 0.83), z, slate, 1.0, 0.1)
    for y in (0.73, 0.62, 0.53):
        ends = np.linspace(0.2, room.rng.uniform(0.5, 0.8), 9)
        marks = y + 0.03 * room.rng.uniform(-1, 1, 9)
        room.line([(x, mark, z) for x, mark in zip(ends, marks, strict=True)], 0.018, room.white)


def screen(room, beside=False):
    """A cinema's screen with a landscape on it, between curtains."""
    z, rng = room.depth, room.rng
    room.panel((0, 1), (0.2, 1), z, room.cloth, 0.5)
    for x in np.arange(0, 1, 0.06).tolist():
        room.line([(x, 0.2, z), (x, 1, z)], 0.02, mix(room.cloth, DARK, 0.7))
    room.panel((0.1, 0.9), (0.36, 0.9), z, DARK)
    x, y, sky = (0.13, 0.87), (0.39, 0.87), hsv(rng.random(), 0.3, 1.0)
    room.panel(x, y, z, sky, 1.15)
    hills = [(0.13, 0.5, z), (0.3, 0.66, z), (0.45, 0.54, z), (0.68, 0.74, z), (0.87, 0.5, z)]
    room.face([*hills, (0.87, 0.39, z), (0.13, 0.39, z)], hsv(rng.random(), 0.5, 0.6), 1.1, 0.4)


def columns(room, beside=True):
    for z in np.arange(room.depth - 0.3, -0.15, -0.55).tolist():
        room.box((0.06, 0.2), (0, 0.07), (z - 0.03, z + 0.15), room.wall)
        room.box((0.08, 0.18), (0.07, 0.82), (z, z + 0.12), room.wall, 0.9 if z < 1 else 0)
        room.box((0.06, 0.2), (0.82, 1), (z - 0.03, z + 0.15), room.wall)


PIECES = {
    piece.__name__.replace("_", " "): piece
    for piece in (
        nothing,
        window,
        far_window,
        blinds,
        arched_window,
        picture,
        door,
        doors,
        counter,
        fridge,
        cooker,
        runner,
        tubes,
        pendant,
        steps,
        basin,
        bathtub,
        washing_machines,
        blackboard,
        screen,
        columns,
    )
}
