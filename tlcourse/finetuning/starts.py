"""Three starts of the same network on the same target: from scratch, reused, reused and frozen.

``train_from`` trains one; the others are for its comparisons: what a linear SVM makes of reused
features, by images a class and by its settings, and what a network latches on to where a
background goes with the label.
"""

import warnings
from dataclasses import dataclass
from itertools import product

import numpy as np
import torch
from sklearn.exceptions import ConvergenceWarning
from torch.utils.data import Subset

from tlcourse.classifiers.score import (
    PER_CLASS,
    evaluate_features,
    every_second_class,
    of_rows,
    sample_per_class,
)
from tlcourse.datasets.drawn import DrawnImages
from tlcourse.domains.shift import STUDIO, draw_pair
from tlcourse.features.extraction import shipped_features
from tlcourse.finetuning.training import fine_tune
from tlcourse.networks.layers import small_vgg_backbone
from tlcourse.networks.occlusion import evidence_of_parts, occlusion_maps, spotlight
from tlcourse.networks.small_vgg import as_input

SCRATCH, FINE_TUNED, FROZEN = "from scratch", "reused, fine-tuned", "reused, frozen"
STARTS = {SCRATCH: "all random", FINE_TUNED: "fine-tune all", FROZEN: "reuse all"}
SETTINGS = {
    SCRATCH: {"learning_rate": 0.01, "augment": 0.0, "evaluate_every": 12},
    FINE_TUNED: {"learning_rate": 0.003, "evaluate_every": 12},
    FROZEN: {"learning_rate": 0.03, "evaluate_every": 5},
}
SAME_BUDGET = "same budget"
FAMILY, SOURCE = "insects", "natural"
FLOWERS = ("daisy", "sunflower", "poppy", "pansy", "daffodil")
FULL_NETWORK = "full network"
CS = (0.01, 0.1, 1, 10, 100)
NORMALIZED = ("none", "L2 per image", "L2 by layer", "standardized")


@dataclass(frozen=True)
class StartedRun:
    """What one run gave, from one start.

    ``budget`` is ``SAME_BUDGET``, "as long as it takes", "trial" or "long trial" (of settings, on
    photographs that are held out), or "grid". ``per_class`` training images a class; ``settings``
    are what differs from the defaults of ``fine_tune``. ``curve`` has the columns "step",
    "images", "cpu_seconds", "flops", and "accuracy" (0 to 1) on images that were not trained on.
    """

    start: str
    budget: str
    per_class: int
    seed: int
    settings: dict
    curve: dict

    @property
    def accuracy(self):
        """At the end of training: nothing was chosen on the test images."""
        return self.curve["accuracy"][-1]

    def curve_over(self, what="images"):
        """Two columns, as ``plots.plot_learning_curves`` takes them."""
        return self.curve[what], self.curve["accuracy"]


def train_from(start, source, train, test, seed=0, budget=SAME_BUDGET, **settings):
    """Train the course's network on a target, from random weights or from a source's.

    ``start`` is ``SCRATCH`` (with batch normalisation, without which it learns more slowly; the
    source is not looked at), ``FINE_TUNED`` or ``FROZEN``. Images and settings are as for
    ``fine_tune``; the settings win over ``SETTINGS``. ``budget`` is a name for what is spent.
    Gives a StartedRun, and the Run with the network that was best on the test images.

    Raises
    ------
    ValueError
        If there is no such start, or a setting does not fit.
    """
    if start not in STARTS:
        raise ValueError(f"There is no start {start!r}: choose from {', '.join(STARTS)}.")
    settings = {**SETTINGS[start], "batch_size": 20, "device": "cpu", **settings}
    options = dict(settings)
    width = options.pop("width", 1)
    backbone = small_vgg_backbone(width=width, seed=seed) if start == SCRATCH else source
    run = fine_tune(backbone, STARTS[start], train, test, seed=seed, **options)
    columns = ("step", "images", "cpu_seconds", "flops")
    curve = {name: [round(float(value), 2) for value in run.column(name)] for name in columns}
    curve["accuracy"] = [round(float(v), 4) for v in run.column("validation_accuracy")]
    per_class = len(train) // len(run.classes)
    return StartedRun(start, budget, per_class, seed, settings, curve), run


def drawn_flowers(per_class, seed):
    """Drawn flowers of five classes."""
    return DrawnImages("flowers", FLOWERS, per_class, seed)


def first_of_each_class(labels, n):
    """Rows of the first n images of each class: int64 tensor."""
    return torch.cat([(labels == label).nonzero()[:n, 0] for label in labels.unique()])


