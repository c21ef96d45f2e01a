"""The questions of the quizzes: what is asked, the options, and a sentence about every option.

One file a notebook, ``quizzes/NN.toml``; it is read by the kernel and never sent whole.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path

QUIZZES = Path(__file__).with_name("quizzes")


@dataclass(frozen=True)
class Answer:
    """One answer that can be given."""

    text: str
    why: str
    right: bool = False

    @property
    def reply(self):
        """What a student reads who chose it."""
        return f"{'Right.' if self.right else 'Not so.'} {self.why}"


@dataclass(frozen=True)
class Question:
    """A question with its options, exactly one of them right."""

    text: str
    options: tuple[Answer, ...]

    def __post_init__(self):
        if sum(option.right for option in self.options) != 1:
            raise ValueError(f"Of a question's options exactly one is right: {self.text}")
        if len({option.text for option in self.options}) < len(self.options):
            raise ValueError(f"Two options of a question have the same text: {self.text}")


def read_questions(notebook):
    """The Questions about a notebook, by its number ("06" or 6); ValueError where it has none."""
    number = str(notebook).zfill(2)
    files = {file.stem: file for file in sorted(QUIZZES.glob("[0-9][0-9].toml"))}
    if number not in files:
        raise ValueError(f"There is no quiz {notebook!r}: there are {', '.join(files)}.")
    read = tomllib.loads(files[number].read_text(encoding="utf-8"))
    return tuple(
        Question(asked["text"], tuple(Answer(**option) for option in asked["option"]))
        for asked in read["question"]
    )
