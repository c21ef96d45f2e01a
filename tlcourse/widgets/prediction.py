"""Commit a prediction before the result is seen, and read the two side by side."""

from html import escape

import traitlets

from tlcourse import paths
from tlcourse.course.claims import find, predictions_folder
from tlcourse.widgets.base import Control, esm


class Prediction(Control):
    """A question about a claim; the student commits one of the options.

    The commitment is kept in the user's cache, so that it is there when the notebook runs again;
    a warning says where it cannot be.

    Parameters
    ----------
    claim_id : str
        A claim of the register, or "warm-up" for a question that is no claim.
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
        find(claim_id)
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

    def _kept(self, question):
        option = (paths.read_json(self._file(), dict) or {}).get(question)
        return option if option in self._choices else None

    def _keep(self, _change):
        committed = {self.question: self.committed}
        with paths.warn_if_not_kept():
            paths.update_json(self._file(), dict, lambda kept: (kept or {}) | committed)

    def _file(self):
        return predictions_folder() / f"{self.claim_id}.json"

    def to_text(self):
        """One line for a terminal."""
        return f"Prediction({self.claim_id})"

    def to_html(self):
        """What a page without a kernel shows."""
        items = "".join(f"<li>{escape(option)}</li>" for option in self._choices)
        return f"<p><b>Predict: {escape(self.question)}</b></p><ul>{items}</ul>"
