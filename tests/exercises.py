"""The exercises of a notebook, and the check of their solutions."""

import ast
import re
from itertools import pairwise
from typing import NamedTuple

from parsed import cells_of

from tlcourse.widgets import check_code

SOLUTION = re.compile(r"<details><summary>Solution</summary>.*?```python\n(.*?)```", re.DOTALL)


class Exercise(NamedTuple):
    """A cell with a function to write and its check, and the function below, "Solution"."""

    source: str
    solution: str
    solved: str  # the solution, and the check of the cell


def exercises_of(notebook):
    """Exercises of a notebook file, in order."""
    found = []
    for cell, below in pairwise(cells_of(notebook)):
        if cell.cell_type == "code" and "check_code(" in cell.source:
            solution = SOLUTION.search(below.source)[1]
            check = ast.unparse(ast.parse(cell.source).body[-1])
            found.append(Exercise(cell.source, solution, f"{solution}\n{check}"))
    return found


def check(solved, names):
    """Run a solved exercise on a copy of a notebook's names: it is right."""
    said = []
    exec(solved, {**names, "check_code": lambda *given: said.append(check_code(*given))})
    assert [each.right for each in said] == [True], said[0].words
