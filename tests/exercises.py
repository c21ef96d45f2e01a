"""The exercises of a notebook, and the check of their solutions."""

import ast
import re
from dataclasses import dataclass
from functools import cached_property

from parsed import cells_of

from tlcourse.widgets import check_answer, check_code

SOLUTION = re.compile(r"<details><summary>Solution</summary>.*?```python\n(.*?)```", re.DOTALL)
DOTS = "answer = ..."
CHECK = re.compile(r"\bcheck_(answer|code)\(")


@dataclass(frozen=True)
class Exercise:
    """A cell that checks an answer, and the solution below it.

    Attributes
    ----------
    place : int
        Number of the cell in its notebook.
    source : str
        The cell, with the dots.
    solution : str or None
        The code under "Solution"; its last line is an expression, the answer.
    """

    place: int
    source: str
    solution: str | None

    @property
    def is_code(self):
        """Whether a function is to be written."""
        return "check_code(" in self.source

    @cached_property
    def solved(self):
        """The cell with the solution in place of the dots, or of the function to write."""
        if self.is_code:
            return f"{self.solution}\n{ast.unparse(ast.parse(self.source).body[-1])}"
        *before, last = ast.parse(self.solution).body
        answer = ast.Assign([ast.Name("answer", ast.Store())], last.value)
        lines = [ast.unparse(ast.fix_missing_locations(each)) for each in (*before, answer)]
        return self.source.replace(DOTS, "\n".join(lines), 1)


def exercises_of(notebook):
    """Exercises of a notebook file, in order."""
    cells = cells_of(notebook)
    found = []
    for place, cell in enumerate(cells):
        if cell.cell_type == "code" and CHECK.search(cell.source):
            below = cells[place + 1].source if place + 1 < len(cells) else ""
            match = SOLUTION.search(below)
            found.append(Exercise(place, cell.source, match and match[1]))
    return found


class Checks:
    """Stands in for the checks, and keeps what they said and the hints for right answers."""

    def __init__(self):
        self.said, self.wrong_hints = [], []

    def __call__(self, answer, expected, why, hints=None, tolerance=0.0):
        feedback = check_answer(answer, expected, why, hints, tolerance)
        self.said.append(feedback)
        self.wrong_hints += [
            hint
            for hint in (hints or {})
            if hint is not None and check_answer(hint, expected, why, hints, tolerance).right
        ]
        return feedback

    def code(self, name, function):
        """Stands in for ``check_code``."""
        self.said.append(check_code(name, function))


def check(solved, names):
    """Run a solved exercise on a copy of a notebook's names: it is right, and no hint is."""
    checks = Checks()
    exec(solved, {**names, "check_answer": checks, "check_code": checks.code})
    assert [feedback.words for feedback in checks.said if feedback.right is not True] == []
    assert len(checks.said) == 1 and checks.wrong_hints == []
