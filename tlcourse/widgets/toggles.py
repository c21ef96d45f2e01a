"""Choose one or more of a few options."""

from html import escape

import traitlets

from tlcourse.widgets.base import Control, esm


class Toggles(Control):
    """A group of check boxes in a row; at least one stays chosen."""

    _esm = esm("toggles")
    label = traitlets.Unicode().tag(sync=True)
    options = traitlets.List(traitlets.Unicode()).tag(sync=True)
    value = traitlets.List(traitlets.Unicode()).tag(sync=True)
    _reasons = traitlets.Dict().tag(sync=True)

    def __init__(self, label, options, value=None, reasons=None):
        options, reasons = list(options), dict(reasons or {})
        free = [option for option in options if option not in reasons]
        if not free:
            raise ValueError(f"{label}: there is no option to choose.")
        self._checked = (label, options, reasons)
        value = [name for name in value or () if name in free] or free[:1]
        super().__init__(label=label, options=options, _reasons=reasons, value=value)

    @traitlets.validate("value")
    def _in_order(self, proposal):
        label, options, reasons = self._checked
        wanted = list(proposal["value"])
        missing = next((name for name in wanted if name in reasons), None)
        if missing is not None:
            raise traitlets.TraitError(f"{label}: {missing} cannot be chosen. {reasons[missing]}")
        unknown = next((name for name in wanted if name not in options), None)
        if unknown is not None:
            raise traitlets.TraitError(f"{label}: {unknown!r} is not one of {', '.join(options)}.")
        if not wanted:
            raise traitlets.TraitError(f"{label}: none is chosen. Choose at least one.")
        return [name for name in options if name in wanted]

    def to_html(self):
        """What a page without a kernel shows."""
        names = (f"<b>{escape(o)}</b>" if o in self.value else escape(o) for o in self.options)
        return f"<p>{escape(self.label)}: {', '.join(names)}</p>"
