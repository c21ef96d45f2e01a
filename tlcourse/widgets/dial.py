"""A number on a slider.

The slider of ipywidgets lets arrow keys through to the slides: hence this one.
"""

from decimal import Decimal
from html import escape

import traitlets

from tlcourse.widgets.base import Control, esm


class Dial(Control):
    """A labelled slider; arrow keys move it and stay in it."""

    _esm = esm("dial")
    label = traitlets.Unicode().tag(sync=True)
    value = traitlets.Float().tag(sync=True)
    min = traitlets.Float().tag(sync=True)
    max = traitlets.Float().tag(sync=True)
    step = traitlets.Float().tag(sync=True)
    digits = traitlets.Int().tag(sync=True)
    ends = traitlets.List(traitlets.Unicode()).tag(sync=True)

    def __init__(self, label, value, min=0.0, max=1.0, step=0.1, ends=()):
        if not min < max or not step > 0:
            raise ValueError(f"{label}: the range {min} to {max} in steps of {step} is empty.")
        self._range = (label, min, max)
        digits = len(f"{Decimal(f'{step:g}'):f}".partition(".")[2])
        super().__init__(
            label=label, value=value, min=min, max=max, step=step, digits=digits, ends=list(ends)
        )

    @traitlets.validate("value")
    def _in_range(self, proposal):
        label, low, high = self._range
        if not low <= proposal["value"] <= high:
            raise traitlets.TraitError(
                f"{label} is {proposal['value']:g}: give a number between {low:g} and {high:g}."
            )
        return proposal["value"]

    @property
    def in_words(self):
        """Its value as the slider shows it."""
        return f"{self.value:.{self.digits}f}"

    def to_html(self):
        """What a page without a kernel shows."""
        return f"<p>{escape(self.label)}: <b>{self.in_words}</b></p>"
