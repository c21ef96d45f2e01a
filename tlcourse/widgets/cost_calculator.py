"""What a trained network costs, every factor on a slider with its source."""

from html import escape
from math import ceil, floor, log10

import traitlets

from tlcourse.course.price import ASSUMPTIONS, GROUPS, SCENARIOS, as_text, training_price
from tlcourse.widgets.base import Control, css, esm

OWN = "your own numbers"
WHOLE = ("classes", "images_per_class", "answers_per_image", "transfers", "processors", "runs")
STEPS = (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8)
HOURS_A_WORKING_YEAR = 1800


def stops(name):
    """The values that the slider of an assumption stops at, from its lowest to its highest."""
    a = ASSUMPTIONS[name]
    least = a.low or a.high / 200
    decades = range(floor(log10(least)), ceil(log10(a.high)) + 1)
    grid = {float(f"{step * 10.0**decade:.3g}") for decade in decades for step in STEPS}
    if name in WHOLE:
        grid = {value for value in grid if value == int(value)}
    named = {a.low, a.high, a.default} | {s[name] for s in SCENARIOS.values() if name in s}
    return sorted({value for value in grid if least < value < a.high} | set(map(float, named)))


class CostCalculator(Control):
    """A slider for each assumption of ``training_price``, and the bill.

    Parameters
    ----------
    scenario : str
        Where the sliders stand at first: a key of ``tlcourse.course.price.SCENARIOS``.

    Attributes
    ----------
    scenario : str
        ``"your own numbers"`` once a slider was moved. Setting it sets every slider.
    positions : dict of str to int
        By assumption: which of its ``stops``.
    bill : tlcourse.course.price.Bill

    Raises
    ------
    traitlets.TraitError
        If there is no such scenario, assumption or stop.
    """

    _esm = esm("cost_calculator")
    _css = css("cost_calculator")
    scenario = traitlets.Unicode().tag(sync=True)
    scenarios = traitlets.List().tag(sync=True)
    positions = traitlets.Dict().tag(sync=True)
    _groups = traitlets.List().tag(sync=True)
    _controls = traitlets.List().tag(sync=True)
    _bill = traitlets.Dict().tag(sync=True)

    def __init__(self, scenario="ImageNet and AlexNet, 2012"):
        self._stops = {name: stops(name) for name in ASSUMPTIONS}
        super().__init__(
            scenario=scenario,
            scenarios=list(SCENARIOS),
            positions=self._positions_of(scenario),
            _groups=list(GROUPS),
            _controls=[_control(name, values) for name, values in self._stops.items()],
        )
        self._settle()
        self.observe(self._set_scenario, "scenario")
        self.observe(self._settle, "positions")

    @property
    def assumptions(self):
        """The value that each slider stands at, by assumption."""
        return {name: self._stops[name][place] for name, place in self.positions.items()}

    @traitlets.validate("scenario")
    def _is_a_scenario(self, proposal):
        if proposal["value"] not in SCENARIOS and proposal["value"] != OWN:
            known = "; ".join(SCENARIOS)
            raise traitlets.TraitError(f"There is no scenario {proposal['value']!r}: {known}.")
        return proposal["value"]

    @traitlets.validate("positions")
    def _are_stops(self, proposal):
        positions = {**self.positions, **proposal["value"]}
        for name, place in positions.items():
            if name not in self._stops:
                raise traitlets.TraitError(f"There is no assumption {name!r}.")
            last = len(self._stops[name]) - 1
            if not (isinstance(place, int) and 0 <= place <= last):
                label = ASSUMPTIONS[name].label
                raise traitlets.TraitError(f"{label}: give a whole number from 0 to {last}.")
        return positions

    def _positions_of(self, scenario):
        changed = SCENARIOS.get(scenario, {})
        return {
            name: values.index(float(changed.get(name, ASSUMPTIONS[name].default)))
            for name, values in self._stops.items()
        }

    def _set_scenario(self, change):
        if change.new != OWN:
            self.positions = self._positions_of(change.new)

    def _settle(self, _change=None):
        self.bill = training_price(**self.assumptions)
        self._bill = _bill_words(self.bill)
        matching = (name for name in SCENARIOS if self._positions_of(name) == self.positions)
        self.scenario = next(matching, OWN)

    def to_text(self):
        """One line for a terminal."""
        return f"CostCalculator({self.scenario})"

    def to_html(self):
        """What a page without a kernel shows."""
        return _static_table(self.scenario, self.assumptions, self._bill)


def _control(name, values):
    a = ASSUMPTIONS[name]
    shown = [_with_unit(value, a.unit) for value in values]
    about = {"group": a.group, "label": a.label, "source": a.source}
    return {"name": name, **about, "stops": shown}


def _with_unit(value, unit):
    if unit.startswith("$"):
        return f"${as_text(value)}{unit[1:]}"
    return f"{as_text(value)} {unit}".strip()


def _money(dollars):
    return f"${dollars:,.0f}" if dollars >= 10 or dollars == 0 else f"${dollars:.2g}"


def _share(share):
    return f"{100 * share:.0f}%" if share >= 0.01 or share == 0 else "under 1%"


def _bill_words(bill):
    years = bill.label_hours / HOURS_A_WORKING_YEAR
    working_years = f", {as_text(years)} working years" if years >= 1 else ""
    design, tuning = map(as_text, bill.months)
    facts = (
        f"{as_text(bill.label_hours)} hours of people{working_years}",
        f"{as_text(bill.gigabytes)} GB, {as_text(bill.line_hours)} hours on the line",
        f"{as_text(bill.card_hours)} hours of cards",
        f"{as_text(bill.kwh)} kWh, {as_text(bill.kg_co2)} kg of CO2",
        f"{design} months of design, {tuning} of tuning",
    )
    groups = {}
    for group, words in zip(GROUPS, facts, strict=True):
        share = bill.dollars[group] / (bill.total or 1)
        dollars = f"{_money(bill.dollars[group])} ({_share(share)})"
        groups[group] = {"facts": words, "dollars": dollars, "percent": 100 * share}
    return {**groups, "total": f"{_money(bill.total)} in all"}


def _static_table(scenario, assumptions, bill):
    rows = [("", "Value", "Source")]
    for group in GROUPS:
        rows.append((group, bill[group]["dollars"], bill[group]["facts"]))
        for name, a in ASSUMPTIONS.items():
            if a.group == group:
                rows.append((a.label, _with_unit(assumptions[name], a.unit), a.source))
    body = ""
    for row in rows:
        tag = "th" if row[0] in ("", *GROUPS) else "td"
        cells = (f'<{tag} style="text-align:left">{escape(each)}</{tag}>' for each in row)
        body += f"<tr>{''.join(cells)}</tr>"
    title = f"<p><b>{escape(scenario)}: {escape(bill['total'])}</b></p>"
    return f'{title}<table style="font-size:16px">{body}</table>'
