"""Check the answer to an exercise, in words.

The solution of an exercise is not a widget: it is a ``<details>`` element in the markdown cell
below the exercise, one click away in JupyterLab and in exported pages, with no kernel needed.
"""

from dataclasses import dataclass
from html import escape
from math import isclose
from numbers import Real

from tlcourse.course import exercises


@dataclass(frozen=True)
class Feedback:
    """What the check says."""

    right: bool | None
    words: str

    def __repr__(self):
        return self.words

    def _repr_html_(self):
        mark, colour = {
            True: ("✓", "#009E73"),
            False: ("✗", "#D55E00"),
            None: ("…", "#0072B2"),
        }[self.right]
        return (
            f'<div role="status" style="border-left:8px solid {colour};padding:6px 16px;'
            f'font-size:18px;line-height:1.4"><b aria-hidden="true">{mark}</b> '
            f"{escape(self.words)}</div>"
        )


def check_code(name, function):
    """What a student's function does on unseen inputs, in words; ValueError for no exercise."""
    return Feedback(*exercises.review(exercises.find(name), function))


def check_answer(answer, expected, why, hints=None, tolerance=0.0):
    """Compare an answer with the expected one; shows as a coloured sentence.

    ``...`` means not answered yet, so that "Run all" goes through. A string is compared without
    regard to case and blanks, a collection to order, numbers within ``tolerance``. ``why`` is shown
    when the answer is right; ``hints`` maps wrong answers to words, None to those for any other.
    """
    if answer is None or answer is ...:
        return Feedback(None, "Not answered yet: put your answer in place of the dots and run.")
    if not isinstance(answer, Real) and isinstance(expected, Real):
        return Feedback(False, f"The answer is a number, {answer!r} is not one.")
    if _same(answer, expected, tolerance):
        return Feedback(True, f"Right. {why}")
    matching = (text for wrong, text in (hints or {}).items() if _is_hint(answer, wrong))
    default = (hints or {}).get(None, "Look again at what was measured above.")
    return Feedback(False, f"Not yet. {next(matching, default)}")


def _same(answer, expected, tolerance=0.0):
    if isinstance(expected, Real) and isinstance(answer, Real):
        return isclose(answer, expected, rel_tol=1e-9, abs_tol=tolerance)
    if isinstance(expected, str):
        return isinstance(answer, str) and _plain(answer) == _plain(expected)
    if isinstance(answer, str) or not hasattr(answer, "__iter__"):
        return False
    answer, expected = list(answer), list(expected)
    if all(isinstance(item, Real) for item in answer + expected):
        pairs = zip(sorted(answer), sorted(expected), strict=False)
        return len(answer) == len(expected) and all(_same(*pair, tolerance) for pair in pairs)
    return sorted(map(_plain, answer)) == sorted(map(_plain, expected))


def _is_hint(answer, wrong):
    return wrong is not None and _same(answer, wrong)


def _plain(value):
    return "".join(str(value).split()).casefold()
