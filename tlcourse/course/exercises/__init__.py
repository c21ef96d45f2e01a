"""Exercises: what a function that a student wrote gives, on inputs that the notebook does not show.

The exercises of notebook NN are in the module with that number in its name, as ``EXERCISES``: a
dict of name to ``Exercise``. The name begins with the number: "06: pooled".
"""

import ctypes
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from numbers import Real
from pathlib import Path

import numpy as np

SECONDS = 10
DOTS = "Nothing comes back yet: write the function in place of the dots, and return its answer."


@dataclass(frozen=True)
class Exercise:
    """A function to write.

    ``solution`` is the function; ``inputs()`` makes tuples of arguments anew; ``wrong`` are
    functions that students write, each with words for it; ``right`` says why it matters.
    ``read(result, *arguments)`` gives what is compared, for functions that change what they get.
    """

    solution: Callable
    inputs: Callable[[], Sequence[tuple]]
    wrong: Sequence[tuple[Callable, str]]
    right: str
    read: Callable = lambda result, *arguments: result


def find(name):
    """The Exercise of this name; ValueError without one."""
    number = name.partition(":")[0]
    stems = (file.stem for file in Path(__file__).parent.glob("[0-9]*.py"))
    module = next((stem for stem in stems if number in stem.split("_")), number)
    try:
        return import_module(f"tlcourse.course.exercises.{module}").EXERCISES[name]
    except (ImportError, KeyError):
        raise ValueError(f"There is no exercise {name!r}: its name was changed.") from None


def review(exercise, function, seconds=SECONDS):
    """Whether a function does what is asked, and words: (True, False or None if empty, str)."""
    given, problem = _within(seconds, _answers, exercise, function)
    if problem:
        return False, problem
    if all(answer is None for answer in given):
        return None, DOTS
    wanted = _answers(exercise, exercise.solution)
    if all(map(same, given, wanted)):
        return True, exercise.right
    for wrong, words in exercise.wrong:
        if all(map(same, given, _answers(exercise, wrong))):
            return False, words
    place = next(i for i, pair in enumerate(zip(given, wanted, strict=True)) if not same(*pair))
    return False, _difference(given[place], wanted[place])


def _answers(exercise, function):
    """What a function gives on each of the inputs, as far as it is compared."""
    return [
        None if (result := function(*arguments)) is ... else exercise.read(result, *arguments)
        for arguments in exercise.inputs()
    ]


def _within(seconds, work, *arguments):
    """(what the work gives, None) or (None, words) where it fails or does not end.

    The seconds are the processor's, so that a busy server stops nobody's right answer.
    """
    found = [None, f"Your function was stopped after {seconds} seconds: does a loop in it end?"]

    def run():
        try:
            found[:] = work(*arguments), None
        except SystemExit:  # it was stopped
            return
        except Exception as problem:
            found[:] = None, f"Your function stops with {type(problem).__name__}: {problem}."

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    latest, used = time.monotonic() + 6 * seconds, time.process_time() + seconds
    while thread.is_alive() and time.monotonic() < latest and time.process_time() < used:
        thread.join(0.02)
    if thread.is_alive():
        at, stop = ctypes.c_ulong(thread.ident), ctypes.py_object(SystemExit)
        ctypes.pythonapi.PyThreadState_SetAsyncExc(at, stop)
    return tuple(found)


def same(given, wanted):
    """Whether two answers are the same: numbers and arrays within a thousandth."""
    if isinstance(wanted, dict):
        keys = isinstance(given, dict) and list(given) == list(wanted)
        return keys and all(same(given[key], wanted[key]) for key in wanted)
    if isinstance(wanted, list | tuple):
        long = isinstance(given, list | tuple) and len(given) == len(wanted)
        return long and all(map(same, given, wanted))
    if isinstance(wanted, bool | str) or wanted is None:
        return type(given) is type(wanted) and given == wanted
    given, wanted = _as_array(given), _as_array(wanted)
    if given is None or given.shape != wanted.shape:
        return False
    return np.allclose(given, wanted, rtol=1e-3, atol=1e-4, equal_nan=True)


def _as_array(value):
    """Numbers as an array; None for anything else."""
    if hasattr(value, "detach"):
        value = value.detach().cpu().float()
    if not isinstance(value, Real) and not hasattr(value, "__array__"):
        return None
    array = np.asarray(value)
    return array if array.dtype.kind in "fiub" else None


def _difference(given, wanted):
    """In words, how an answer differs from the one that is wanted, which is not told."""
    arrays = _as_array(given), _as_array(wanted)
    is_array = [each is not None for each in arrays]
    if is_array == [False, True] or (type(given) is not type(wanted) and not all(is_array)):
        return f"It gives {_kind(given)}; {_kind(wanted)} is wanted."
    if arrays[1] is not None and arrays[0].shape != arrays[1].shape:
        return f"It gives the shape {arrays[0].shape}; {arrays[1].shape} is wanted."
    return "It has the right form and the wrong values: try it on an input worked out by hand."


def _kind(value):
    of = f" of {value.dtype}" if hasattr(value, "dtype") else ""
    return "nothing" if value is None else f"a value of type {type(value).__name__}{of}"
