"""Drawn pictures that carry several labels at once, dealt independently of each other.

What a classifier reads of one property of such pictures says nothing of another.
"""

from dataclasses import dataclass

import numpy as np

from tlcourse.datasets.drawn import Domain, Factors
from tlcourse.datasets.drawn.animals import LABEL_SPACES

# Property -> the factor of the drawing that is its dial, and a value for each label.
DIALS = {
    "brightness": ("exposure", (0.6, 0.9, 1.2)),
    "hue": ("hue", (0.0, 0.25, 0.5, 0.75)),
    "sharpness": ("blur", (0.1, 0.9, 1.8)),
    "background": ("background", ("leaves", "stripes", "gradient", "horizon")),
    "orientation": ("rotation", (0.0, 90.0)),
}
# Textures of one clear direction, and whether their lines lie down before they are turned.
LYING = {"striped": 0, "bricked": 1, "scaly": 1}
NOISE = "noise"


@dataclass(frozen=True)
class LabelledPictures:
    """Pictures, uint8 (n, side, side, 3), with several labels each: {property: (n,)}."""

    pixels: np.ndarray
    labels: dict[str, np.ndarray]


def pictures_with_dials(family, classes, kind, dials, n, seed=0):
    """Drawn pictures whose class and dials are dealt independently, as evenly as n allows.

    Raises ValueError if a dial is unknown, or n gives a label fewer than four pictures.
    """
    unknown = [dial for dial in dials if dial not in DIALS]
    if unknown:
        raise ValueError(f"There is no dial {unknown[0]!r}: name some of {', '.join(DIALS)}.")
    sizes = {kind: len(classes), **{dial: len(DIALS[dial][1]) for dial in dials}}
    most = max(sizes.values())
    if n < 4 * most:
        raise ValueError(f"n is {n}: for {most} labels draw {4 * most} pictures or more.")
    rng = np.random.default_rng([seed, n])
    labels = {name: rng.permutation(np.arange(n) % size) for name, size in sizes.items()}
    pixels = []
    for index in range(n):
        turned = {DIALS[dial][0]: DIALS[dial][1][labels[dial][index]] for dial in dials}
        domain = Domain(family, Factors(**turned))
        pixels.append(np.asarray(domain.draw(classes[labels[kind][index]], seed, index)))
    return LabelledPictures(np.stack(pixels), labels)


def animals_with_dials(n=304, seed=0):
    """Animals with brightness, hue and kind of the background and sharpness on dials.

    Labelled too: the ``"breed"`` (19), the ``"species"`` (4), and ``"noise"`` (4), of which the
    picture knows nothing.
    """
    breeds = Domain("animals").classes
    dials = ("brightness", "hue", "sharpness", "background")
    animals = pictures_with_dials("animals", breeds, "breed", dials, n, seed)
    species = np.unique([LABEL_SPACES["species"][breed] for breed in breeds], return_inverse=True)
    noise = np.random.default_rng([seed, n, 1]).permutation(np.arange(n) % 4)
    more = {"species": species[1][animals.labels["breed"]], NOISE: noise}
    return LabelledPictures(animals.pixels, {**animals.labels, **more})


def textures_with_dials(n=120, seed=0):
    """Textures of one clear direction: ``"texture"`` (3), ``"orientation"`` 1 where lines lie."""
    kinds = tuple(LYING)
    textures = pictures_with_dials("textures", kinds, "texture", ("orientation",), n, seed)
    kind, turned = textures.labels["texture"], textures.labels["orientation"]
    lying = turned ^ np.array(list(LYING.values()))[kind]
    return LabelledPictures(textures.pixels, {"texture": kind, "orientation": lying})
