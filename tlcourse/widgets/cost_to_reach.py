"""An accuracy on a slider, and what each start spends until it is reached."""

from html import escape

from tlcourse.plots.style import as_duration
from tlcourse.tables.savings import cost_to_reach
from tlcourse.widgets.base import Explorer
from tlcourse.widgets.choice import Choice
from tlcourse.widgets.dial import Dial

SPENT = {
    "images seen": ("images", lambda value: f"{value:,.0f} images"),
    "CPU time": ("cpu_seconds", as_duration),
    "operations": ("flops", lambda value: f"{value / 1e9:,.0f} GFLOP"),
}
CELL = 'style="text-align:left;padding:4px 12px 4px 0;white-space:nowrap"'


class CostToReach(Explorer):
    """An accuracy and what is spent; below, what every start spends until it is reached.

    ``runs`` maps a start to its runs, one a seed, as of ``tlcourse.tables.measured.of_start``;
    ``accuracy`` (0 to 1) is shown at first.
    """

    def __init__(self, runs, accuracy=0.4):
        self._runs = {start: list(seeds) for start, seeds in runs.items()}
        if not self._runs or not all(self._runs.values()):
            raise ValueError("There is no run to read a cost from: give a run or more a start.")
        self.accuracy = Dial("accuracy to be reached (%)", 100 * accuracy, 20.0, 80.0, 1.0)
        self.spent = Choice("What is spent", SPENT)
        super().__init__(self.accuracy, self.spent)

    def _answer(self):
        column, written = SPENT[self.spent.value]
        return costs_html(self._runs, self.accuracy.value / 100, column, written)

    def to_html(self):
        """What a page without a kernel shows."""
        words = f"accuracy: {self.accuracy.value:.0f}%; spent: {self.spent.value}"
        return f"<p>{escape(words)}</p>{self._readout.value}"


def costs_html(runs, accuracy, column, written):
    """A table."""
    rows = []
    for start, seeds in runs.items():
        costs = [cost_to_reach(run.curve_over(column), accuracy) for run in seeds]
        there = [cost for cost in costs if cost < float("inf")]
        mean = written(sum(there) / len(there)) if there else "never"
        ends = f"{written(min(there))} to {written(max(there))}" if there else ""
        cells = (f"<b>{mean}</b>", ends, f"{len(there)} of {len(costs)} seeds")
        cells = "".join(f"<td {CELL}>{cell}</td>" for cell in cells)
        rows.append(f'<tr><th scope="row" {CELL}>{escape(start)}</th>{cells}</tr>')
    return (
        f'<table style="font-size:16px"><caption style="text-align:left">To reach '
        f"{100 * accuracy:.0f}%: mean, lowest to highest, and how many seeds got there</caption>"
        f"<tbody>{''.join(rows)}</tbody></table>"
    )
