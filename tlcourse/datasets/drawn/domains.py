"""Drawn domains: a family of parametric drawings plus the distributions of its factors.

A family is a module of this package with ``CLASSES`` (class name -> region of the drawing's
parameters), ``draw(canvas, parameters, look, rng)`` and ``FILLS`` (True where the drawing fills
the picture and has no background of its own).
"""

import importlib
from dataclasses import dataclass, field

import numpy as np
from torch.utils.data import Dataset

from tlcourse.datasets.drawn import backgrounds
from tlcourse.datasets.drawn.canvas import Canvas
from tlcourse.datasets.drawn.factors import GREEN, Factors
from tlcourse.datasets.drawn.regions import sample_region

FAMILIES = ("animals", "birds", "flowers", "textures", "shapes")


@dataclass(frozen=True)
class Domain:
    """A family of drawings and the distribution of every factor: what X is, and P(X).

    Raises ValueError if the family is unknown.
    """

    family: str
    factors: Factors = field(default_factory=Factors)

    def __post_init__(self):
        family_module(self.family)

    @property
    def classes(self):
        """Names of the family's classes."""
        return list(family_module(self.family).CLASSES)

    def draw(self, name, seed=0, index=0, side=64, own_hue=GREEN):
        """The picture number ``index`` of a class (PIL, RGB, side x side).

        Two domains draw the same thing of (seed, index) under their own looks.
        """
        classes = family_module(self.family).CLASSES
        _check_names([name], classes, self.family)
        return self.draw_region(classes[name], seed, index, side, own_hue)

    def draw_region(self, region, seed=0, index=0, side=64, own_hue=GREEN):
        """A picture of any region of the family's parameters, as `draw` makes one of a class."""
        family = family_module(self.family)
        thing, looks, details, grain = (np.random.default_rng([seed, index, i]) for i in range(4))
        look = self.factors.sample(looks, own_hue)
        canvas = Canvas(side, look=look)
        parameters = sample_region(region, thing)
        if family.FILLS:
            with canvas.posed(flip=look.flip):
                family.draw(canvas, parameters, look, thing)
            backgrounds.cast(canvas, look)
        else:
            backgrounds.behind(canvas, look, details)
            with canvas.posed(look.shift, look.rotation, look.size, look.flip):
                family.draw(canvas, parameters, look, thing)
        backgrounds.in_front(canvas, look, details)
        canvas.blur(look.blur / 64)
        return backgrounds.developed(canvas.finish(), look, grain)


class DrawnImages(Dataset):
    """Pictures of a drawn domain (or family, with the default factors), made when asked for.

    Picture i depends on the seed, on i and on the list of classes only, so that the first pictures
    stay the same when more are asked for; different seeds give different pictures. ``labels`` is
    ``"class"``, or a label space of the family's ``LABEL_SPACES`` in which several classes share a
    label (animals: ``"species"``, ``"kind"``). With ``targets`` and ``classes``. Raises ValueError
    if a family, class or label space is unknown, or a number is below 1.
    """

    def __init__(self, domain, classes=None, n_per_class=20, seed=0, side=64, labels="class"):
        self.domain = Domain(domain) if isinstance(domain, str) else domain
        self.seed, self.side = seed, side
        self._members = _label_space(self.domain, labels)
        self.classes = list(self._members) if classes is None else list(classes)
        _check_names(self.classes, self._members, self.domain.family)
        _check_whole("n_per_class", n_per_class)
        _check_whole("side", side)
        self.targets = list(range(len(self.classes))) * n_per_class

    def __len__(self):
        return len(self.targets)

    def __getitem__(self, index):
        """The picture (PIL, RGB, side x side) and its label."""
        index = range(len(self))[index]
        label = self.targets[index]
        members = self._members[self.classes[label]]
        chosen = np.random.default_rng([self.seed, index, 9]).integers(len(members))
        hue = own_hue(label, len(self.classes))
        return self.domain.draw(members[chosen], self.seed, index, self.side, hue), label

    def pixels(self):
        """All pictures as one uint8 array of shape (n, side, side, 3)."""
        return np.stack([np.asarray(self[index][0]) for index in range(len(self))])


def own_hue(label, n_classes):
    """The hue that a tied background gives to a label: green for the first, then evenly on."""
    return (GREEN + label / n_classes) % 1


def family_module(name):
    """The module of a family; a ValueError names the families where there is none."""
    if name not in FAMILIES:
        raise ValueError(f"{name!r} is not a drawn family: name one of {', '.join(FAMILIES)}.")
    return importlib.import_module(f"tlcourse.datasets.drawn.{name}")


def _label_space(domain, labels):
    spaces = getattr(family_module(domain.family), "LABEL_SPACES", {})
    if labels != "class" and labels not in spaces:
        known = ", ".join(["class", *spaces])
        raise ValueError(f"{domain.family} has no label space {labels!r}: name one of {known}.")
    members = {}
    for name in domain.classes:
        members.setdefault(name if labels == "class" else spaces[labels][name], []).append(name)
    return members


def _check_names(names, known, family):
    unknown = [name for name in names if name not in known]
    if unknown or not names:
        wrong = f"no class {unknown[0]!r}" if unknown else "no picture without a class"
        raise ValueError(f"{family} has {wrong}: name one or more of {', '.join(known)}.")


def _check_whole(what, number):
    if not isinstance(number, int) or number < 1:
        raise ValueError(f"{what} is {number!r}: give a whole number of at least 1.")
