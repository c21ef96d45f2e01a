"""What all widgets have in common: their look, their controls and readout, their stored picture.

The JavaScript and CSS are read from ``static/``; nothing comes from the network.
"""

from html import escape
from pathlib import Path

import anywidget
import ipywidgets

STATIC = Path(__file__).with_name("static")
TO_WAKE = (
    '<p style="font-size:18px"><em>This is a stored picture. Run this cell, after those above it, '
    "to use the widget.</em></p>"
)


def esm(name):
    """The ES module of a widget, with the helpers that all of them share."""
    return "".join((STATIC / f"{each}.js").read_text(encoding="utf-8") for each in ("common", name))


def css(*names):
    """The style sheet of all widgets, which follows JupyterLab's themes, and those of some."""
    common = (STATIC / "common.css").read_text(encoding="utf-8")
    return common + "".join(map(sheet, names))


def sheet(name):
    """The style sheet of some widgets alone."""
    return "\n" + (STATIC / f"{name}.css").read_text(encoding="utf-8")


class Widget:
    """A widget that a page without a kernel shows as a picture, by ``to_html``."""

    def to_text(self):
        """One line for a terminal."""
        return f"{type(self).__name__}({getattr(self, 'label', '')})"

    def to_html(self):
        """What a page without a kernel shows."""
        return f"<p>{escape(self.to_text())}</p>"

    def _repr_mimebundle_(self, **options):
        bundle = super()._repr_mimebundle_(**options)
        data, *metadata = bundle if isinstance(bundle, tuple) else (bundle,)
        data = {**data, "text/plain": self.to_text(), "text/html": TO_WAKE + self.to_html()}
        return (data, *metadata) if metadata else data


class Control(Widget, anywidget.AnyWidget):
    """One control, drawn in the browser by a module of ``static/``."""

    _css = css()


class Explorer(Widget, ipywidgets.VBox):
    """Controls, and below them a readout that follows them.

    A subclass gives ``_answer()``, the readout as HTML; where that fails, the sentence is shown and
    ``_failed()`` is called.
    """

    def __init__(self, *rows):
        """Rows of controls: one control each, or a list of controls beside each other."""
        self._readout = ipywidgets.HTML()
        self._controls = sum((row if isinstance(row, list) else [row] for row in rows), [])
        for control in self._controls:
            control.observe(self._update, "value")
        placed = [control_row(row) if isinstance(row, list) else row for row in rows]
        super().__init__([*placed, self._readout])
        self._update()

    def _update(self, _change=None):
        try:
            self._readout.value = self._answer()
        except Exception as problem:  # an exception in an observer is shown nowhere
            self._failed()
            self._readout.value = readout_html(f"This could not be shown. {problem}")

    def _failed(self):
        """Forget what was shown before."""

    def to_html(self):
        """What a page without a kernel shows."""
        return chosen_html(self._controls) + self._readout.value


def control_row(controls):
    """Controls in a row, which breaks where the page is narrow."""
    box = ipywidgets.Box(list(controls))
    box.layout.flex_flow, box.layout.grid_gap = "row wrap", "0 40px"
    return box


def chosen_html(controls):
    """What controls stand at, in a line."""
    words = (f"{each.label}: {getattr(each, 'in_words', each.value)}" for each in controls)
    return f"<p>{escape('; '.join(words))}</p>"


def readout_html(sentence, head="", body=""):
    """A sentence in the frame of the readout, below a head and above a body."""
    return framed(f'{head}<div style="margin:4px 0 8px">{escape(sentence)}</div>{body}')


def framed(html):
    """The frame of the readout: spoken by screen readers when it changes."""
    return (
        '<div role="status" aria-live="polite" style="font-size:18px;line-height:1.4;'
        f'color:var(--jp-content-font-color1,#111);padding:4px 12px 4px 4px">{html}</div>'
    )


def large(number, words):
    """The head of a readout: one number in large type, and what it is."""
    return (
        f'<div style="font-size:30px;font-weight:700">{number} '
        f'<span style="font-size:18px;font-weight:400">{words}</span></div>'
    )
