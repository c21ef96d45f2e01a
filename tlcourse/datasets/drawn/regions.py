"""Regions: what the classes of a family are, as ranges of the parameters of its drawing.

In a region, a pair of numbers is a range, a triple of numbers is a colour, another tuple is a
choice, and anything else a constant.
"""

import tomllib
from pathlib import Path


def read_classes(module_file):
    """The regions beside a family's module, {class: {parameter: region}}; see any of the files."""
    kinds = {}
    for name, table in tomllib.loads(
        Path(module_file).with_suffix(".toml").read_text("utf-8")
    ).items():
        like = kinds[table.pop("like")] if "like" in table else {}
        kinds[name] = {**like, **{each: _frozen(value) for each, value in table.items()}}
    return {name: region for name, region in kinds.items() if not name.isupper()}


def _frozen(value):
    """Lists as tuples, and "none" as None."""
    if isinstance(value, list):
        return tuple(map(_frozen, value))
    return None if value == "none" else value


def sample_region(region, rng):
    """One point of a region of parameters, as ``{parameter: value}``."""
    return {name: _sample_value(value, rng) for name, value in region.items()}


def _sample_value(value, rng):
    if not isinstance(value, tuple):
        return value
    numbers = all(type(item) in (int, float) for item in value)
    if numbers and len(value) == 2:
        return value[0] + (value[1] - value[0]) * rng.random()
    if numbers and len(value) == 3:
        return value
    return value[int(rng.integers(len(value)))]
