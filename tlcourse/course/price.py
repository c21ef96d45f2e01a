"""The price of a trained network: labels, storage, cards, energy, CO2 and people.

Every factor is an argument. Its default, its range, and where the number comes from are in
``ASSUMPTIONS``; what is an assumption is called one.
"""

import csv
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

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
    table = Path(__file__).with_suffix(".csv")
    with table.open(newline="", encoding="utf-8") as rows:
        for row in csv.DictReader(rows):
            numbers = {key: float(row[key]) for key in ("default", "low", "high")}
            yield row["name"], Assumption(**{**row, **numbers})


ASSUMPTIONS = MappingProxyType(dict(_read_assumptions()))

_D = {name: assumption.default for name, assumption in ASSUMPTIONS.items()}

SCENARIOS = MappingProxyType(
    {
        "ImageNet and AlexNet, 2012": {},
        "ILSVRC and VGG19, 2014": {
            "images": 1_281_167,
            "processors": 4,
            "hours": 420,
            "watts": 250,
            "card_price": 999,
        },
        "transfer: 200 images of yours": {
            "images": 200,
            "answers_per_image": 1,
            "seconds_per_answer": 10,
            "months": 12,
            "processors": 1,
            "hours": 0.01,
            "card_price": 0,
            "watts": 50,
            "overhead": 1,
            "person_months": 0.1,
        },
    }
)


def label_hours(
    images=_D["images"],
    answers_per_image=_D["answers_per_image"],
    seconds_per_answer=_D["seconds_per_answer"],
):
    """Hours that people spend on answering whether an image shows what it should."""
    return images * answers_per_image * seconds_per_answer / 3600


def stored_gigabytes(images=_D["images"], kilobytes_per_image=_D["kilobytes_per_image"]):
    """Size of the images in GB (1e9 bytes)."""
    return images * kilobytes_per_image / 1e6


def card_hours(processors=_D["processors"], hours=_D["hours"], runs=_D["runs"]):
    """Hours of all cards over all runs."""
    return processors * hours * runs


def energy_kwh(card_hours, watts=_D["watts"], overhead=_D["overhead"]):
    """Energy that cards draw at work, and the building around them, in kWh."""
    return card_hours * watts * overhead / 1000


def emitted_kg(kwh, grid_intensity=_D["grid_intensity"]):
    """Kilograms of CO2 that the grid emits for some kWh."""
    return kwh * grid_intensity


@dataclass(frozen=True)
class Bill:
    """What it takes, and what it costs."""

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
        return {
            "hours of labelling": as_text(self.label_hours),
            "GB": as_text(self.gigabytes),
            "hours of cards": as_text(self.card_hours),
            "kWh": as_text(self.kwh),
            "kg of CO2": as_text(self.kg_co2),
            "months of researchers": as_text(self.person_months),
            "dollars": as_text(self.total),
        }


def training_price(**changed):
    """The bill of a network, from the first label to the last training run.

    Parameters
    ----------
    **changed : float
        Any of ``ASSUMPTIONS``; the others keep their defaults, those of ImageNet and AlexNet.

    Returns
    -------
    Bill

    Raises
    ------
    TypeError
        If an assumption is unknown or not a number.
    ValueError
        If one is outside its range.
    """
    for name, value in changed.items():
        _check(name, value)
    a = {**_D, **changed}
    labelling = label_hours(a["images"], a["answers_per_image"], a["seconds_per_answer"])
    gigabytes = stored_gigabytes(a["images"], a["kilobytes_per_image"])
    trained = card_hours(a["processors"], a["hours"], a["runs"])
    kwh = energy_kwh(trained, a["watts"], a["overhead"])
    dollars = (
        labelling * a["wage"],
        gigabytes * a["storage_price"] * a["months"],
        a["processors"] * a["card_price"],
        kwh * a["electricity_price"],
        a["person_months"] * a["salary"],
    )
    return Bill(
        labelling,
        gigabytes,
        trained,
        kwh,
        emitted_kg(kwh, a["grid_intensity"]),
        a["person_months"],
        dict(zip(GROUPS, dollars, strict=True)),
    )


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
