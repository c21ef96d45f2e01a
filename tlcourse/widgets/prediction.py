"""Commit a prediction before the result is seen, and read the two side by side."""

from dataclasses import dataclass
from html import escape

import traitlets

from tlcourse import paths
from tlcourse.course.claims import CLAIMS
from tlcourse.widgets.base import Control, esm

WARM_UP = "warm-up"


class Prediction(Control):
    """A question about a claim; the student commits one of the options.

    The commitment is kept in the user's cache, so that it is there when the notebook runs again;
    a warning says where it cannot be.

    Parameters
    ----------
    claim_id : str
        A key of ``tlcourse.course.claims.CLAIMS``, or "warm-up" for a question that is no claim.
    question : str
    options : sequence of str
        At least two.

    Attributes
    ----------
    committed : str or None

    Raises
    ------
    ValueError
        If the claim is unknown or there are fewer than two different options.
    traitlets.TraitError
        If something that is not an option is committed.
    """

    _esm = esm("prediction")
    question = traitlets.Unicode().tag(sync=True)
    options = traitlets.List(traitlets.Unicode()).tag(sync=True)
    committed = traitlets.Unicode(None, allow_none=True).tag(sync=True)

    def __init__(self, claim_id, question, options):
        if claim_id not in CLAIMS and claim_id != WARM_UP:
            raise ValueError(
                f"The lecture has no claim {claim_id!r}: see tlcourse.course.claims.CLAIMS."
            )
        self._choices = list(options)
        if len(set(self._choices)) < 2 or len(set(self._choices)) < len(self._choices):
            raise ValueError("A prediction needs at least two options, all different.")
        self.claim_id = claim_id
        super().__init__(question=question, options=self._choices, committed=self._kept(question))
        self.observe(self._keep, "committed")

    @traitlets.validate("committed")
    def _one_of_the_options(self, proposal):
        value = proposal["value"]
        if value is not None and value not in self._choices:
            raise traitlets.TraitError(
                f"{value!r} is not an option: commit one of {', '.join(self._choices)}."
            )
        return value

    def compare(self, measured, option=None):
        """The prediction beside what was measured (a sentence), and the option it agrees with."""
        if option is not None and option not in self._choices:
            raise ValueError(f"{option!r} is not an option of this prediction.")
        return Comparison(self.claim_id, self.committed, measured, option)

    def _kept(self, question):
        option = (paths.read_json(self._file(), dict) or {}).get(question)
        return option if option in self._choices else None

    def _keep(self, _change):
        committed = {self.question: self.committed}
        with paths.warn_if_not_kept():
            paths.update_json(self._file(), dict, lambda kept: (kept or {}) | committed)

    def _file(self):
        return paths.cache_folder() / "predictions" / f"{self.claim_id}.json"

    def to_text(self):
        """One line for a terminal."""
        return f"Prediction({self.claim_id})"

    def to_html(self):
        """What a page without a kernel shows."""
        items = "".join(f"<li>{escape(option)}</li>" for option in self._choices)
        return f"<p><b>Predict: {escape(self.question)}</b></p><ul>{items}</ul>"


@dataclass(frozen=True)
class Comparison:
    """A prediction beside a measurement; its plain text is the same on any machine."""

    claim_id: str
    committed: str | None
    measured: str
    option: str | None = None

    @property
    def agrees(self):
        """Whether the committed option is the measured one; None where that is not known."""
        if self.committed is None or self.option is None:
            return None
        return self.committed == self.option

    def __repr__(self):
        return f"{self.claim_id}: the prediction beside the measurement"

    def _repr_html_(self):
        predicted = self.committed or "no prediction was committed (run on, or go back and commit)"
        said = {True: "✓ As you predicted.", False: "✗ Not what you predicted: why?", None: ""}
        cell = '<div style="flex:1 1 18em;padding:8px 16px;border-left:8px solid {}">{}</div>'
        boxes = (
            cell.format(colour, f"<b>{head}</b><br>{escape(words)}")
            for colour, head, words in (
                ("#E69F00", "You predicted", predicted),
                ("#0072B2", "Measured", self.measured),
            )
        )
        return (
            '<div style="display:flex;flex-wrap:wrap;gap:12px;font-size:18px;line-height:1.4">'
            f'{"".join(boxes)}</div><p style="font-size:18px"><b>{said[self.agrees]}</b></p>'
        )
