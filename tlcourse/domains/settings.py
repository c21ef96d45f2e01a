"""The settings of transfer learning by what stays the same: the domain, the task, both, neither.

Names and definitions are those of Pan and Yang, "A Survey on Transfer Learning", IEEE TKDE 22
(2010); the examples are drawn.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from tlcourse.datasets.drawn import Domain, DrawnImages, Factors


@dataclass(frozen=True)
class Side:
    """Source or target: pictures of a domain, and the labels that the task gives to each class."""

    what: str
    domain: Domain
    classes: tuple
    task: str
    labels: tuple

    @property
    def label_space(self):
        """Y, in braces."""
        return "{" + ", ".join(dict.fromkeys(self.labels)) + "}"

    def examples(self, side=96):
        """One picture (PIL) and its label for each of the classes, as a list of pairs."""
        images = DrawnImages(self.domain, list(self.classes), 1, side=side)
        return [(picture, self.labels[index]) for picture, index in images]


@dataclass(frozen=True)
class TransferSetting:
    """One cell of the table of same and different domains and tasks."""

    same_domain: bool
    same_task: bool
    name: str
    meaning: str
    needs: str
    course: str
    source: Side
    target: Side

    @property
    def place(self):
        """Row and column in words, such as ``"same domain, different task"``."""
        return place(self.same_domain, self.same_task)


def place(same_domain, same_task):
    """``"same domain, different task"`` and the like."""
    words = {True: "same", False: "different"}
    return f"{words[same_domain]} domain, {words[same_task]} task"


_CLEAR = {"blur": (0.0, 0.3), "noise": (0.0, 0.02), "occlusion": (0.0, 0.15)}


def _read(told):
    """Settings as TOML tells them."""
    domains = {
        name: Domain(look["family"], Factors(exposure=tuple(look["exposure"]), **_CLEAR))
        for name, look in told["domains"].items()
    }
    for setting in told["settings"]:
        sides = {
            side: Side(
                *(setting[side]["what"], domains[setting[side]["domain"]]),
                *(tuple(setting[side]["classes"]), setting[side]["task"]),
                tuple(setting[side]["labels"]),
            )
            for side in ("source", "target")
        }
        yield TransferSetting(**{**setting, **sides})


_TOLD = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
SETTINGS = {setting.place: setting for setting in _read(_TOLD)}
