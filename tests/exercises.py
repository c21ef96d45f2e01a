"""The exercises of a notebook, and the check of their solutions."""

import ast
import re
from dataclasses import dataclass
from functools import cached_property

from parsed import cells_of

from tlcourse.widgets import check_code

SOLUTION = re.compile(r"<details><summary>Solution</summary>.*?```python\n(.*?)```", re.DOTALL)


@dataclass(frozen=True)
class Exercise:
    """A cell with a function to write and its check, and the solution below it.

    Attributes
    ----------
    place : int
        Number of the cell in its notebook.
    source : str
        The cell, with the dots.
    solution : str or None
        The code under "Solution": the function.
    """

    place: int
    source: str
    solution: str | None

    @cached_property
    def solved(self):
        """The solution, and the check of the cell."""
        return f"{self.solution}\n{ast.unparse(ast.parse(self.source).body[-1])}"


def exercises_of(notebook):
    """Exercises of a notebook file, in order."""
    cells = cells_of(notebook)
    found = []
    for place, cell in enumerate(cells):
        if cell.cell_type == "code" and "check_code(" in cell.source:
            below = cells[place + 1].source if place + 1 < len(cells) else ""
            match = SOLUTION.search(below)
            found.append(Exercise(place, cell.source, match and match[1]))
    return found


def check(solved, names):
    """Run a solved exercise on a copy of a notebook's names: it is right."""
    said = []
    exec(solved, {**names, "check_code": lambda *given: said.append(check_code(*given))})
    assert len(said) == 1
    assert said[0].right is True, said[0].words
