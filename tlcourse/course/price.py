"""The price of a trained network: labels, storage, cards, energy, CO2 and people.

The default of every factor, its range, and where the number comes from are in ``ASSUMPTIONS``;
what is an assumption is called one.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from tlcourse import paths

GROUPS = ("Labels", "Storage", "Training", "Energy", "People")


@dataclass(frozen=True)
class Assumption:
    """One factor of the price."""

    name: str
    group: str
    label: str
    unit: str
    default: float
    low: float
    high: float
    kind: str
    source: str


def _read_assumptions():
    for row in paths.read_csv(Path(__file__).with_suffix(".csv")):
        numbers = {key: float(row[key]) for key in ("default", "low", "high")}
        yield row["name"], Assumption(**{**row, **numbers})


ASSUMPTIONS = MappingProxyType(dict(_read_assumptions()))
_SCENARIOS = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
SCENARIOS = MappingProxyType(_SCENARIOS)


@dataclass(frozen=True)
class Bill:
    """What it takes (hours, GB of 1e9 bytes, kWh, kg, months), and what it costs by group."""

    label_hours: float
    gigabytes: float
    card_hours: float
    kwh: float
    kg_co2: float
    person_months: float
    dollars: dict[str, float]

    @property
    def total(self):
        """Dollars in all."""
        return sum(self.dollars.values())

    @property
    def share(self):
        """Share of the dollars by group, from 0 to 1; 0 each where nothing is paid."""
        return {group: paid / (self.total or 1) for group, paid in self.dollars.items()}

    @property
    def in_words(self):
        """Its numbers as text, by what they are."""
        names = ("hours of labelling", "GB", "hours of cards", "kWh", "kg of CO2")
        numbers = self.label_hours, self.gigabytes, self.card_hours, self.kwh, self.kg_co2
        words = dict(zip(names, map(as_text, numbers), strict=True))
        people = {"months of researchers": as_text(self.person_months)}
        return words | people | {"dollars": as_text(self.total)}


def energy(hours, watts, overhead=1):
    """Energy in Wh; ``watts`` are those of the card, or core, and of the computer around it."""
    return hours * watts * overhead


def training_price(**changed):
    """The bill of a network, from the first label to the last training run.

    ``changed`` : any of ``ASSUMPTIONS``; the others keep their defaults, those of ImageNet and
    AlexNet. TypeError if one is unknown or not a number, ValueError outside its range.
    """
    for name, value in changed.items():
        _check(name, value)
    a = {name: assumption.default for name, assumption in ASSUMPTIONS.items()} | changed
    label_hours = a["images"] * a["answers_per_image"] * a["seconds_per_answer"] / 3600
    gigabytes = a["images"] * a["kilobytes_per_image"] / 1e6
    card_hours = a["processors"] * a["hours"] * a["runs"]
    kwh = energy(card_hours, a["watts"] + a["host_watts"], a["overhead"]) / 1000
    dollars = {
        "Labels": label_hours * a["wage"],
        "Storage": gigabytes * a["storage_price"] * a["months"],
        "Training": a["processors"] * a["card_price"],
        "Energy": kwh * a["electricity_price"],
        "People": a["person_months"] * a["salary"],
    }
    kg_co2, person_months = kwh * a["grid_intensity"], a["person_months"]
    return Bill(label_hours, gigabytes, card_hours, kwh, kg_co2, person_months, dollars)


def as_text(number):
    """A number in three digits, or in full from 1,000 on."""
    return f"{number:,.0f}" if number >= 1000 else f"{number:.3g}"


def _check(name, value):
    if name not in ASSUMPTIONS:
        raise TypeError(f"There is no assumption {name!r}: change one of {', '.join(ASSUMPTIONS)}.")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{name} is {value!r}: give a number.")
    a = ASSUMPTIONS[name]
    if not a.low <= value <= a.high:
        raise ValueError(f"{a.label} is {value:g}: give a number between {a.low:g} and {a.high:g}.")
