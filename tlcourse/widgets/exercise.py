"""Check the function that an exercise asks for, in words.

The solution of an exercise is not a widget: it is a ``<details>`` element in the markdown cell
below the exercise, one click away in JupyterLab and in exported pages, with no kernel needed.
"""

from dataclasses import dataclass
from html import escape

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
