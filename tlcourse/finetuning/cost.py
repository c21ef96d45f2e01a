"""What a transfer run and published pre-training runs cost in energy, between two ends."""

import math
import time
from typing import NamedTuple

import numpy as np
from torch.utils.data import Subset

from tlcourse.classifiers.score import PER_CLASS, sample_per_class
from tlcourse.classifiers.svm import LinearSVM
from tlcourse.course.price import ASSUMPTIONS, energy
from tlcourse.features.extraction import extract_features, shipped_features
from tlcourse.networks.weights import read_card
from tlcourse.networks.zoo import published_number

CORE_WATTS, OTHER_MACHINE, CARD_CORES = (5, 50), (0.5, 2), (1, 2)
OVERHEAD, SHARE_OF_POWER = (1, ASSUMPTIONS["overhead"].default), 0.5
SOURCE, FAMILY = "natural", "insects"  # whose features the timed transfer run has


class Range(NamedTuple):
    """The lowest and the highest value that the assumptions allow; both above 0."""

    low: float
    high: float

    def __mul__(self, other):
        low, high = other if isinstance(other, tuple) else (other, other)
        return Range(self.low * low, self.high * high)

    def __truediv__(self, other):
        low, high = other if isinstance(other, tuple) else (other, other)
        return Range(self.low / high, self.high / low)

    @property
    def middle(self):
        """The geometric mean of both ends."""
        return math.sqrt(self.low * self.high)


def cpu_seconds_of_transfer(backbone, images, n_passes=None):
    """CPU seconds of all cores in a transfer run: {"forward passes": ..., "linear SVM": ...}.

    Features of training and test images by the backbone, whatever the ``images`` show, and an SVM
    on shipped features. Only ``n_passes`` images are passed and scaled up; by default all needed.

    Raises
    ------
    ValueError
        If ``n_passes`` is below 1 or above the number of images.
    """
    train, test = shipped_features(SOURCE, FAMILY)
    rows = sample_per_class(train.labels, PER_CLASS, seed=0)
    needed = len(rows) + len(test.labels)
    passes = needed if n_passes is None else n_passes
    if not 1 <= passes <= len(images):
        raise ValueError(f"{passes} forward passes were asked for: give 1 to {len(images)}.")
    clock = time.process_time()
    some = Subset(images, range(passes))
    extract_features(backbone, some, device="cpu", precision="float32", cache=False)
    forward = (time.process_time() - clock) * needed / passes
    clock = time.process_time()
    machine = LinearSVM(random_state=0).fit(train.matrix[rows], train.labels[rows])
    machine.predict(test.matrix)
    return {"forward passes": forward, "linear SVM": time.process_time() - clock}


def n_transfer_images():
    """Training and test images of a transfer run: (training, test)."""
    train, test = shipped_features(SOURCE, FAMILY)
    return PER_CLASS * len(np.unique(train.labels)), len(test.labels)


def transfer_energy(cpu_seconds):
    """Energy of CPU seconds (of all cores) in Wh: a Range.

    Assumed: a busy core draws 5 W (a laptop) to 50 W (a server and all around it); another machine
    needs half to twice the time; the building adds nothing to 58%."""
    if not cpu_seconds > 0:
        raise ValueError(f"A run of {cpu_seconds} s draws no energy: give seconds above 0.")
    return energy(Range(*OTHER_MACHINE) * cpu_seconds / 3600, CORE_WATTS, OVERHEAD)


def pretraining_energy(name):
    """Energy of one published training run ("AlexNet", "VGG19") in Wh: a Range.

    Cards and days are published. Assumed: a card draws half of its thermal design power to all of
    it, and the computer around it what ``ASSUMPTIONS`` say; the building adds nothing to 58%.
    ValueError if the paper does not give hardware and time.
    """
    cards = published_number(name, "cards")
    if cards is None:
        raise ValueError(f"The paper of {name} gives no hardware and time: take AlexNet or VGG19.")
    days = Range(*(published_number(name, f"days, at {end}") for end in ("least", "most")))
    power, host = published_number(name, "watts a card"), ASSUMPTIONS["host_watts"].default
    return energy(days * (24 * cards), (SHARE_OF_POWER * power + host, power + host), OVERHEAD)


def bundled_pretraining_energy(name):
    """Energy of training a bundled backbone in Wh: its card's seconds, on one to two cores."""
    hours = read_card(name)["measured"]["training_seconds"] / 3600
    return energy(Range(*CARD_CORES) * hours, CORE_WATTS, OVERHEAD)


def as_energy(wh):
    """Wh in words, in two digits: ``"1.7 mWh"``, ``"29 kWh"``, ``"1.1 MWh"``."""
    for at_least, unit in ((1e6, "MWh"), (1e3, "kWh"), (1, "Wh"), (0, "mWh")):
        if wh >= at_least:
            return f"{float(f'{wh / (at_least or 1e-3):.2g}'):g} {unit}"
    raise ValueError(f"{wh} Wh is below 0: there is no such energy.")