def five_insects():
    """Shipped features of five insects, (train, test): 40 and 50 photographs a class."""
    return tuple(every_second_class(part) for part in shipped_features(SOURCE, FAMILY))


def flowers_of_the_grid(per_class=PER_CLASS, n_test=40):
    """Training and test flowers that the grid from scratch was measured on, as data sets."""
    pool = drawn_flowers(2 * PER_CLASS, seed=0)
    rows = sample_per_class(pool.targets, per_class, seed=0)
    return Subset(pool, rows.tolist()), drawn_flowers(n_test, seed=1)


def accuracy_by_volume(train, test, layers="fc7", volumes=(1, 2, 5, 10, 20, 40), seeds=range(5)):
    """Accuracy (0 to 1) of a linear SVM on Features, {images a class: of each draw}.

    ``layers`` is one or several, ``"full network"`` all of them. One draw where all images are
    taken; ValueError if a class has fewer."""
    layers, seeds = _as_layers(layers, train), list(seeds)
    most = np.bincount(train.labels).max()
    return {
        volume: [
            evaluate_features(
                of_rows(train, sample_per_class(train.labels, volume, seed)), test, layers, seed
            ).accuracy
            for seed in (seeds if volume != most else seeds[:1])
        ]
        for volume in volumes
    }


def accuracy_of_settings(train, test, layer_sets=("fc7", FULL_NETWORK), normalizations=NORMALIZED):
    """Accuracy (0 to 1) of a linear SVM on Features, {(layers, normalization, C): accuracy}.

    ``layer_sets`` as ``layers`` of ``accuracy_by_volume``. A careless setting may not converge: it
    counts as it is."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return {
            (name, normalization, C): evaluate_features(
                train, test, _as_layers(name, train), C=C, normalization=normalization
            ).accuracy
            for name, normalization, C in product(layer_sets, normalizations, CS)
        }


def _as_layers(layers, features):
    if layers == FULL_NETWORK:
        return tuple(features.layer_sizes)
    return (layers,) if isinstance(layers, str) else tuple(layers)


@dataclass(frozen=True)
class LatchedOn:
    """One network after training with a background that goes with the label."""

    agreeing: float
    conflicting: float
    evidence: np.ndarray
    classifier: object

    @property
    def background_share(self):
        """Share of the lost margins that the background holds, from 0 to 1."""
        background, animal = np.clip(self.evidence, 0, None)
        return float(background / (background + animal)) if background + animal else 0.0


class MarginOf:
    """A trained run of two classes as ``tlcourse.networks.occlusion`` takes one."""

    def __init__(self, run):
        self.network = run.network

    @torch.no_grad()
    def decision_function(self, inputs):
        """Score of class 1 less that of class 0: ndarray of shape (n,)."""
        scores = torch.cat([self.network(batch) for batch in inputs.split(100)])
        return (scores[:, 1] - scores[:, 0]).numpy()


def as_inputs(pictures):
    """Pictures, uint8 (n, side, side, 3), as the course's networks take them."""
    pixels = torch.from_numpy(np.ascontiguousarray(pictures)).permute(0, 3, 1, 2)
    return as_input(pixels).contiguous(memory_format=torch.channels_last)


def draw_shortcut(n_train=40, n_test=80):
    """Training animals before their own colour (a Sample), and test animals before both (a
    CounterfactualPair); ValueError if a number of pictures is not even.
    """
    train = draw_pair(n_train, {}, STUDIO, seed=0).agreeing
    return train, draw_pair(n_test, {}, STUDIO, seed=1)


def latch_on(start, source, train, test, seed=0, n_explained=8, **settings):
    """Train where background and label agree; ask what the decision rests on: a LatchedOn.

    ``start``, ``source`` and settings as for ``train_from``, images of ``draw_shortcut``. In
    ``n_explained`` test pictures the background, and the animal, is painted grey.
    """
    sets = [(as_inputs(each.pictures), each.labels) for each in (train, test.agreeing)]
    _, run = train_from(start, source, *sets, seed=seed, progress=False, **settings)
    right = [
        run.accuracy((as_inputs(part.pictures), part.labels))
        for part in (test.agreeing, test.conflicting)
    ]
    few, classifier = test.rows(slice(n_explained)), MarginOf(run)
    evidence = evidence_of_parts(
        classifier, as_inputs, few.agreeing.pictures, few.background_masks()
    )
    return LatchedOn(*right, evidence.mean(0), classifier)


def lit_where_it_looks(latched, pictures):
    """Pictures that are bright where a grey square costs the network most: occlusion maps."""
    evidence = occlusion_maps(latched.classifier, as_inputs, pictures)
    return list(map(spotlight, pictures, evidence))
