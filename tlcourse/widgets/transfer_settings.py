"""The four-way table of same and different domains and tasks, each cell with its pictures."""

from functools import lru_cache
from html import escape

import traitlets

from tlcourse.domains.settings import SETTINGS
from tlcourse.plots.pictures import picture_html
from tlcourse.widgets.base import Control, css, esm

LABEL = "Are the domains the same? Are the tasks the same?"
PICTURE = "width:100%;display:block;border-radius:6px"
ROW = "display:grid;grid-template-columns:repeat(6,minmax(0,96px));gap:8px"
GRID = "display:grid;grid-template-columns:repeat(auto-fit,minmax(21em,1fr));gap:4px 36px"


class TransferSettings(Control):
    """Four cells to choose from; below them source and target in pictures, and the name.

    Parameters
    ----------
    value : str
        Chosen at first: a key of ``tlcourse.domains.settings.SETTINGS``, such as
        ``"same domain, different task"``.

    Attributes
    ----------
    value : str

    Raises
    ------
    traitlets.TraitError
        If there is no such cell.
    """

    _esm = esm("transfer_settings")
    _css = css("transfer_settings")
    label = traitlets.Unicode(LABEL).tag(sync=True)
    value = traitlets.Unicode().tag(sync=True)
    _cells = traitlets.List().tag(sync=True)
    _details = traitlets.Unicode().tag(sync=True)

    def __init__(self, value="same domain, same task"):
        super().__init__(value=value, _cells=[_cell(one) for one in SETTINGS.values()])
        self._details = setting_html(self.value)
        self.observe(self._show, "value")

    @traitlets.validate("value")
    def _is_a_cell(self, proposal):
        if proposal["value"] not in SETTINGS:
            known = "; ".join(SETTINGS)
            raise traitlets.TraitError(f"{proposal['value']!r} is no cell: choose from {known}.")
        return proposal["value"]

    def _show(self, change):
        self._details = setting_html(change.new)

    def to_text(self):
        """One line for a terminal."""
        return f"TransferSettings({self.value})"

    def to_html(self):
        """What a page without a kernel shows."""
        return "".join(
            f'<h4 style="margin:14px 0 2px">{escape(place.capitalize())}</h4>{setting_html(place)}'
            for place in SETTINGS
        )


@lru_cache
def setting_html(place):
    """One cell of the table as HTML: its name, source and target in pictures, what it needs."""
    setting = SETTINGS[place]
    lines = (("Labels", setting.needs), ("In this course", setting.course))
    notes = "".join(f"<div><b>{head}.</b> {escape(words)}</div>" for head, words in lines)
    sides = _side("Source", setting.source) + _side("Target", setting.target)
    return (
        '<div style="font-size:18px;line-height:1.4;color:var(--jp-content-font-color1,#111)">'
        f'<div style="font-size:24px;font-weight:700;margin-top:6px">{escape(setting.name)}</div>'
        f'<div>{escape(setting.meaning)}</div><div style="{GRID}">{sides}</div>{notes}</div>'
    )


def _side(head, side):
    figures = "".join(_figure(picture, label) for picture, label in side.examples())
    return (
        f'<div><div style="margin:8px 0 4px"><b>{head}: {escape(side.what)}.</b> '
        f"{escape(side.task.capitalize())} Y = {escape(side.label_space)}</div>"
        f'<div style="{ROW}">{figures}</div></div>'
    )


def _figure(picture, label):
    image = picture_html(picture, f"A picture labelled {label}", PICTURE)
    caption = "font-size:15px;line-height:1.2;text-align:center"
    return (
        f'<figure style="margin:0">{image}<figcaption style="{caption}">'
        f"{escape(label)}</figcaption></figure>"
    )


def _cell(setting):
    words = {True: "same", False: "different"}
    return {
        "row": f"{words[setting.same_domain]} domain",
        "column": f"{words[setting.same_task]} task",
        "place": setting.place,
        "name": setting.name,
    }
