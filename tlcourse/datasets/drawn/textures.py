"""Textures: one material whose bands, crossings and cells are parameters.

Bands across ``u`` and along ``v`` cross in several ways; or a lattice of points gives cells, of
which one sees the spots, the walls, the domes or the overlapping scales. Most names are those of
the Describable Textures Dataset (Cimpoi et al. 2014).
"""

import numpy as np

from tlcourse.datasets.drawn.factors import hsv
from tlcourse.datasets.drawn.regions import read_classes
from tlcourse.datasets.drawn.surface import mixed, noise, paint, plane

FILLS = True


CLASSES = read_classes(__file__)

SOFT = 0.08  # width of an edge, in bands


def draw(canvas, parameters, look, rng):
    """Cover the canvas with a texture seen from a random direction."""
    x, y = plane(canvas, look, lean=rng.uniform(-0.35, 0.35), turn=rng.uniform(-0.6, 0.6))
    u = x * parameters["count"] / parameters["stretch"] + rng.uniform(0, 8)
    v = y * parameters["count"] + rng.uniform(0, 8)
    u, v = wandering(u, v, parameters, rng)
    low, high = inks(rng)
    tone, height, patch = PATTERNS[parameters["pattern"]](u, v, parameters, rng)
    depth = min(parameters["depth"], 1.0)
    hollow = 1 - 0.6 * depth * (1 - height) + 0.06 * noise(tone.shape, 2, rng)
    tone = tone + parameters["patchwork"] * (patch - 0.5)
    tone = tone + parameters["grain"] * noise(tone.shape, 40, rng)
    height = height * parameters["depth"] / parameters["count"]
    paint(canvas, look, mixed(look.tint(low), look.tint(high), tone), height, hollow)


def inks(rng):
    """A dark and a pale colour of any two hues, in any order."""
    dark = hsv(rng.random(), rng.uniform(0.2, 0.7), rng.uniform(0.2, 0.45))
    pale = hsv(rng.random(), rng.uniform(0.05, 0.5), rng.uniform(0.65, 0.95))
    return (dark, pale) if rng.random() < 0.5 else (pale, dark)


def wandering(u, v, parameters, rng):
    """Coordinates shifted by noise of two sizes, the larger one first."""
    for cells, size in ((3, 1.0), (9, 0.35)):
        swing = parameters["turbulence"] * size
        u = u + swing * noise((u + v).shape, cells, rng)
        v = v + swing * noise(u.shape, cells, rng)
    return u, v


def stripe(t, share):
    """1 inside the band in the middle of each unit of ``t``, 0 between bands."""
    away = np.abs(t - np.floor(t) - 0.5)
    return np.clip((share / 2 - away) / SOFT + 0.5, 0, 1)


def swing(t, corner):
    """A wave between -1 and 1, from a sine to a zigzag."""
    zigzag = 4 * np.abs(t - np.floor(t) - 0.5) - 1
    return zigzag if corner == 1 else corner * zigzag + (1 - corner) * np.cos(2 * np.pi * t)


def bands(u, v, parameters, rng):
    u = u + parameters["bend"] * swing(v / 2, parameters["corner"])
    tone = stripe(u, parameters["share"])
    return tone, tone, shade_of_cell(u, 0 * v, rng)


def veins(u, v, parameters, rng):
    """Wide clouds with thin dark lines where the bands meet."""
    away = np.abs(u - np.floor(u) - 0.5)
    thin = np.clip(1 - away / (0.15 * parameters["share"]), 0, 1)
    clouds = 0.75 + 0.2 * noise(u.shape, 4, rng) + 0.5 * (away - 0.25)
    tone = clouds - 0.7 * thin - 0.15 * np.abs(v - np.floor(v) - 0.5)
    return tone, 1 - 0 * u, 0.5 + 0 * u


def chequer(u, v, parameters, rng):
    across, down = stripe(u / 2, 0.5), stripe(v / 2, 0.5)
    tone = across + down - 2 * across * down
    return tone, tone, shade_of_cell(u, v, rng)


