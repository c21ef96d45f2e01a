"""A claim as a notebook meets it: opened, predicted, measured."""

from tlcourse.course import claims
from tlcourse.course.claims import Effect as Effect
from tlcourse.widgets.prediction import Prediction


class OpenClaim:
    """One claim of the lecture in a notebook: its Claim, and the Prediction once it was asked."""

    def __init__(self, claim):
        self.claim, self.prediction = claim, None

    def predict(self, question, options):
        """Ask for a prediction: a widget. ValueError unless there are two different options."""
        self.prediction = Prediction(self.claim.id, question, options)
        return self.prediction

    def measured(self, effect, on, limits="", option=None, beside=None):
        """The card: prediction, effect with interval and unit, verdict by the rule.

        As ``tlcourse.course.claims.measure``; ValueError if ``option`` is none that was predicted.
        """
        asked = self.prediction
        if option is not None and asked and option not in asked.options:
            raise ValueError(f"{option!r} is not an option of the prediction.")
        predicted = asked.committed if asked else None
        return claims.measure(self.claim, effect, on, limits, beside, predicted, option)


def open(claim_id):
    """The claim of this id, to be predicted and measured; ValueError without one."""
    return OpenClaim(claims.find(claim_id))
