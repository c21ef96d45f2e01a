"""Distribution shift: the same animals before other backgrounds and in other light, as samples.

Cats and dogs are drawn before one of two colours, green and magenta. Each animal is drawn before
both, so that background and label can be correlated as one likes while everything else stays.
"""

from dataclasses import dataclass, fields, replace

import numpy as np
from tqdm import tqdm

from tlcourse.datasets.drawn import Domain, Factors
from tlcourse.datasets.drawn.animals import LABEL_SPACES
from tlcourse.datasets.drawn.domains import own_hue
from tlcourse.datasets.drawn.factors import BACKGROUNDS, LIMITS

CLASSES = ("cat", "dog")

VISIBLE = 12  # of 255
_QUIET = {"tie": 1.0, "background": ("plain", "gradient")}

STUDIO = Factors(**_QUIET)

NIGHT = Factors(**_QUIET, exposure=(0.3, 0.4), noise=(0.1, 0.14), blur=(1.2, 2.0))

ANY_LIGHT = Factors(
    tie=1.0, background=BACKGROUNDS, exposure=(0.4, 1.3), noise=(0.0, 0.08), blur=(0.0, 1.2)
)

_BREEDS = {
    species: [breed for breed, its in LABEL_SPACES["species"].items() if its == species]
    for species in CLASSES
}


@dataclass(frozen=True)
class Sample:
    """Pictures drawn from a domain, their labels, and what each representation makes of them.

    ``pictures`` are uint8 (n, side, side, 3), ``labels`` index ``CLASSES``, ``agrees`` tells
    whether the background has the label's colour (green: cats), ``X`` is {representation: (n, d)}.
    """

    pictures: np.ndarray
    labels: np.ndarray
    agrees: np.ndarray
    X: dict

    def __len__(self):
        return len(self.labels)

    @property
    def is_green(self):
        """Whether the background has the colour of cats: ndarray of bool, shape (n,)."""
        return self.agrees == (self.labels == 0)

    def rows(self, chosen):
        """The sample of some pictures only, by index or mask."""
        X = {name: matrix[chosen] for name, matrix in self.X.items()}
        return Sample(self.pictures[chosen], self.labels[chosen], self.agrees[chosen], X)


def pooled(*samples):
    """Several samples as one."""
    X = {name: np.concatenate([sample.X[name] for sample in samples]) for name in samples[0].X}
    pictures, labels, agrees = (
        np.concatenate([getattr(sample, what) for sample in samples])
        for what in ("pictures", "labels", "agrees")
    )
    return Sample(pictures, labels, agrees, X)


@dataclass(frozen=True)
class CounterfactualPair:
    """The same animals twice: before the colour of their label, and before the other colour."""

    agreeing: Sample
    conflicting: Sample

    def __len__(self):
        return len(self.agreeing)

    @property
    def labels(self):
        return self.agreeing.labels

    def rows(self, chosen):
        """The pair of some animals only, by index or mask."""
        return CounterfactualPair(self.agreeing.rows(chosen), self.conflicting.rows(chosen))

    def with_correlation(self, correlation, seed=0):
        """Each animal once; a share (1 + correlation) / 2 of each class before its own colour."""
        agrees = agreement(self.labels, correlation, seed)
        one, other = self.agreeing, self.conflicting
        X = {name: np.where(agrees[:, None], one.X[name], other.X[name]) for name in one.X}
        pictures = np.where(agrees[:, None, None, None], one.pictures, other.pictures)
        return Sample(pictures, self.labels, agrees, X)

    def background_masks(self):
        """Where the two pictures of each animal differ: ndarray of bool, shape (n, side, side)."""
        one, other = (part.pictures.astype(int) for part in (self.agreeing, self.conflicting))
        return np.abs(one - other).max(axis=3) > VISIBLE


def agreement(labels, correlation, seed=0):
    """Which pictures get the background of their own label: ndarray of bool, shape (n,).

    A share (1 + correlation) / 2 of each class. Raises ValueError outside -1 to 1.
    """
    if not -1 <= correlation <= 1:
        raise ValueError(f"correlation is {correlation!r}: give a number between -1 and 1.")
    agrees, rng = np.zeros(len(labels), dtype=bool), np.random.default_rng(seed)
    for label in np.unique(labels):
        members = rng.permutation(np.flatnonzero(labels == label))
        agrees[members[: round(len(members) * (1 + correlation) / 2)]] = True
    return agrees


def draw_sample(n, representations, factors=STUDIO, correlation=0.0, seed=0, hue_shift=0.0):
    """Draw n cats and dogs, background and label correlated as asked for, and represent them.

    ``representations`` are from ``represent_by``; ``correlation`` is -1 to 1; ``factors`` are all
    but the background's colour, whose two values ``hue_shift`` (0 to 1) turns on the colour wheel:
    0.5 exchanges green and magenta. Raises ValueError if ``n`` is not even and at least 2, or a
    number is outside its range.
    """
    if not isinstance(n, int) or n < 2 or n % 2:
        raise ValueError(f"n is {n!r}: give an even number of pictures of at least 2.")
    if not 0 <= hue_shift <= 1:
        raise ValueError(f"hue_shift is {hue_shift!r}: give a number between 0 and 1.")
    labels = np.arange(n) % len(CLASSES)
    agrees = agreement(labels, correlation, seed)
    colours = np.where(agrees, labels, 1 - labels)
    hues = [(own_hue(colour, len(CLASSES)) + hue_shift) % 1 for colour in colours.tolist()]
    pictures = _draw(labels.tolist(), hues, replace(factors, tie=1.0), seed)
    X = {name: represent(pictures) for name, represent in representations.items()}
    return Sample(pictures, labels, agrees, X)


def draw_pair(n, representations, factors=STUDIO, seed=0, hue_shift=0.0):
    """The same n animals before the colour of their label and before the other, as a pair."""
    return CounterfactualPair(
        *(draw_sample(n, representations, factors, r, seed, hue_shift) for r in (1, -1))
    )


def _draw(labels, hues, factors, seed, side=64):
    domain, pictures = Domain("animals", factors), []
    for index, label in enumerate(tqdm(labels, "drawing", delay=2, unit="picture")):
        breeds = _BREEDS[CLASSES[label]]
        breed = breeds[np.random.default_rng([seed, index, 9]).integers(len(breeds))]
        pictures.append(np.asarray(domain.draw(breed, seed, index, side, hues[index])))
    return np.stack(pictures)


def background_colours(pictures):
    """The mean colour of the two upper corners, where there is background: shape (n, 6), 0 to 1."""
    corner = pictures.shape[1] // 8
    corners = pictures[:, :corner, :corner], pictures[:, :corner, -corner:]
    return np.concatenate([part.mean(axis=(1, 2)) for part in corners], axis=1) / 255


def interpolate_factors(source, target, share):
    """The factors at a ``share`` (0 to 1) of the way from one domain to another, dial by dial.

    Raises ValueError if the share is outside its range, or the two differ in what has no half-way,
    such as kinds of background.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"share is {share!r}: give a number between 0 and 1.")
    between = {}
    for factor in (field.name for field in fields(Factors)):
        ends = getattr(source, factor), getattr(target, factor)
        if factor in LIMITS:
            mixed = (1 - share) * np.array(ends[0]) + share * np.array(ends[1])
            between[factor] = tuple(mixed.tolist()) if mixed.ndim else float(mixed)
        elif ends[0] != ends[1]:
            raise ValueError(f"The domains differ in {factor}, which has no half-way.")
        else:
            between[factor] = ends[0]
    return Factors(**between)
