"""Feature spaces: what X can be for one set of pictures, and P(X) as a sample in it.

A domain is a feature space X and a distribution P(X). The pictures do not fix X: two readable
numbers, all pixels, or a layer of a network make three feature spaces of the same pictures, and
two distributions that differ in one of them may be the same in another.
"""

from dataclasses import dataclass
from functools import partial

import numpy as np
from sklearn.decomposition import PCA

from tlcourse.datasets.drawn import Domain, DrawnImages
from tlcourse.domains.similarity import proxy_a_distance
from tlcourse.features.extraction import extract_features
from tlcourse.features.samples import noise_control

APPEARANCE, PIXELS = "brightness and colourfulness", "pixels"


def brightness(pixels):
    """Mean luma (ITU-R BT.601) of each picture, 0 (black) to 255 (white): (n,)."""
    return (_pictures(pixels) @ (0.299, 0.587, 0.114)).mean(axis=(1, 2))


def colourfulness(pixels):
    """How far each picture's colours lie from grey and from each other: (n,), 0 is grey.

    To people about 15 is "slightly", 45 "quite", 80 "highly colourful". Hasler and Suesstrunk,
    "Measuring Colourfulness in Natural Images", SPIE 5007 (2003).
    """
    red, green, blue = np.moveaxis(_pictures(pixels), -1, 0)
    opponents = np.stack([red - green, (red + green) / 2 - blue])
    deviation, mean = opponents.std(axis=(2, 3)), opponents.mean(axis=(2, 3))
    return np.linalg.norm(deviation, axis=0) + 0.3 * np.linalg.norm(mean, axis=0)


def feature_vectors(pictures, space=APPEARANCE, backbone=None):
    """Pictures (PIL, of one size) as rows of a matrix (n, d) in one feature space X.

    ``space`` is ``"brightness and colourfulness"``, ``"pixels"``, or a layer of the ``backbone``.
    Raises ValueError if there is no picture, or the space is none of them.
    """
    if not len(pictures):
        raise ValueError("There is no picture to describe: give at least one.")
    if space == APPEARANCE:
        pixels = _pixels(pictures)
        return np.stack([brightness(pixels), colourfulness(pixels)], axis=1)
    if space == PIXELS:
        return _pixels(pictures).reshape(len(pictures), -1)
    if backbone is None:
        raise ValueError(
            f"There is no feature space {space!r}: name {APPEARANCE!r}, {PIXELS!r}, or a layer, "
            "and then its backbone."
        )
    labelled = [(picture, 0) for picture in pictures]
    features = extract_features(backbone, labelled, [space], progress=False, cache=False)
    return features.matrix


def draw_pictures(domain, n, seed=0, side=64):
    """The first ``n`` pictures (PIL) of a drawn domain, its classes in turn.

    A family's name stands for the family with the default factors. Raises ValueError if ``n`` is
    below 1, or a family is unknown.
    """
    if n < 1:
        raise ValueError(f"n is {n}: a sample has at least one picture.")
    domain = Domain(domain) if isinstance(domain, str) else domain
    images = DrawnImages(domain, n_per_class=-(-n // len(domain.classes)), seed=seed, side=side)
    return [images[index][0] for index in range(n)]


@dataclass(frozen=True)
class DomainPair:
    """Two samples (n, d) in one feature space, and how far apart they are.

    ``distance`` is the proxy A-distance, -2 to 2; ``control`` the same by chance, a value a deal.
    """

    source: np.ndarray
    target: np.ndarray
    distance: float
    control: np.ndarray

    @property
    def differs(self):
        """Whether the distance lies above every distance by chance."""
        return bool(self.distance > self.control.max())

    def plane(self):
        """Source and target in two dimensions, (n, 2) each: as they are, or by a PCA of both."""
        if self.source.shape[1] == 2:
            return self.source, self.target
        both = PCA(2, random_state=0).fit_transform(np.concatenate([self.source, self.target]))
        return both[: len(self.source)], both[len(self.source) :]


def compare_domains(source, target, repeats=5, folds=3, seed=0):
    """The distance between two samples (n, d) beside what chance gives for samples of that size.

    ``repeats`` deals make the control. Raises ValueError if the feature spaces differ, or a sample
    is too small for the folds.
    """
    source, target = np.asarray(source, dtype=float), np.asarray(target, dtype=float)
    measure = partial(proxy_a_distance, folds=folds, random_state=seed)
    distance = measure(source, target)
    both = np.concatenate([source, target])
    dealt = noise_control(measure, both, control="halves", repeats=repeats, random_state=seed)
    return DomainPair(source, target, distance, dealt)


def _pixels(pictures):
    return np.stack([np.asarray(picture, dtype=float) for picture in pictures])


def _pictures(pixels):
    pixels = np.asarray(pixels, dtype=float)
    if pixels.ndim != 4 or pixels.shape[-1] != 3:
        raise ValueError(
            f"pixels has the shape {pixels.shape}: give pictures as (n, height, width, 3)."
        )
    return pixels
