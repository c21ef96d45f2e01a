"""The whole lecture as a table of claims, filtered by verdict."""

from html import escape

import ipywidgets

from tlcourse.course.claims import COLOURS, ILLUSTRATION, MARKS, VERDICTS, as_number, in_words
from tlcourse.course.register import register
from tlcourse.widgets.base import Explorer
from tlcourse.widgets.choice import Choice

ALL, NOT_HERE = "all", "not measured here"
DIFFERS, CORRECTED = "other than the maintainers'", "slide corrected"
KINDS = (*VERDICTS, ILLUSTRATION)
FILTERS = {
    ALL: lambda entry: True,
    **{name: lambda entry, name=name: verdict_of(entry) == name for name in KINDS},
    NOT_HERE: lambda entry: entry.here is None,
    DIFFERS: lambda entry: bool(entry.differs),
    CORRECTED: lambda entry: bool(entry.corrections),
}
_CELL = "text-align:left;vertical-align:top;padding:8px 12px;white-space:normal"
_HEADS = ("Claim", "Notebook", "This machine", "The maintainers' run", "The slide, corrected")


class ClaimsTable(Explorer):
    """Claims of the lecture with their verdicts; a choice of which to show.

    Parameters
    ----------
    entries : sequence of tlcourse.course.register.Entry, optional
        By default the register as it is now.

    Attributes
    ----------
    filter : Choice
    """

    def __init__(self, entries=None):
        self._entries = register() if entries is None else list(entries)
        self.filter = Choice("Show", FILTERS)
        super().__init__(self.filter)
        self.children = ipywidgets.HTML(overview_html(self._entries)), *self.children

    def _answer(self):
        chosen = list(filter(FILTERS[self.filter.value], self._entries))
        return table_html(chosen, len(self._entries))

    def to_html(self):
        """What a page without a kernel shows."""
        return self.children[0].value + self._readout.value


def verdict_of(entry):
    """The verdict of this machine, or, where there is none, the maintainers'; "" without either."""
    known = entry.here or entry.stored
    return known.verdict if known else ""


def overview_html(entries):
    """How many claims have which verdict, and the verdict of each as a mark beside its name."""
    verdicts = [verdict_of(entry) for entry in entries]
    counts = "; ".join(f"{_marked(name)} {name}: {verdicts.count(name)}" for name in KINDS)
    names = "".join(
        f"<li>{_marked(verdict)} {escape(entry.claim.id)}</li>"
        for entry, verdict in zip(entries, verdicts, strict=True)
    )
    return (
        f'<div style="font-size:18px;line-height:1.4"><p style="margin:0 0 8px">{counts}</p>'
        '<ul style="display:block;columns:15em;list-style:none;margin:0 0 8px;padding:0">'
        f"{names}</ul></div>"
    )


def _marked(verdict):
    mark, colour = MARKS.get(verdict, "–"), COLOURS.get(verdict, "#555")
    label = escape(verdict or "no verdict")
    return f'<b role="img" aria-label="{label}" style="color:{colour}">{mark}</b>'


def table_html(entries, of):
    """Claims as one HTML table, each a row."""
    if not entries:
        return f'<p style="font-size:18px">None of the {of} claims is like that.</p>'
    head = "".join(f'<th scope="col" style="{_CELL}">{escape(name)}</th>' for name in _HEADS)
    return (
        '<div style="overflow-x:auto"><table style="font-size:16px;line-height:1.4;'
        'border-collapse:collapse;width:100%"><caption style="text-align:left;font-weight:700;'
        f'font-size:18px;padding:6px 12px">{len(entries)} of {of} claims</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(map(_row, entries))}</tbody></table></div>"
    )


def _row(entry):
    claim = entry.claim
    said = (
        f"<b>{escape(claim.id)}</b><br>{escape(claim.sentence)}"
        f"<br><small>slide: {escape(claim.slide)}</small>"
    )
    link = f'<a href="{escape(claim.notebook)}.ipynb">{escape(claim.notebook[:2])}</a>'
    wrong = "".join(map(_correction, entry.corrections)) or "&ndash;"
    cells = (link, _verdict(entry.here, "not measured yet"), _verdict(entry.stored, "none"), wrong)
    others = "".join(f'<td style="{_CELL}">{cell}</td>' for cell in cells)
    first = f'<th scope="row" style="{_CELL};font-weight:400;max-width:24em">{said}</th>'
    return f'<tr style="border-top:1px solid #999">{first}{others}</tr>'


def _verdict(verdict, nothing):
    if verdict is None:
        return f"<i>{nothing}</i>"
    effects = {name: in_words(each, verdict.claim) for name, each in verdict.effects.items()}
    numbers = effects | {name: as_number(value) for name, value in verdict.beside.items()}
    figures = "".join(
        f"<li>{escape(f'{name}: ' if name else '')}{escape(value)}</li>"
        for name, value in numbers.items()
    )
    return (
        f'<span style="border-left:8px solid {COLOURS[verdict.verdict]};padding-left:8px">'
        f"<b>{MARKS[verdict.verdict]} {escape(verdict.verdict)}</b></span>"
        f"<details><summary>evidence</summary>{escape(verdict.on)} {escape(verdict.limits)}"
        f'<ul style="margin:4px 0;padding-left:1.2em">{figures}</ul></details>'
    )


def _correction(correction):
    return (
        f"<details><summary>{escape(correction.what_is_right)}</summary>The slide: "
        f"{escape(correction.slide_says)}.<br>Evidence: {escape(correction.evidence)}.</details>"
    )
