"""Hybrids: the drawn source. Classes of every family that are none of the target classes.

A hybrid takes each parameter in which its two parents differ from one of them, and is kept when
no picture of it could be one of a target class or of another hybrid.
"""

from functools import cache
from itertools import combinations

import numpy as np
from joblib import Parallel, delayed
from torch.utils.data import Dataset
from tqdm import tqdm

from tlcourse.datasets.drawn.domains import FAMILIES, Domain, family_module, own_hue
from tlcourse.datasets.drawn.factors import STYLES, Factors

PER_FAMILY = 6
VARIED = Factors(
    style=(*STYLES, "shaded", "shaded"),
    palette=0.5,
    size=(0.5, 1.15),
    rotation=(-40.0, 40.0),
    occlusion=(0.0, 0.35),
    blur=(0.0, 1.0),
    noise=(0.0, 0.06),
)
_SPLITS = {"train": (500, 100), "val": (50, 101)}  # pictures a class, seed


class HybridImages(Dataset):
    """Pictures of the 30 hybrid classes, with all factors varied: a source as wide as it can be.

    The ``split`` "train" has 500 pictures a class, "val" 50, all of them others; ``per_class``
    keeps the first ones. ``classes`` are such as ``"daisy x rose"``. Raises ValueError if the split
    is unknown.
    """

    def __init__(self, split="train", per_class=None, side=64):
        if split not in _SPLITS:
            raise ValueError(f"split is {split!r}: name one of {', '.join(_SPLITS)}.")
        n_per_class, self.seed = _SPLITS[split]
        self.side = side
        self._regions = [
            (Domain(family, VARIED), region)
            for family in FAMILIES
            for region in hybrids(family).values()
        ]
        self.classes = [name for family in FAMILIES for name in hybrids(family)]
        self.targets = list(range(len(self.classes))) * (per_class or n_per_class)

    def __len__(self):
        return len(self.targets)

    def __getitem__(self, index):
        """The picture (PIL, RGB, side x side) and its label."""
        index = range(len(self))[index]
        label = self.targets[index]
        domain, region = self._regions[label]
        hue = own_hue(label, len(self.classes))
        return domain.draw_region(region, self.seed, index, self.side, hue), label

    def pixels(self, progress=True):
        """All pictures as one uint8 array of shape (n, side, side, 3), drawn on all cores."""
        parts = [range(start, min(start + 100, len(self))) for start in range(0, len(self), 100)]
        drawn = Parallel(n_jobs=-1, return_as="generator")(
            delayed(_pixels_of)(self, part) for part in parts
        )
        bar = tqdm(drawn, "drawing", len(parts), leave=False, delay=2, disable=not progress)
        return np.concatenate(list(bar))


@cache
def hybrids(family):
    """The source classes of a family, as ``{"first x second": region of the parameters}``."""
    module = family_module(family)
    if hasattr(module, "SOURCE_CLASSES"):
        return module.SOURCE_CLASSES
    classes = module.CLASSES
    rng = np.random.default_rng(list(family.encode("utf-8")))
    parents, found = list(combinations(classes, 2)), {}
    for number in rng.permutation(len(parents)).tolist():
        first, second = parents[number]
        region = crossed(classes[first], classes[second], rng)
        if not any(overlap(region, other) for other in [*classes.values(), *found.values()]):
            found[f"{first} x {second}"] = region
        if len(found) == PER_FAMILY:
            return found
    raise RuntimeError(f"Only {len(found)} hybrids of {family} differ from its classes.")


def crossed(first, second, rng):
    """A region with half of the differing parameters of each parent, chosen at random."""
    named = [*first, *(name for name in second if name not in first)]
    differing = [name for name in named if first.get(name) != second.get(name)]
    swapped = set(rng.permutation(differing)[: len(differing) // 2].tolist())
    parents = {name: second if name in swapped else first for name in named}
    return {name: parent[name] for name, parent in parents.items() if name in parent}


def overlap(region, other):
    """Whether some picture could belong to both regions: every parameter has a common value."""
    named = {**region, **other}
    return all(_values_overlap(region.get(name), other.get(name)) for name in named)


def _values_overlap(one, other):
    if _is_range(one) and _is_range(other):
        return one[0] <= other[1] and other[0] <= one[1]
    if _is_range(one) or _is_range(other):
        (low, high), value = (one, other) if _is_range(one) else (other, one)
        return isinstance(value, int | float) and low <= value <= high
    return bool(_choices(one) & _choices(other))


def _is_range(value):
    return isinstance(value, tuple) and len(value) == 2 and _all_numbers(value)


def _choices(value):
    constant = not isinstance(value, tuple) or (len(value) == 3 and _all_numbers(value))
    return {value} if constant else set(value)


def _all_numbers(values):
    return all(type(value) in (int, float) for value in values)


def _pixels_of(images, rows):
    return np.stack([np.asarray(images[row][0]) for row in rows])
