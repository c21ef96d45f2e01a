"""A look at the data, before anything is measured."""

import numpy as np
from PIL import ImageOps

from tlcourse.plots import PictureRows
from tlcourse.your_problem.templates import render

SHOWN = 8
SIDE = 64


class Look:
    """What a Problem consists of; shows in a notebook."""

    def __init__(self, problem):
        self.problem = problem

    @property
    def facts(self):
        """Sentences: how many, how large, what was left out."""
        problem = self.problem
        low, high = min(problem.counts.values()), max(problem.counts.values())
        each = f"{low}" if low == high else f"{low} to {high}"
        many = f"{len(problem.pictures):,} pictures of {len(problem.classes)} classes"
        return [
            f"{many}, {each} a class.",
            _side(problem.sizes.min(axis=1)),
            *problem.notes,
            *_left_out([f"{name} ({why})" for name, why in problem.left_out]),
        ]

    def __repr__(self):
        return "\n".join(self.facts)

    def _repr_html_(self):
        return render("look", facts=self.facts, counts=self.problem.counts)


def _left_out(bad, most=8):
    if bad:
        more = f" and {len(bad) - most} more" if len(bad) > most else ""
        yield f"Left out, {len(bad)}: {'; '.join(bad[:most])}{more}."


def _side(sides):
    if sides.min() == sides.max():
        return f"The shorter side of each has {sides.min()} pixels."
    middle = int(np.median(sides))
    return f"The shorter side has {sides.min()} to {sides.max()} pixels, {middle} in the median."


def contact_sheet(problem, shown=SHOWN, most_classes=12):
    """PictureRows of the first classes, with so many pictures each, taken by lot."""
    rng, rows = np.random.default_rng(0), {}
    for label, name in enumerate(problem.classes[:most_classes]):
        found = np.flatnonzero(problem.labels == label)
        found = np.sort(rng.choice(found, min(shown, len(found)), replace=False))
        pictures = [thumbnail(problem.pictures[row][0]) for row in found]
        blank = [thumbnail(pictures[0].point(lambda _: 255))] * (shown - len(pictures))
        rows[name] = pictures + blank
    return PictureRows(rows, f"{shown} pictures of each class, taken by lot.")


def thumbnail(picture, side=SIDE):
    """The middle of a picture as a square (PIL, RGB): what a backbone sees of it."""
    return ImageOps.fit(picture, (side, side))