def grid(u, v, parameters, rng):
    u = u + parameters["stagger"] * (np.floor(v) % 2)
    across = stripe(u + 0.5, parameters["share"] / parameters["stretch"])
    tone = 1 - np.maximum(across, stripe(v + 0.5, parameters["share"]))
    return tone, tone, shade_of_cell(u, v, rng)


def woven(u, v, parameters, rng):
    """Strands over and under each other in turn."""
    across, down = u - np.floor(u) - 0.5, v - np.floor(v) - 0.5
    over = (np.floor(u) + np.floor(v)) % 2 == 0
    along, aside = np.where(over, across, down), np.where(over, down, across)
    round_ = np.sqrt(np.maximum(1 - (2 * aside / parameters["share"]) ** 2, 0))
    strand = np.where(over, np.floor(v), np.floor(u) + 17)
    return np.where(over, 0.9, 0.1), round_ * np.cos(2.2 * along), shade_of_cell(strand, 0 * u, rng)


def shade_of_cell(u, v, rng):
    """A random number in 0..1, the same all over a cell."""
    shades = rng.random((32, 32))
    return shades[np.floor(v).astype(np.int64) % 32, np.floor(u).astype(np.int64) % 32]


def nearest(u, v, parameters, rng):
    """Distances to the nearest and second nearest point of the lattice, and the cell's shade."""
    left, top = np.floor(u.min()) - 1, np.floor(v.min()) - 1
    columns, rows = int(u.max() - left) + 2, int(v.max() - top) + 2
    row, column = np.mgrid[0:rows, 0:columns]
    shift = parameters["jitter"] * (rng.random((2, rows, columns)) - 0.5)
    across = left + column + 0.5 + parameters["stagger"] * (row % 2 - 0.5) + shift[0]
    along = top + row + 0.5 + shift[1]
    cell = (np.floor(v) - top).astype(np.int64) * columns + (np.floor(u) - left).astype(np.int64)
    first, second, found = 9.0, 9.0, cell
    for step in (-columns - 1, -columns, -columns + 1, -1, 0, 1, columns - 1, columns, columns + 1):
        there = cell + step
        far = (parameters["stretch"] * (across.take(there) - u)) ** 2 + (along.take(there) - v) ** 2
        found = np.where(far < first, there, found)
        second = np.minimum(second, np.maximum(first, far))
        first = np.minimum(first, far)
    return np.sqrt(first), np.sqrt(second), rng.random(across.size).take(found)


def spots(u, v, parameters, rng):
    first, _, patch = nearest(u, v, parameters, rng)
    tone = np.clip((parameters["share"] - first) / SOFT + 0.5, 0, 1)
    return tone, tone, patch


def walls(u, v, parameters, rng):
    first, second, patch = nearest(u, v, parameters, rng)
    tone = np.clip((second - first - parameters["share"]) / SOFT + 0.5, 0, 1)
    return tone, tone, patch


def domes(u, v, parameters, rng):
    first, second, patch = nearest(u, v, parameters, rng)
    gap = np.clip(4 * (second - first), 0, 1)
    height = np.sqrt(np.maximum(1 - (1.3 * first) ** 2, 0)) * gap * (2 - gap)
    return 0.15 + 0.7 * gap, height, patch


def scales(u, v, parameters, rng):
    """Each scale is the lower part of a disc that the scales of the row above overlap."""
    tone = height = patch = np.zeros(u.shape)
    shade = rng.random((32, 32))
    for down in (1, 0, -1):
        row = np.floor(v) + down
        column = np.floor(u + parameters["stagger"] * (row % 2))
        aside = u + parameters["stagger"] * (row % 2) - column - 0.5
        far = np.sqrt((parameters["stretch"] * aside) ** 2 + (v - row) ** 2) / 1.05
        inside = far < 1
        tone = np.where(inside, np.clip((0.9 - far) / SOFT, 0, 0.85), tone)
        height = np.where(inside, 0.4 + 0.6 * far, height)
        cell = shade[row.astype(np.int64) % 32, column.astype(np.int64) % 32]
        patch = np.where(inside, cell, patch)
    return tone, height, patch


PATTERNS = {
    "bands": bands,
    "veins": veins,
    "grid": grid,
    "chequer": chequer,
    "woven": woven,
    "spots": spots,
    "walls": walls,
    "domes": domes,
    "scales": scales,
}
