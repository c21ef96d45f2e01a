"""A linear SVM on points that the student moves."""

from html import escape

import numpy as np
import traitlets
from sklearn.svm import SVC

from tlcourse.plots.pictures import image_html
from tlcourse.plots.style import OKABE_ITO
from tlcourse.widgets.base import Control, css, esm, sheet

C_RANGE = (0.01, 1000.0)
MOST_POINTS = 60
FLAT = 1e-6  # of a normal: it points nowhere
SIDE = 440  # px
LIMIT = 3.0  # the axes go from -LIMIT to LIMIT
CORNERS = LIMIT * np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
CLASSES = (
    ("blue circle", OKABE_ITO["blue"], "M-9,0 a9,9 0 1,0 18,0 a9,9 0 1,0 -18,0 z"),
    ("orange square", OKABE_ITO["orange"], "M-8.5,-8.5 h17 v17 h-17 z"),
)


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
    svm : sklearn.svm.SVC or None
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
        points = two_clouds() if points is None else points
        kinds = [{"name": name, "colour": colour, "path": d} for name, colour, d in CLASSES]
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
        self.svm = svm_of(self.points, self.C)
        self.words = describe(self.svm, self.points)
        self._drawn = {
            "number": self._answers,  # so that every question gets an answer, also the same one
            "regions": "" if self.svm is None else draw_regions(self.svm),
            "support": [] if self.svm is None else self.svm.support_.tolist(),
            "words": self.words,
        }

    def to_text(self):
        """One line for a terminal."""
        return f"SVMPlayground({len(self.points)} points)"

    def to_html(self):
        """What a page without a kernel shows."""
        alt = f"Points of two classes in the plane and a linear SVM, C = {self.C:g}. {self.words}"
        svg = (
            f'<svg class="tlc-plane" xmlns="http://www.w3.org/2000/svg" width="{SIDE}" '
            f'height="{SIDE}" viewBox="0 0 {SIDE} {SIDE}"><style>{sheet("plane")} '
            f".tlc-plane {{ border: 0 }}</style>{self._drawn['regions']}"
            f"{draw_points(self.points, self._drawn['support'])}</svg>"
        )
        look = f"width:{SIDE}px;max-width:100%;height:auto;border:2px solid #777"
        picture = image_html(svg, "svg+xml", alt, look)
        return f'{picture}<p style="font-size:18px">C = {self.C:g}. {escape(self.words)}</p>'


def two_clouds(n=16, seed=0):
    """Points to begin with, as a list of [x, y, class]."""
    rng, kinds = np.random.default_rng(seed), np.arange(n) % 2
    places = np.outer(2 * kinds - 1, [1.2, 0.6]) + rng.normal(0, 0.6, (n, 2))
    places = np.clip(places, 0.1 - LIMIT, LIMIT - 0.1).round(2)
    return [[*place, kind] for place, kind in zip(places.tolist(), kinds.tolist(), strict=True)]


def svm_of(points, C):
    """The linear SVM on [x, y, class] points; None unless two classes lie in different places."""
    table = np.array(points, dtype=float).reshape(-1, 3)
    if len(set(table[:, 2])) < 2:
        return None
    svm = SVC(kernel="linear", C=C, tol=1e-5).fit(table[:, :2], table[:, 2])
    return svm if np.linalg.norm(svm.coef_) > FLAT else None


def describe(svm, points):
    """The SVM in words."""
    if svm is None:
        return "There is no boundary: it takes points of both classes, in different places."
    *places, kinds = np.transpose(points)
    scores = (2 * kinds - 1) * svm.decision_function(np.transpose(places))
    return (
        f"Margin: {1 / np.linalg.norm(svm.coef_):.2f} to each side. "
        f"{_count(len(svm.support_), 'support vector')}. "
        f"{_count((scores < 1 - 1e-3).sum(), 'point')} inside the margin or on the wrong side."
    )


def _count(number, thing):
    return f"{number} {thing}{'' if number == 1 else 's'}"


def draw_regions(svm):
    """Both sides of the boundary, its margin, and itself, as an SVG fragment."""
    (w,), (b,) = svm.coef_, svm.intercept_
    sides = zip((-1, 1), CLASSES, strict=True)
    parts = [
        f'<path d="{_path(_cut(sign * w, sign * b)[0], "z")}" fill="{colour}" fill-opacity="0.16"/>'
        for sign, (_, colour, _) in sides
    ]
    for score, name in ((-1, "margin"), (1, "margin"), (0, "boundary")):
        parts.append(f'<path class="tlc-{name}" d="{_path(_cut(w, b - score)[1])}"/>')
    return "".join(parts)


def _cut(w, b):
    """The part of the square where w . x + b is above 0, as corners; and both ends of the cut."""
    part, ends, scores = [], [], CORNERS @ w + b
    for number, (corner, score) in enumerate(zip(CORNERS, scores, strict=True)):
        last, last_score = CORNERS[number - 1], scores[number - 1]
        if score * last_score < 0:
            ends.append(last + (corner - last) * last_score / (last_score - score))
            part.append(ends[-1])
        if score >= 0:
            part.append(corner)
    return part, ends


def _path(places, end=""):
    if not places:
        return ""
    return "M" + "L".join(f"{x:.1f},{y:.1f}" for x, y in to_pixels(places)) + end


def draw_points(points, support):
    """Points as an SVG fragment; support vectors have a thick black edge."""
    parts = []
    for row, ((x, y), (*_, kind)) in enumerate(zip(to_pixels(points), points, strict=True)):
        _, colour, path = CLASSES[kind]
        look = "tlc-dot tlc-support" if row in support else "tlc-dot"
        place = f'transform="translate({x:.1f},{y:.1f})"'
        parts.append(f'<path class="{look}" {place} d="{path}" fill="{colour}"/>')
    return "".join(parts)


def to_pixels(points):
    """Where [x, y, ...] points lie in the picture, shape (n, 2)."""
    return (np.reshape([point[:2] for point in points], (-1, 2)) * [1, -1] / LIMIT + 1) * SIDE / 2
