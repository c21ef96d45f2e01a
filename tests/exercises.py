"""The exercises of a notebook, and the check of their solutions."""

import ast
import re
from dataclasses import dataclass

from parsed import cells_of

from tlcourse.widgets import check_answer, check_code

SOLUTION = re.compile(r"<details><summary>Solution</summary>.*?```python\n(.*?)```", re.DOTALL)
DOTS = "answer = ..."
CHECK = re.compile(r"\bcheck_(answer|code)\(")


@dataclass(frozen=True)
class Exercise:
    """A cell that checks an answer, and the code below it under "Solution", if there is any.

    The last line of a solution is an expression, the answer, or the function to write.
    """

    source: str
    solution: str | None

    @property
    def is_code(self):
        """Whether a function is to be written."""
        return "check_code(" in self.source

    @property
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
    return [
        Exercise(cell.source, (match := SOLUTION.search(below.source)) and match[1])
        for cell, below in zip(cells, cells[1:], strict=False)
        if cell.cell_type == "code" and CHECK.search(cell.source)
    ]


class Checks:
    """Stands in for the checks, and keeps what they said and the hints for right answers."""

    def __init__(self):
        self.said, self.wrong_hints = [], []

    def __call__(self, answer, expected, why, hints=None, tolerance=0.0):
        def feedback(given):
            return check_answer(given, expected, why, hints, tolerance)

        self.said.append(feedback(answer))
        given = (hint for hint in (hints or {}) if hint is not None)
        self.wrong_hints += [hint for hint in given if feedback(hint).right]
        return self.said[-1]

    def code(self, name, function):
        """Stands in for ``check_code``."""
        self.said.append(check_code(name, function))


def check(solved, names):
    """Run a solved exercise on a copy of a notebook's names: it is right, and no hint is."""
    checks = Checks()
    exec(solved, {**names, "check_answer": checks, "check_code": checks.code})
    assert [feedback.words for feedback in checks.said if feedback.right is not True] == []
    assert len(checks.said) == 1 and checks.wrong_hints == []
