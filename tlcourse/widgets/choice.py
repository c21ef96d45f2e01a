"""Choose one of a few options.

The toggle buttons of ipywidgets do not tell a screen reader which one is chosen, have no way to
say why an option is missing, and let arrow keys through to the slides: hence this one.
"""

from html import escape

import traitlets

from tlcourse.widgets.base import Control, esm


class Choice(Control):
    """A group of radio buttons in a row; arrow keys move the choice and stay in the group.

    ``reasons`` say why an option cannot be chosen; with all of them there, the value is "".
    ``pull_down`` makes a list that opens: for many options, where a slide has little room.
    """

    _esm = esm("choice")
    label = traitlets.Unicode().tag(sync=True)
    options = traitlets.List(traitlets.Unicode()).tag(sync=True)
    value = traitlets.Unicode().tag(sync=True)
    _reasons = traitlets.Dict().tag(sync=True)
    _pull_down = traitlets.Bool().tag(sync=True)

    def __init__(self, label, options, value=None, reasons=None, pull_down=False):
        options, reasons = list(options), dict(reasons or {})
        free = [option for option in options if option not in reasons]
        if not options:
            raise ValueError(f"{label}: there is no option to choose.")
        self._checked = (label, options, reasons)
        value = value or next(iter(free), "")
        shown = {"label": label, "options": options, "_reasons": reasons, "_pull_down": pull_down}
        super().__init__(**shown, value=value)

    @traitlets.validate("value")
    def _can_be_chosen(self, proposal):
        label, options, reasons = self._checked
        value = proposal["value"]
        if not value and len(reasons) == len(options):
            return value
        if value not in options:
            raise traitlets.TraitError(f"{label}: {value!r} is not one of {', '.join(options)}.")
        if value in reasons:
            raise traitlets.TraitError(f"{label}: {value} cannot be chosen. {reasons[value]}")
        return value

    def to_html(self):
        """What a page without a kernel shows."""
        names = (f"<b>{escape(o)}</b>" if o == self.value else escape(o) for o in self.options)
        return f"<p>{escape(self.label)}: {', '.join(names)}</p>"


def offered_choice(label, offered):
    """A choice of what is offered: {name: what brings it, where it is not on this machine}."""
    reasons = {name: how for name, how in offered.items() if how}
    return Choice(label, offered, reasons=reasons, pull_down=True)
