"""A linear SVM on points that the student moves."""

from html import escape

import numpy as np
import traitlets

from tlcourse.classifiers.decision_boundaries import C_RANGE, linear_boundary
from tlcourse.classifiers.plane import sample
from tlcourse.widgets.base import Control, css, esm
from tlcourse.widgets.plane_drawing import (
    CLASSES,
    LIMIT,
    SIDE,
    draw_points,
    draw_regions,
    grid,
    static_plane,
)

MOST_POINTS = 60
FLAT = 1e-6  # of a normal: it points nowhere


class SVMPlayground(Control):
    """Points to drag, add, remove and change the class of; the linear SVM follows.

    Tab goes from point to point. On a point, arrow keys move it (with Shift in larger steps),
    Space changes its class and Delete removes it; these keys do not reach the slides.

    Parameters
    ----------
    points : sequence of (x, y, class), optional
        x and y from -3 to 3, class 0 or 1; by default two clouds that a line separates.
    C : float, 0.01 to 1000
        Price of a point inside the margin.

    Attributes
    ----------
    points : list of [x, y, class]
    C : float
    boundary : tlcourse.classifiers.decision_boundaries.Boundary or None
        None where the points are of one class, or all in one place.
    words : str
        What the picture shows.

    Raises
    ------
    traitlets.TraitError
        If a point is off the plane, its class is not 0 or 1, or ``C`` is outside its range.
    """

    _esm = esm("svm_playground")
    _css = css("plane")
    points = traitlets.List().tag(sync=True)
    C = traitlets.Float(1.0).tag(sync=True)
    _drawn = traitlets.Dict().tag(sync=True)
    _plane = traitlets.Dict().tag(sync=True)

    def __init__(self, points=None, C=10.0):
        self._answers = 0
        points = points_of_two_clouds() if points is None else points
        kinds = [{"name": name, "colour": colour, "path": d} for name, colour, d in CLASSES[:2]]
        plane = {"side": SIDE, "limit": LIMIT, "classes": kinds, "most": MOST_POINTS}
        super().__init__(points=points, C=C, _plane={**plane, "C": C_RANGE})
        self._answer()
        self.observe(self._answer, ["points", "C"])

    @traitlets.validate("points")
    def _on_the_plane(self, proposal):
        checked = []
        for point in proposal["value"]:
            x, y, label = point
            if not (abs(x) <= LIMIT and abs(y) <= LIMIT) or label not in (0, 1):
                raise traitlets.TraitError(
                    f"{list(point)} is no point: give x and y from {-LIMIT:g} to {LIMIT:g} and the "
                    "class, 0 or 1."
                )
            checked.append([round(float(x), 3), round(float(y), 3), int(label)])
        if len(checked) > MOST_POINTS:
            raise traitlets.TraitError(f"{len(checked)} points: {MOST_POINTS} at most.")
        return checked

    @traitlets.validate("C")
    def _in_its_range(self, proposal):
        low, high = C_RANGE
        if not low <= proposal["value"] <= high:
            raise traitlets.TraitError(
                f"C is {proposal['value']:g}: give a number from {low:g} to {high:g}."
            )
        return proposal["value"]

    def _answer(self, _change=None):
        self._answers += 1
        self.boundary = boundary_of(self.points, self.C)
        self.words = describe(self.boundary)
        support = [] if self.boundary is None else self.boundary.support.tolist()
        self._drawn = {
            "number": self._answers,  # so that every question gets an answer, also the same one
            "regions": self._regions(),
            "support": support,
            "words": self.words,
        }

    def _regions(self):
        return "" if self.boundary is None else draw_regions(self.boundary.decision(grid()))

    def to_text(self):
        """One line for a terminal."""
        return f"SVMPlayground({len(self.points)} points)"

    def to_html(self):
        """What a page without a kernel shows."""
        places, labels = [point[:2] for point in self.points], [point[2] for point in self.points]
        dots = draw_points(places, labels, self._drawn["support"])
        alt = f"Points of two classes in the plane and a linear SVM, C = {self.C:g}. {self.words}"
        picture = static_plane(alt, self._regions(), dots)
        return f'{picture}<p style="font-size:18px">C = {self.C:g}. {escape(self.words)}</p>'


def points_of_two_clouds(n=16, seed=4):
    """Points to begin with, as a list of [x, y, class]."""
    X, y, *_ = sample("two clouds", n, seed=seed)
    X = np.clip(X, 0.1 - LIMIT, LIMIT - 0.1)
    return [[*place, label] for place, label in zip(X.round(2).tolist(), y.tolist(), strict=True)]


def boundary_of(points, C):
    """The linear SVM on [x, y, class] points; None unless two classes lie in different places."""
    table = np.array(points, dtype=float).reshape(-1, 3)
    if len(set(table[:, 2])) < 2:
        return None
    boundary = linear_boundary(table[:, :2], table[:, 2].astype(int), C)
    return boundary if np.linalg.norm(boundary.normal) > FLAT else None


def describe(boundary):
    """The boundary in words."""
    if boundary is None:
        return "There is no boundary: it takes points of both classes, in different places."
    vectors, inside = len(boundary.support), boundary.inside
    return (
        f"Margin: {boundary.margin:.2f} to each side. {_count(vectors, 'support vector')}. "
        f"{_count(inside, 'point')} inside the margin or on the wrong side."
    )


def _count(number, thing):
    return f"{number} {thing}{'' if number == 1 else 's'}"
