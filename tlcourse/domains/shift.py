"""Cats and dogs, each drawn before green and before magenta: what is needed to shift a background.

A domain moves when the backgrounds of its pictures do; notebook 03 mixes the two drawings of each
animal so that background and label go together as far as one likes.
"""

from dataclasses import dataclass

import numpy as np
from tqdm import tqdm

from tlcourse.datasets.drawn import Domain, Factors
from tlcourse.datasets.drawn.animals import LABEL_SPACES
from tlcourse.datasets.drawn.domains import own_hue

CLASSES = ("cat", "dog")
VISIBLE = 12  # of 255
STUDIO = Factors(tie=1.0, background=("plain", "gradient"))
_BREEDS = {
    species: [breed for breed, its in LABEL_SPACES["species"].items() if its == species]
    for species in CLASSES
}


@dataclass(frozen=True)
class CounterfactualPair:
    """The same animals twice: ``own``, before the colour of their label, and before the ``other``.

    Pictures are uint8 (n, side, side, 3); ``labels`` index ``CLASSES``. Green is the cats' colour.
    """

    own: np.ndarray
    other: np.ndarray
    labels: np.ndarray

    def background_masks(self):
        """Where the two pictures of each animal differ: ndarray of bool, shape (n, side, side)."""
        return np.abs(self.own.astype(int) - self.other).max(axis=3) > VISIBLE


def draw_pair(n, seed=0):
    """Draw n animals, cats and dogs in turn, before both colours.

    Raises ValueError if ``n`` is not even and at least 2.
    """
    if not isinstance(n, int) or n < 2 or n % 2:
        raise ValueError(f"n is {n!r}: give an even number of pictures of at least 2.")
    domain, labels, pictures = Domain("animals", STUDIO), np.arange(n) % len(CLASSES), []
    for index, label in enumerate(tqdm(labels.tolist(), "drawing", delay=2, unit="animal")):
        breeds = _BREEDS[CLASSES[label]]
        breed = breeds[np.random.default_rng([seed, index, 9]).integers(len(breeds))]
        hues = (own_hue(colour, len(CLASSES)) for colour in (label, 1 - label))
        pictures.append([np.asarray(domain.draw(breed, seed, index, 64, hue)) for hue in hues])
    return CounterfactualPair(*np.stack(pictures, axis=1), labels)
