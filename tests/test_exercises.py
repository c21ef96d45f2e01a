"""Every exercise has a solution; ``solutions`` has nbval run it in place of the exercise's dots."""

import ast

import pytest
from exercises import check, exercises_of
from parsed import each_notebook, text_of


@each_notebook
def test_two_to_four_exercises_each_with_a_solution(notebook):
    exercises = exercises_of(notebook)
    assert 2 <= len(exercises) <= 4
    assert text_of(notebook).count("<summary>Solution</summary>") == len(exercises)
    assert [each.place for each in exercises if each.solution is None] == []
    assert [each.place for each in exercises if each.source.count("answer = ...\n") != 1] == []


@each_notebook
def test_a_solution_ends_in_the_answer(notebook):
    for exercise in exercises_of(notebook):
        assert isinstance(ast.parse(exercise.solution).body[-1], ast.Expr), exercise.solution
        ast.parse(exercise.solved)


@pytest.mark.parametrize(
    "checked",
    [
        "check_answer(2, n, 'So it is.', {2: 'Count again.'})",
        "check_answer(..., n, 'So it is.')",
        "check_answer(3, n, 'So it is.', {3: 'Count again.'})",
        "n",
    ],
)
def test_a_wrong_solution_and_a_hint_at_a_right_one_are_seen(checked):
    check("check_answer(n, 3, 'So it is.', {2: 'Count again.'})", {"n": 3})
    with pytest.raises(AssertionError):
        check(checked, {"n": 3})
