"""The solution of every exercise, in place of its dots, makes the check say that it is right."""

import ast

import pytest
from exercises import exercises_of, program_of

from tlcourse import paths
from tlcourse.widgets import check_answer

NOTEBOOKS = sorted((paths.PROJECT / "notebooks").glob("[0-9][0-9]_*.ipynb"))

each_notebook = pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda file: file.stem)


class Checks:
    """Stands in for ``check_answer``, and keeps what it was asked and what it said."""

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


def run(notebook):
    """Run the solved exercises and what they rest on, as a student would, from top to bottom."""
    checks, names = Checks(), {"__name__": "__main__"}
    for place, statements in program_of(notebook).items():
        code = compile(ast.Module(statements, []), f"{notebook.stem}, cell {place}", "exec")
        exec(code, names)
        names["check_answer"] = checks
    return checks


@each_notebook
def test_two_to_four_exercises_each_with_a_solution(notebook):
    exercises = exercises_of(notebook)
    assert 2 <= len(exercises) <= 4
    assert [each.place for each in exercises if each.solution is None] == []
    assert [each.place for each in exercises if each.source.count("answer = ...\n") != 1] == []


@each_notebook
def test_a_solution_ends_in_the_answer(notebook):
    for exercise in exercises_of(notebook):
        assert isinstance(ast.parse(exercise.solution).body[-1], ast.Expr), exercise.solution
        ast.parse(exercise.solved)


@each_notebook
def test_the_solutions_are_right_and_no_hint_is(notebook):
    checks = run(notebook)
    assert [feedback.words for feedback in checks.said if feedback.right is not True] == []
    assert len(checks.said) == len(exercises_of(notebook))
    assert checks.wrong_hints == []
