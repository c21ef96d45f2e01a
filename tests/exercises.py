"""The exercises of a notebook, and the check of their solutions."""

import ast
import re
from dataclasses import dataclass
from itertools import pairwise

from parsed import cells_of

from tlcourse.widgets import check_code

SOLUTION = re.compile(r"<details><summary>Solution</summary>.*?```python\n(.*?)```", re.DOTALL)


@dataclass(frozen=True)
class Exercise:
    """A cell with a function to write and its check, and the function below, "Solution"."""

    source: str
    solution: str

    @property
    def solved(self):
        """The solution, and the check of the cell."""
        return f"{self.solution}\n{ast.unparse(ast.parse(self.source).body[-1])}"


def exercises_of(notebook):
    """Exercises of a notebook file, in order."""
    return [
        Exercise(cell.source, SOLUTION.search(below.source)[1])
        for cell, below in pairwise(cells_of(notebook))
        if cell.cell_type == "code" and "check_code(" in cell.source
    ]


def check(solved, names):
    """Run a solved exercise on a copy of a notebook's names: it is right."""
    said = []
    exec(solved, {**names, "check_code": lambda *given: said.append(check_code(*given))})
    assert [each.right for each in said] == [True], said[0].words
