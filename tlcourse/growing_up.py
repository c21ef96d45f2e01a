"""Growing up: the networks of the lecture, built in code without weights, counted and compared.

They are built on torch's meta device: every layer has its shape and no memory, so that building
and counting the largest of them takes a fraction of a second.
"""

import csv
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from pathlib import Path

import torch
from torchvision import models

from tlcourse.classic_networks import LeNet5, alexnet_2012, cifar_resnet
from tlcourse.counting import count

IMAGENET = "ImageNet"
COUNTED = ("depth", "parameters", "multiply_adds")
ON_THE_SLIDE = ("LeNet-5", "AlexNet", "VGG19", "GoogLeNet", "ResNet-56", "Inception-V3")
OF_IMAGENET = ("AlexNet", "VGG19", "GoogLeNet", "ResNet-50", "ResNet-152", "Inception-V3")


@dataclass(frozen=True)
class Design:
    """A network that can be built, what it was designed for, and the input that it is counted on.

    Attributes
    ----------
    name : str
    year : int
    trained_on : str
    input_shape : tuple of int
        (1, channels, height, width).
    build : callable
        Gives the network, without the auxiliary heads that are dropped after training.
    torchvision : str or None
        Its model in torchvision, where it is there.
    """

    name: str
    year: int
    trained_on: str
    input_shape: tuple[int, ...]
    build: Callable
    torchvision: str | None = None


def _of_torchvision(name, year, model, side=224, **options):
    def build():
        return getattr(models, model)(**options)

    return Design(name, year, IMAGENET, (1, 3, side, side), build, model)


_BARE = {"init_weights": False, "aux_logits": False}
_DESIGNS = (
    Design("LeNet-5", 1998, "MNIST", (1, 1, 32, 32), LeNet5),
    Design("AlexNet", 2012, IMAGENET, (1, 3, 224, 224), alexnet_2012),
    _of_torchvision("AlexNet, one tower", 2014, "alexnet"),
    _of_torchvision("VGG19", 2014, "vgg19"),
    _of_torchvision("GoogLeNet", 2014, "googlenet", **_BARE),
    Design("ResNet-56", 2015, "CIFAR-10", (1, 3, 32, 32), cifar_resnet),
    _of_torchvision("ResNet-50", 2015, "resnet50"),
    _of_torchvision("ResNet-152", 2015, "resnet152"),
    _of_torchvision("Inception-V3", 2015, "inception_v3", 299, **_BARE),
)
NETWORKS = {design.name: design for design in _DESIGNS}


def design_of(name):
    """The ``Design`` of that name.

    Raises
    ------
    ValueError
        If there is none.
    """
    if name not in NETWORKS:
        raise ValueError(f"There is no network {name!r}: choose from {', '.join(NETWORKS)}.")
    return NETWORKS[name]


@lru_cache
def count_network(name):
    """Build a network of ``NETWORKS`` on the meta device and count it.

    Parameters
    ----------
    name : str

    Returns
    -------
    Count
    """
    design = design_of(name)
    with torch.device("meta"):
        network = design.build()
    return count(network, design.input_shape)


def torchvision_metadata(name):
    """What torchvision says of a network: parameters, multiply-adds, errors of one centre crop.

    Parameters
    ----------
    name : str
        One of ``NETWORKS`` that torchvision has.

    Returns
    -------
    dict of str to float
        ``parameters`` (of GoogLeNet without and of Inception-V3 with auxiliary heads),
        ``multiply_adds``, ``top-1 error`` and ``top-5 error`` in percent, of the first published
        weights.

    Raises
    ------
    ValueError
        If torchvision does not have the network.
    """
    model = design_of(name).torchvision
    if model is None:
        raise ValueError(f"torchvision has no {name}: it was built from its paper.")
    meta = models.get_model_weights(model).IMAGENET1K_V1.meta
    right = meta["_metrics"]["ImageNet-1K"]
    return {
        "parameters": meta["num_params"],
        "multiply_adds": 1e9 * meta["_ops"],
        "top-1 error": 100 - right["acc@1"],
        "top-5 error": 100 - right["acc@5"],
    }


def torchvision_models(prefix):
    """Names of torchvision's classifiers that begin with ``prefix``."""
    return [name for name in models.list_models(module=models) if name.startswith(prefix)]


@lru_cache
def published():
    """What the papers say: list of dict with network, quantity, value, what and source."""
    table = Path(__file__).with_name("growing_up.csv")
    with table.open(newline="", encoding="utf-8") as rows:
        return tuple(csv.DictReader(rows))


def published_number(name, quantity):
    """One number of ``published()``, or None where the paper gives none.

    Parameters
    ----------
    name : str
        One of ``NETWORKS``.
    quantity : str
        Such as ``"parameters"``, ``"top-5 error"``, ``"cards"``, ``"days, at most"``.
    """
    design_of(name)
    matching = (row for row in published() if (row["network"], row["quantity"]) == (name, quantity))
    found = next(matching, None)
    return float(found["value"]) if found else None


def describe(name):
    """Year, data set, what was counted and the published errors of a network, as one dict.

    Parameters
    ----------
    name : str
        One of ``NETWORKS``.

    Returns
    -------
    dict
        ``"year"``, ``"trained on"``, those of ``COUNTED``, ``"top-5 error"`` on ImageNet and
        ``"error"`` on MNIST or CIFAR-10 (percent; None where there is none).
    """
    design, counted = design_of(name), count_network(name)
    errors = {key: published_number(name, key) for key in ("top-5 error", "error")}
    numbers = {key: getattr(counted, key) for key in COUNTED}
    return {"year": design.year, "trained on": design.trained_on, **numbers, **errors}


def beside_the_papers(names):
    """What was counted beside what the papers say, in short numbers.

    Returns
    -------
    pandas DataFrame
        A row a network; ``"-"`` where the paper gives no number.
    """
    import pandas as pd

    rows = {}
    for name in names:
        row = describe(name)
        rows[name] = {"year": row["year"], "trained on": row["trained on"]}
        for key in COUNTED:
            paper = published_number(name, key.replace("_", "-"))
            rows[name][key.replace("_", "-")] = short(row[key])
            rows[name][f"{key.replace('_', '-')} (paper)"] = "-" if paper is None else short(paper)
        error = row["top-5 error"] or row["error"]
        rows[name]["error, % (paper)"] = "-" if error is None else f"{error:g}"
    return pd.DataFrame.from_dict(rows, orient="index")


def pairs_that_grow(values, years):
    """Of all pairs of networks from different years, how many have more in the later year.

    Parameters
    ----------
    values, years : mapping of str to float
        By network.

    Returns
    -------
    grown, pairs : int
    """
    different = [
        sorted(pair, key=years.get)
        for pair in combinations(values, 2)
        if years[pair[0]] != years[pair[1]]
    ]
    return sum(values[later] > values[earlier] for earlier, later in different), len(different)


def short(number):
    """A number in three digits at most: ``"61 M"``, ``"0.85 M"``, ``"19.6 G"``, ``"125 M"``."""
    for at_least, unit, letter in ((1e9, 1e9, " G"), (1e5, 1e6, " M"), (1e3, 1e3, " k")):
        if number >= at_least:
            scaled = number / unit
            return f"{scaled:.2g}{letter}" if scaled < 10 else f"{scaled:.3g}{letter}"
    return f"{number:.3g}"
