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

    ``table`` is a Choice; ``sort_by`` are Choices by table, "high" or "low", of the row that its
    data sets are sorted by.
    """

    def __init__(self):
        self.table = Choice("Table", TABLES)
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
        html = show_published(which, None if row == AS_PUBLISHED else row)._repr_html_()
        # Tables in a widget lack a notebook's style: heads over their columns, spreads unbroken.
        html = html.replace("<th>", '<th style="text-align:left">').replace(" ± ", "&nbsp;±&nbsp;")
        return html.replace("<table", '<table cellpadding="3"')

    def to_html(self):
        """What a page without a kernel shows."""
        return self._readout.value
