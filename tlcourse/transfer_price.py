"""What a transfer run takes, measured here, beside what pre-training took, as published.

Neither is one number. Both are ranges: the lowest and the highest that the assumptions allow.
"""

import math
import time
from typing import NamedTuple

import numpy as np
from torch.utils.data import Subset

from tlcourse.classifiers import LinearSVM
from tlcourse.features import extract_features, shipped_features
from tlcourse.growing_up import count_network, published_number
from tlcourse.transfer import PER_CLASS, sample_per_class
from tlcourse.weights import read_card

CORE_WATTS = (5, 50)
OTHER_MACHINE = (0.5, 2)
OVERHEAD = (1, 1.58)
SHARE_OF_POWER, WATTS_AROUND_A_CARD = 0.5, 100
CARD_CORES = (1, 2)
PASSES_PER_STEP = 3
SECONDS_A_DAY, JOULES_A_WH = 86_400, 3600


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


def cpu_seconds_of_transfer(backbone, images, n_passes=None, source="natural", family="insects"):
    """CPU seconds of a transfer run: features of training and test images, and a linear SVM.

    Parameters
    ----------
    backbone : Backbone
        Its forward passes are timed. Their time does not depend on what the images show.
    images : Dataset of (PIL image, label)
        At least ``n_passes`` of them.
    n_passes : int, optional
        Time so many forward passes only, and scale up; by default all that the run needs.
    source, family : str
        Shipped features that the SVM is trained on and scored with.

    Returns
    -------
    dict of str to float
        Seconds of all cores together by stage: ``"forward passes"``, ``"linear SVM"``.

    Raises
    ------
    ValueError
        If ``n_passes`` is below 1 or above the number of images.
    """
    train, test = shipped_features(source, family)
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


def n_transfer_images(source="natural", family="insects"):
    """Training and test images of a transfer run: (training, test)."""
    train, test = shipped_features(source, family)
    return PER_CLASS * len(np.unique(train.labels)), len(test.labels)


def transfer_energy(cpu_seconds):
    """Energy of CPU seconds in Wh.

    Assumed: a busy core draws 5 W (a laptop) to 50 W (a server and all around it); another machine
    needs half to twice the time; the building adds nothing to 58%.

    Parameters
    ----------
    cpu_seconds : float
        Of all cores together.

    Returns
    -------
    Range
    """
    if not cpu_seconds > 0:
        raise ValueError(f"A run of {cpu_seconds} s draws no energy: give seconds above 0.")
    return Range(*OTHER_MACHINE) * cpu_seconds * CORE_WATTS * OVERHEAD / JOULES_A_WH


def pretraining_energy(name):
    """Energy of one published training run in Wh.

    Cards and days are published. Assumed: a card draws half of its thermal design power to all of
    it and 100 W for the computer around it; the building adds nothing to 58%.

    Parameters
    ----------
    name : {"AlexNet", "VGG19"}

    Returns
    -------
    Range

    Raises
    ------
    ValueError
        If the paper of the network does not give hardware and time.
    """
    cards = published_number(name, "cards")
    if cards is None:
        raise ValueError(f"The paper of {name} gives no hardware and time: take AlexNet or VGG19.")
    days = Range(*(published_number(name, f"days, at {end}") for end in ("least", "most")))
    power = published_number(name, "watts a card")
    watts = (SHARE_OF_POWER * power, power + WATTS_AROUND_A_CARD)
    return days * (24 * cards) * watts * OVERHEAD


def bundled_pretraining_energy(name):
    """Energy of training a bundled backbone in Wh: its card's seconds, on one to two cores."""
    seconds = read_card(name)["measured"]["training_seconds"]
    return Range(*CARD_CORES) * seconds * CORE_WATTS * OVERHEAD / JOULES_A_WH


def multiply_add_ratio(name, transfer_images):
    """Multiply-adds of pre-training over those of a transfer run's forward passes.

    Counted, so the same on any machine. A training step is taken for three forward passes: one
    forward, and two of its size backward.

    Parameters
    ----------
    name : str
        A network whose paper gives the passes over the training images: AlexNet.
    transfer_images : int
    """
    passes = published_number(name, "passes")
    if passes is None:
        raise ValueError(f"The paper of {name} does not give its passes over the images.")
    forward = count_network(name).multiply_adds
    pretraining = passes * 1.2e6 * PASSES_PER_STEP * forward
    return pretraining / (transfer_images * forward)


def as_energy(wh):
    """Wh in words, in two digits: ``"1.7 mWh"``, ``"29 kWh"``, ``"1.1 MWh"``."""
    for at_least, unit in ((1e6, "MWh"), (1e3, "kWh"), (1, "Wh"), (0, "mWh")):
        if wh >= at_least:
            return f"{float(f'{wh / (at_least or 1e-3):.2g}'):g} {unit}"
    raise ValueError(f"{wh} Wh is below 0: there is no such energy.")
