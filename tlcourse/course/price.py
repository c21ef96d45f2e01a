"""The price of a trained network: labels, transfer and storage, cards, energy, CO2 and people.

The default of every factor, its range, and where the number comes from are in ``ASSUMPTIONS``;
what is an assumption is called one.
"""

import tomllib
from collections import namedtuple
from pathlib import Path
from types import MappingProxyType

from tlcourse import paths

GROUPS = ("Labels", "Transfer and storage", "Training", "Energy", "People")
Assumption = namedtuple("Assumption", "name group label unit default low high kind source")
# What it takes (hours, GB of 1e9 bytes, kWh, kg, months), and dollars: by group, and in all.
Bill = namedtuple(
    "Bill", "label_hours gigabytes line_hours card_hours kwh kg_co2 months dollars total"
)


def _read_assumptions():
    for row in paths.read_csv(Path(__file__).with_suffix(".csv")):
        numbers = {key: float(row[key]) for key in ("default", "low", "high")}
        yield row["name"], Assumption(**{**row, **numbers})


ASSUMPTIONS = MappingProxyType(dict(_read_assumptions()))
_SCENARIOS = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
SCENARIOS = MappingProxyType(_SCENARIOS)


def training_price(**changed):
    """The bill of a network, from the first label to the last training run.

    ``changed`` : any of ``ASSUMPTIONS``; the others keep their defaults, those of ImageNet and
    AlexNet. TypeError if one is unknown, ValueError outside its range.
    """
    for name, value in changed.items():
        _check(name, value)
    a = {name: assumption.default for name, assumption in ASSUMPTIONS.items()} | changed
    images = a["classes"] * a["images_per_class"]
    label_hours = images * a["answers_per_image"] * a["seconds_per_answer"] / 3600
    gigabytes = images * a["kilobytes_per_image"] / 1e6
    card_hours = a["processors"] * a["hours"] * a["runs"]
    kwh = card_hours * (a["watts"] + a["host_watts"]) * a["overhead"] / 1000
    months = a["design_months"], a["tuning_months"]
    moving, keeping = a["transfers"] * a["transfer_price"], a["months"] * a["storage_price"]
    dollars = {
        "Labels": label_hours * a["wage"],
        "Transfer and storage": gigabytes * (moving + keeping),
        "Training": a["processors"] * a["card_price"],
        "Energy": kwh * a["electricity_price"],
        "People": sum(months) * a["salary"],
    }
    line_hours = 8000 * gigabytes * a["transfers"] / a["line"] / 3600
    takes = label_hours, gigabytes, line_hours, card_hours, kwh, kwh * a["grid_intensity"], months
    return Bill(*takes, dollars, sum(dollars.values()))


def as_text(number):
    """A number in three digits, or in full from 1,000 on."""
    return f"{number:,.0f}" if number >= 1000 else f"{number:.3g}"


def _check(name, value):
    if name not in ASSUMPTIONS:
        raise TypeError(f"There is no assumption {name!r}: change one of {', '.join(ASSUMPTIONS)}.")
    a = ASSUMPTIONS[name]
    if not a.low <= value <= a.high:
        raise ValueError(f"{a.label} is {value:g}: give a number between {a.low:g} and {a.high:g}.")
