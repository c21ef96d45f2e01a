"""What a linear SVM makes of reused features: by images a class, and by its settings."""

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


@dataclass(frozen=True)
class StartedRun:
    """What one run gave, from one start.

    Attributes
    ----------
    start : str
        A key of ``STARTS``.
    budget : str
        ``SAME_BUDGET``, ``AS_LONG``; ``TRIAL`` or ``LONG_TRIAL`` of a run that tries settings, on
        photographs that are held out; or "grid".
    per_class, seed : int
        Training images a class, and the seed of all that is random.
    settings : dict
        What differs from the defaults of ``tlcourse.finetuning.training.fine_tune``.
    curve : dict of str to list
        ``"step"``, ``"images"``, ``"cpu_seconds"``, ``"flops"``, and ``"accuracy"`` from 0 to 1,
        on images that were not trained on.
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

    Parameters
    ----------
    start : str
        ``SCRATCH`` (with batch normalisation, without which it learns more slowly),
        ``FINE_TUNED`` or ``FROZEN``.
    source : Backbone
        Not looked at from scratch.
    train, test : Dataset of (PIL image, label), or PreparedImages
    seed : int
    budget : str
        A name for what is spent.
    **settings
        As for ``tlcourse.finetuning.training.fine_tune``; they win over those of ``SETTINGS``.

    Returns
    -------
    StartedRun
    Run
        With the network that was best on the test images.

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


FULL_NETWORK = "full network"

CS = (0.01, 0.1, 1, 10, 100)

NORMALIZED = ("none", "L2 per image", "L2 by layer", "standardized")


def five_insects(source=SOURCE):
    """Shipped features of the photographs that learning from scratch was measured on.

    Parameters
    ----------
    source : {"natural", "manmade"}

    Returns
    -------
    train, test : Features
        Five classes; 40 training and 50 test images of each.
    """
    return tuple(every_second_class(part) for part in shipped_features(source, FAMILY))


def flowers_of_the_grid(per_class=PER_CLASS, n_test=40):
    """The drawn flowers that the grid from scratch was measured on.

    Returns
    -------
    train, test : Dataset of (PIL image, label)
    """
    pool = drawn_flowers(2 * PER_CLASS, seed=0)
    rows = sample_per_class(pool.targets, per_class, seed=0)
    return Subset(pool, rows.tolist()), drawn_flowers(n_test, seed=1)


def accuracy_by_volume(train, test, layers="fc7", volumes=(1, 2, 5, 10, 20, 40), seeds=range(5)):
    """Accuracy of a linear SVM by training images a class.

    Parameters
    ----------
    train, test : Features
    layers : str or sequence of str
        ``"full network"`` takes all of them.
    volumes : sequence of int
    seeds : iterable of int
        Draws of the training images.

    Returns
    -------
    dict of int to list of float
        Images a class -> accuracy of each draw, from 0 to 1; one where all images are taken.

    Raises
    ------
    ValueError
        If a class has fewer images.
    """
    layers, seeds = _as_layers(layers, train), list(seeds)
    most = np.bincount(train.labels).max()
    return {
        volume: [
            evaluate_features(_drawn(train, volume, seed), test, layers, seed).accuracy
            for seed in (seeds if volume != most else seeds[:1])
        ]
        for volume in volumes
    }


def accuracy_of_settings(train, test, layer_sets=("fc7", FULL_NETWORK), normalizations=NORMALIZED):
    """Accuracy of a linear SVM with every combination of C, normalization and layers.

    Parameters
    ----------
    train, test : Features
    layer_sets : sequence of str
        As ``layers`` of ``accuracy_by_volume``.
    normalizations : sequence of str
        Of ``tlcourse.features.normalization.NORMALIZATIONS``.

    Returns
    -------
    dict of (str, str, float) to float
        (layers, normalization, C) -> accuracy, from 0 to 1. A careless setting may not converge:
        it counts as it is.
    """
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


def _drawn(train, volume, seed):
    return of_rows(train, sample_per_class(train.labels, volume, seed))


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
    from tlcourse.networks.small_vgg import as_input

    pixels = torch.from_numpy(np.ascontiguousarray(pictures)).permute(0, 3, 1, 2)
    return as_input(pixels).contiguous(memory_format=torch.channels_last)


def draw_shortcut(n_train=40, n_test=80, seed=0):
    """Training animals before their own colour, and test animals before both.

    Returns
    -------
    train : Sample
    test : CounterfactualPair

    Raises
    ------
    ValueError
        If a number of pictures is not even.
    """
    train = draw_pair(n_train, {}, STUDIO, seed=2 * seed).agreeing
    return train, draw_pair(n_test, {}, STUDIO, seed=2 * seed + 1)


def latch_on(start, source, train, test, seed=0, n_explained=8, **settings):
    """Train where background and label agree; ask what the decision rests on.

    Parameters
    ----------
    start, source
        As for ``tlcourse.finetuning.starts.train_from``.
    train : Sample
    test : CounterfactualPair
    seed : int
    n_explained : int
        Test pictures whose background, and whose animal, is painted grey.
    **settings
        Of the training.

    Returns
    -------
    LatchedOn
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
