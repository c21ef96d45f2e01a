"""What training costs: operations, counted on shapes alone, and energy, from time and hardware.

Of a policy on any network (``training_cost``), of a transfer run timed here, and of published
pre-training runs; energy is a Range between what the assumptions allow.
"""

import math
import time
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import psutil
import torch
from torch.utils.data import Subset
from torch.utils.flop_counter import FlopCounterMode

from tlcourse.classifiers.score import PER_CLASS, sample_per_class
from tlcourse.classifiers.svm import LinearSVM
from tlcourse.course.price import ASSUMPTIONS, energy
from tlcourse.features.extraction import extract_features, shipped_features
from tlcourse.finetuning.network import TargetNetwork
from tlcourse.finetuning.policies import as_policy
from tlcourse.networks.layers import as_backbone, layers_of, without_weights
from tlcourse.networks.weights import read_card
from tlcourse.networks.zoo import published_number

N = 2  # images that are counted: batch normalisation cannot train on one
CORE_WATTS, OTHER_MACHINE, CARD_CORES = (5, 50), (0.5, 2), (1, 2)
OVERHEAD, SHARE_OF_POWER = (1, ASSUMPTIONS["overhead"].default), 0.5
SOURCE, FAMILY = "natural", "insects"  # whose features the timed transfer run has
_COUNTED = {}  # what was counted in this process


@dataclass(frozen=True)
class TrainingCost:
    """What one stage of a policy costs, an image."""

    once: int
    each_time: int
    numbers: int

    def of(self, n_images, n_seen):
        """Operations after ``n_seen`` uses of ``n_images`` different images."""
        return self.once * n_images + self.each_time * n_seen


def training_cost(backbone, policy, n_classes, cache=True, image_shape=None):
    """What a policy costs in training: one TrainingCost a stage. No weight is needed.

    ``backbone`` may be a name; ``cache`` is whether the frozen bottom is computed once (not with
    augmentation); ``image_shape`` is (3, side, side), by default the backbone's. ValueError if the
    policy or the size of the images does not fit the network.
    """
    policy, backbone = as_policy(policy), as_backbone(backbone)
    image_shape = tuple(image_shape or (3, backbone.side, backbone.side))
    parameters = sum(parameter.numel() for parameter in backbone.network.parameters())
    key = backbone.name, parameters, policy, n_classes, cache, image_shape
    if key not in _COUNTED:
        network = without_weights(backbone, n_classes)
        layers = layers_of(network)
        choices = [stage.choices_for(layers, not at) for at, stage in enumerate(policy.stages)]
        _COUNTED[key] = [
            _counted(TargetNetwork(network, layers, found, {}), cache, image_shape, backbone)
            for found in choices
        ]
    return _COUNTED[key]


def fits_in_memory(cost, n_images):
    """Whether what is kept of the images takes less than half of the free memory."""
    return 4 * cost.numbers * n_images < psutil.virtual_memory().available / 2


def _counted(network, cache, image_shape, backbone):
    bottom, top = network.split() if cache else (None, network)
    images = torch.empty(N, *image_shape, device="meta")
    try:
        once, inputs = _operations(lambda: bottom(images)) if bottom else (0, images)
        each_time, _ = _operations(lambda: top(inputs).sum().backward())
    except RuntimeError as problem:
        raise ValueError(
            f"{backbone.name} cannot take images of {image_shape[1]} x {image_shape[2]} pixels: "
            f"bring them to {backbone.side} x {backbone.side}."
        ) from problem
    numbers = inputs[0].numel() if bottom else 0
    return TrainingCost(once // N, each_time // N, numbers)


def _operations(call):
    with FlopCounterMode(display=False) as counter:
        result = call()
    return counter.get_total_flops(), result


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
