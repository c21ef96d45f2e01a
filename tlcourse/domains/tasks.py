"""Tasks: a label space Y and a function f learned for it, and what of f_S serves another task.

f is a network: the convolutions of a backbone describe a picture and stay as they are; fc6, fc7
and a new last layer are trained. So a function costs a fraction of a second, and its fc7 is the
representation that it learned for its own task.
"""

import copy
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from tlcourse import random_numbers
from tlcourse.classifiers.svm import mean_class_accuracy
from tlcourse.datasets.drawn import DrawnImages
from tlcourse.datasets.drawn.animals import CLASSES, LABEL_SPACES
from tlcourse.networks.backbones import Backbone

CUT = "fc6"  # what lies below is frozen
EPOCHS, BATCH_SIZE, LEARNING_RATE, MOMENTUM, WEIGHT_DECAY = 10, 20, 0.01, 0.9, 5e-4
SOURCE_BREEDS = ("tabby cat", "tuxedo cat", "siamese cat", "labrador", "beagle", "german shepherd")

OTHER_BREEDS = ("ginger cat", "persian cat", "dalmatian", "pug", "poodle")

LIONS_AND_WOLVES = tuple(name for name in CLASSES if "lion" in name or name.endswith(" wolf"))


@dataclass(frozen=True)
class Animals:
    """Pictures (PIL) of drawn animals and what the frozen layers say of them, the input of fc6."""

    pictures: list
    breeds: np.ndarray
    activations: torch.Tensor

    def __len__(self):
        return len(self.breeds)

    def labels(self, space):
        """The label of each picture in a label space: ``"breed"``, ``"species"`` or ``"kind"``."""
        return np.array([label_of(breed, space) for breed in self.breeds])

    def few(self, per_label, seed=0, space="kind"):
        """``per_label`` pictures of each label, drawn without replacement."""
        labels, rng, rows = self.labels(space), np.random.default_rng(seed), []
        for label in np.unique(labels):
            candidates = np.flatnonzero(labels == label)
            if not 1 <= per_label <= len(candidates):
                raise ValueError(
                    f"There are {len(candidates)} pictures of {label}, and {per_label} were asked "
                    "for: ask for one at least, and no more than there are."
                )
            rows.extend(rng.choice(candidates, per_label, replace=False))
        return self[rows]

    def __getitem__(self, rows):
        return Animals([self.pictures[i] for i in rows], self.breeds[rows], self.activations[rows])


def label_of(name, space):
    """What a breed or a species of drawn animals is called in a label space."""
    if space != "breed" and space not in LABEL_SPACES:
        known = ", ".join(["breed", *LABEL_SPACES])
        raise ValueError(f"There is no label space {space!r} of animals: name one of {known}.")
    if name in CLASSES:
        return name if space == "breed" else LABEL_SPACES[space][name]
    breed = next((breed for breed, of in LABEL_SPACES["species"].items() if of == name), None)
    if breed is None or space == "breed":
        raise ValueError(f"{name!r} has no name in the label space {space!r}.")
    return LABEL_SPACES[space][breed]


def draw_sample(backbone, breeds, n_per_breed, seed=0):
    """Draw pictures of some breeds and pass them through the frozen layers of a backbone.

    Raises ValueError if a breed is unknown or ``n_per_breed`` is below 1.
    """
    images = DrawnImages("animals", list(breeds), n_per_breed, seed, side=backbone.side)
    pictures = [picture for picture, _ in images]
    frozen, _ = cut(backbone)
    with torch.inference_mode():
        batch = torch.stack([backbone.preprocess(picture) for picture in pictures])
        activations = torch.cat([frozen(part) for part in batch.split(64)])
    names = np.array(images.classes)[images.targets]
    return Animals(pictures, names, activations.clone())


def cut(backbone):
    """The network below ``CUT``, and from there up; both share the backbone's weights."""
    names = [name for name, _ in backbone.network.named_children()]
    if CUT not in names:
        raise ValueError(f"{backbone.name} has no layer {CUT!r}: it has {', '.join(names)}.")
    place = names.index(CUT)
    return backbone.network[:place], backbone.network[place:]


@dataclass(frozen=True)
class PredictiveFunction:
    """f: from pictures to labels of one label space Y, ``names`` in the order of its outputs."""

    names: tuple
    network: nn.Sequential

    def predict(self, sample):
        """The label that f gives to each picture, shape (n,)."""
        with torch.inference_mode():
            best = self.network(sample.activations).argmax(1)
        return np.array(self.names)[best.numpy()]

    def represent(self, sample):
        """What f computes before its last layer (fc7, after ReLU), shape (n, d)."""
        with torch.inference_mode():
            return self.network[:-1](sample.activations).numpy()

    def read_as(self, space):
        """The same network with its labels renamed: a cat is a feline."""
        return PredictiveFunction(tuple(label_of(n, space) for n in self.names), self.network)

    def accuracy(self, sample, space):
        """Mean class accuracy, a share of 1, when the truth is told in a label space."""
        return mean_class_accuracy(sample.labels(space), self.predict(sample))


def learn(sample, space, start, seed=0, epochs=EPOCHS):
    """Learn f from labelled pictures, starting from a backbone or from another function.

    ``start`` is never changed: a function of the same labels is fine-tuned as a whole, else the
    last layer is a new one. ``seed`` is of the new layer, the order of the pictures and dropout.
    """
    labels = sample.labels(space)
    with random_numbers.kept():
        random_numbers.seed(seed)
        names = tuple(dict.fromkeys(labels.tolist()))
        network = copy.deepcopy(cut(start)[1] if isinstance(start, Backbone) else start.network)
        if isinstance(start, PredictiveFunction) and set(start.names) == set(names):
            names = start.names
        else:
            network[-1] = nn.Linear(network[-1].in_features, len(names))
        y = torch.tensor([names.index(label) for label in labels])
        _train(network, sample.activations, y, epochs)
    return PredictiveFunction(names, network)


def _train(network, X, y, epochs):
    network.train()
    optimizer = torch.optim.SGD(
        network.parameters(), LEARNING_RATE, momentum=MOMENTUM, weight_decay=WEIGHT_DECAY
    )
    for _ in range(epochs):
        for rows in torch.randperm(len(y)).split(BATCH_SIZE):
            optimizer.zero_grad()
            nn.functional.cross_entropy(network(X[rows]), y[rows]).backward()
            optimizer.step()
    network.eval()
