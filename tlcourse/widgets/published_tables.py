"""The two published tables: which one, and sorted by which row."""

from tlcourse.tables.published import show_published
from tlcourse.widgets.base import Explorer
from tlcourse.widgets.choice import Choice

AS_PUBLISHED = "as published"
TABLES = {"high similarity": "high", "low similarity": "low"}
ROWS = {
    "high": ("fc6", "fc7", "full-network", "state of the art"),
    "low": ("fc7", "full-network", "difference"),
}


class PublishedTables(Explorer):
    """A published table with the provenance of each number and its corrections, sorted at will.

    Parameters
    ----------
    table : str
        A key of ``TABLES``.
    show : callable, optional
        ``(which, sort_by) -> object`` that shows as HTML; by default
        ``tlcourse.tables.published.show_published``.

    Attributes
    ----------
    table : Choice
    sort_by : dict of Choice
        By table, "high" or "low": the row that its data sets are sorted by.
    """

    def __init__(self, table="high similarity", show=None):
        self._show = show or show_published
        self.table = Choice("Table", TABLES, table)
        self.sort_by = {
            which: Choice("Data sets in the order of", (AS_PUBLISHED, *rows))
            for which, rows in ROWS.items()
        }
        super().__init__([self.table, *self.sort_by.values()])

    def _answer(self):
        which = TABLES[self.table.value]
        for name, control in self.sort_by.items():
            control.layout.display = None if name == which else "none"
        row = self.sort_by[which].value
        return _roomy(self._show(which, None if row == AS_PUBLISHED else row)._repr_html_())

    def to_html(self):
        """What a page without a kernel shows."""
        return self._readout.value


def _roomy(html):
    """Tables in a widget lack a notebook's style: heads over their columns, spreads unbroken."""
    html = html.replace("<th>", '<th style="text-align:left">').replace(" ± ", "&nbsp;±&nbsp;")
    return html.replace("<table", '<table cellpadding="3"')
