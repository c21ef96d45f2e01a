"""Every exercise has a solution; ``solutions`` has nbval run it in place of the exercise's dots."""

import ast
import re
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
import torch
from exercises import exercises_of
from parsed import NOTEBOOKS, each_notebook, text_of

from tlcourse.course import exercises

ALL = {
    name: exercise
    for file in sorted(Path(exercises.__file__).parent.glob("[0-9]*.py"))
    for name, exercise in import_module(f"tlcourse.course.exercises.{file.stem}").EXERCISES.items()
}


@each_notebook
def test_two_to_four_exercises_each_with_a_solution_that_ends_in_the_function(notebook):
    found = exercises_of(notebook)
    assert 2 <= len(found) <= 4
    assert text_of(notebook).count("<summary>Solution</summary>") == len(found)
    for each in found:
        assert each.source.count("...") == 1
        assert isinstance(ast.parse(each.solution).body[-1], ast.FunctionDef)


@pytest.mark.parametrize("name", ALL)
def test_three_wrong_answers_or_more_are_answered_in_words(name):
    exercise = ALL[name]
    assert exercises.review(exercise, exercise.solution) == (True, exercise.right)
    said = [exercises.review(exercise, wrong) for wrong, _ in exercise.wrong]
    assert said == [(False, words) for _, words in exercise.wrong]
    assert len({words for _, words in exercise.wrong}) == len(said) >= 3


def test_exercises_are_those_of_the_notebooks():
    sources = (each.source for notebook in NOTEBOOKS for each in exercises_of(notebook))
    asked = [re.search(r'check_code\(\s*"(.+?)"', source)[1] for source in sources]
    assert sorted(asked) == sorted(ALL)
    with pytest.raises(ValueError, match="no exercise '99: nothing'"):
        exercises.find("99: nothing")


MEAN = exercises.Exercise(
    solution=lambda x: x.mean(axis=0),
    inputs=lambda: [(np.arange(6.0).reshape(2, 3),), (np.ones((4, 2)),)],
    wrong=[(lambda x: x.mean(axis=1), "That is the mean of each row.")],
    right="Right.",
)


def endless(x):
    while True:
        pass


def changes_its_input(x):
    x *= 0
    return x.mean(axis=0)


@pytest.mark.parametrize(
    "function, right, words",
    [
        (lambda x: torch.tensor(x).mean(dim=0), True, "Right."),
        (lambda x: x.mean(axis=1), False, "That is the mean of each row."),
        (lambda x: ..., None, exercises.DOTS),
        (lambda x: "mean", False, "a value of type str"),
        (lambda x: np.array(["a", "b", "c"]), False, "a value of type ndarray of <U1"),
        (lambda x: x.mean(), False, "It gives the shape (); (3,) is wanted."),
        (changes_its_input, False, "the right form and the wrong values"),
        (lambda x: x.average(), False, "stops with AttributeError"),
        (endless, False, "stopped after 0.3 seconds: does a loop in it end?"),
    ],
)
def test_what_a_function_does_is_told_in_words(function, right, words):
    said = exercises.review(MEAN, function, seconds=0.3)
    assert said[0] is right and words in said[1]


def test_the_same_answer():
    same = [([1, 2.0], (1, 2)), ({"a": 1}, {"a": 1.00001}), (True, 1), (np.nan, np.nan)]
    others = [
        (np.ones((2, 1)), np.ones((1, 2))),
        ({"b": 1}, {"a": 1}),
        (1, True),
        ([np.ones(2)], np.ones((1, 2))),
        ("fc6", "fc7"),
    ]
    assert [pair for pair in same if not exercises.same(*pair)] == []
    assert [pair for pair in others if exercises.same(*pair)] == []
