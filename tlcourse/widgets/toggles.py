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

    def __init__(self, label, options, value=None):
        options = list(options)
        if not options:
            raise ValueError(f"{label}: there is no option to choose.")
        self._checked = (label, options)
        super().__init__(label=label, options=options, value=list(value or options[:1]))

    @traitlets.validate("value")
    def _in_order(self, proposal):
        label, options = self._checked
        wanted = list(proposal["value"])
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
