"""The miniature of Yosinski et al. 2014, "How transferable are features ...?", read again."""

from dataclasses import dataclass

from tlcourse import paths
from tlcourse.finetuning.grid import grouped, read_part

FOLDER = paths.SHIPPED / "measured"
COPIED_FILE = FOLDER / "yosinski_in_miniature.json"
CURVES = ("BnB", "BnB+", "AnB", "AnB+", "random")


@dataclass(frozen=True)
class CopiedRun:
    """One network of the miniature, its bottom ``layer`` layers copied.

    ``curve`` is one of ``CURVES``, or "base": nothing copied. ``accuracy`` (0 to 1) is that at
    the end of training: no evaluation was chosen.
    """

    curve: str
    layer: int
    seed: int
    accuracy: float


def read_copied():
    """The networks of the miniature: a list of CopiedRun, empty before the first."""
    return [CopiedRun(**run) for run in read_part(COPIED_FILE)] if COPIED_FILE.exists() else []


def measured_curve(name):
    """One measured curve, as ``{layers copied: [accuracy of each seed]}``."""
    runs = sorted(read_copied(), key=lambda run: run.layer)
    return grouped((run.layer, run.accuracy) for run in runs if run.curve == name)
