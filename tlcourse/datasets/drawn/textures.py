"""Textures: one material whose bands, crossings and cells are parameters.

Two families of bands, across ``u`` and along ``v``, cross in one of four ways; or a lattice of
points gives cells, of which one sees the spots, the walls, the domes or the overlapping scales.
The names are those of the Describable Textures Dataset where it has the texture
(Cimpoi et al. 2014).
"""

import numpy as np

from .surface import mixed, noise, paint, plane, relief, tilted

FILLS = True
PLAIN = {
    "pattern": ("bands",),
    "count": (5.0, 9.0),  # bands or cells from edge to edge
    "share": (0.35, 0.65),  # of a band that is dark, or the size of a spot or wall
    "bend": (0.0, 0.0),  # sideways swing of the bands, in bands
    "corner": (0.0, 0.0),  # of the swing: 0 is a sine, 1 a zigzag
    "turbulence": (0.0, 0.04),  # wandering of the coordinates, in bands
    "stagger": (0.0, 0.0),  # shift of every second row of cells
    "jitter": (0.0, 0.0),  # disorder of the lattice
    "stretch": (0.95, 1.05),  # of a cell, across over along
    "depth": (0.1, 0.3),  # of the relief
    "grain": (0.02, 0.06),  # fine noise
}


def region(**ranges):
    return {**PLAIN, **ranges}


CLASSES = {
    "striped": region(count=(4, 9)),
    "wavy": region(count=(4, 7), bend=(0.5, 0.8)),
    "zigzagged": region(count=(4, 7), bend=(0.7, 1.0), corner=(1, 1)),
    "marbled": region(count=(2, 3.5), share=(0.3, 0.5), turbulence=(0.55, 0.9), depth=(0, 0.05)),
    "grid": region(pattern=("grid",), count=(5, 9), share=(0.15, 0.28)),
    "chequered": region(pattern=("chequer",), count=(2.5, 5), share=(0.5, 0.5)),
    "bricked": region(
        pattern=("walls",), count=(6, 8), stagger=(0.5, 0.5), stretch=(2, 2.4), share=(0.08, 0.16)
    ),
    "woven": region(pattern=("woven",), count=(5, 8), share=(0.75, 0.9), depth=(0.5, 0.8)),
    "dotted": region(pattern=("spots",), count=(4, 7), stagger=(0, 0.5), share=(0.24, 0.36)),
    "honeycombed": region(
        pattern=("walls",), count=(5, 7), stagger=(0.5, 0.5), share=(0.1, 0.2), depth=(0.3, 0.6)
    ),
    "cracked": region(
        pattern=("walls",), count=(3, 5), jitter=(0.8, 0.95), share=(0.03, 0.07),
        turbulence=(0.1, 0.2), grain=(0.08, 0.14),
    ),
    "pebbled": region(
        pattern=("domes",), count=(5, 7), jitter=(0.6, 0.8), share=(0.2, 0.3), depth=(0.8, 1.2)
    ),
    "scaly": region(pattern=("scales",), count=(5, 7), stagger=(0.5, 0.5), depth=(0.3, 0.6)),
}  # fmt: skip
