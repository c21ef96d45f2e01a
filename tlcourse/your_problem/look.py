"""A look at the data, before anything is measured."""

from html import escape

import numpy as np
from PIL import ImageOps

from tlcourse.plots import PictureRows

SHOWN = 8
SIDE = 64


class Look:
    """What a problem consists of; shows in a notebook.

    Parameters
    ----------
    problem : Problem
    """

    def __init__(self, problem):
        self.problem = problem

    @property
    def facts(self):
        """Sentences: how many, how large, what was left out."""
        problem = self.problem
        counts, sides = list(problem.counts.values()), problem.sizes.min(axis=1)
        each = f"{min(counts)}" if min(counts) == max(counts) else f"{min(counts)} to {max(counts)}"
        return [
            f"{len(problem.pictures):,} pictures of {len(problem.classes)} classes, {each} a "
            "class.",
            _side(sides),
            *problem.notes,
            *self._left_out(),
        ]

    def _left_out(self, most=8):
        bad = [f"{name} ({why})" for name, why in self.problem.left_out]
        if bad:
            more = f" and {len(bad) - most} more" if len(bad) > most else ""
            yield f"Left out, {len(bad)}: {'; '.join(bad[:most])}{more}."

    def __repr__(self):
        return "\n".join(self.facts)

    def _repr_html_(self):
        facts = "".join(f"<li>{escape(fact)}</li>" for fact in self.facts)
        rows = "".join(
            f'<tr><th scope="row" style="text-align:left">{escape(name)}</th>'
            f'<td style="text-align:right">{count}</td></tr>'
            for name, count in self.problem.counts.items()
        )
        return (
            f'<div style="font-size:18px;line-height:1.4"><ul>{facts}</ul><details><summary>Counts'
            f'</summary><table style="font-size:16px"><thead><tr><th scope="col">Class</th><th '
            f'scope="col">Pictures</th></tr></thead><tbody>{rows}</tbody></table></details></div>'
        )


def _side(sides):
    if sides.min() == sides.max():
        return f"The shorter side of each has {sides.min()} pixels."
    middle = int(np.median(sides))
    return f"The shorter side has {sides.min()} to {sides.max()} pixels, {middle} in the median."


def contact_sheet(problem, shown=SHOWN, most_classes=12, seed=0):
    """A row of pictures for each class, as HTML with alternative text.

    Parameters
    ----------
    problem : Problem
    shown : int
        Pictures a class.
    most_classes : int
        The first ones, in the order of their names.
    seed : int
        Of the choice of pictures.

    Returns
    -------
    PictureRows
    """
    rng, rows = np.random.default_rng(seed), {}
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
