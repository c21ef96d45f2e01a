"""A quiz at the end of a notebook: every answer is answered in words.

The page has the questions and the options. Which is right, and why, stays in the kernel; the words
about an option come when that option is checked.
"""

from html import escape

import traitlets

from tlcourse.course.quiz import read_questions
from tlcourse.widgets.base import Control, esm


class Quiz(Control):
    """Questions one at a time; the student chooses, checks, and reads why. Nothing is kept."""

    _esm = esm("quiz")
    asked = traitlets.List(traitlets.Dict()).tag(sync=True)
    chosen = traitlets.List(traitlets.Int(allow_none=True)).tag(sync=True)
    replies = traitlets.List(traitlets.Unicode()).tag(sync=True)

    def __init__(self, questions):
        self._questions = tuple(questions)
        super().__init__(
            asked=[{"text": q.text, "options": _texts(q)} for q in self._questions],
            chosen=[None] * len(self._questions),
            replies=[""] * len(self._questions),
        )
        self.observe(self._reply, "chosen")

    @traitlets.validate("chosen")
    def _can_be_chosen(self, proposal):
        places = proposal["value"]
        if len(places) != len(self._questions):
            raise traitlets.TraitError(f"The quiz has {len(self._questions)} questions.")
        for number, (place, question) in enumerate(zip(places, self._questions, strict=True), 1):
            if place is not None and not 0 <= place < len(question.options):
                raise traitlets.TraitError(
                    f"Question {number} has options 0 to {len(question.options) - 1}, not {place}."
                )
        return places

    def _reply(self, _change):
        self.replies = [
            "" if place is None else question.options[place].reply
            for place, question in zip(self.chosen, self._questions, strict=True)
        ]

    def to_html(self):
        """What a page without a kernel shows."""
        return "".join(map(_static, range(1, len(self._questions) + 1), self._questions))


def quiz(notebook):
    """The quiz of a notebook."""
    return Quiz(read_questions(notebook))


def _texts(question):
    return [option.text for option in question.options]


def _static(number, question):
    items = "".join(f"<li>{escape(text)}</li>" for text in _texts(question))
    return f"<p><b>Question {number}. {escape(question.text)}</b></p><ul>{items}</ul>"
