"""Exercises of notebook 07: an occlusion map by hand, and a layer chosen without test images."""

import numpy as np
import torch
from sklearn.linear_model import RidgeClassifier
from sklearn.model_selection import cross_val_score

from tlcourse.course.exercises import Exercise


def scored(*shape):
    """A score that weighs places, and an image for it."""
    weights, image = torch.rand(2, 3, *shape, generator=torch.Generator().manual_seed(sum(shape)))
    return lambda given: (given * weights).sum(), image


def occlusion_map(score, image, tile, grey=0.5, copy=torch.clone, sign=1):
    lost = torch.zeros(image.shape[1] // tile, image.shape[2] // tile)
    whole = score(image)
    for i, j in np.ndindex(*lost.shape):
        covered = copy(image)
        covered[:, i * tile : (i + 1) * tile, j * tile : (j + 1) * tile] = grey
        lost[i, j] = sign * (whole - score(covered))
    return lost


def layers_of_noise(seed):
    """Three layers: the first is read a little, the second well, the last is wide and of noise."""
    rng = np.random.default_rng(seed)
    y, (early, middle, wide) = np.arange(60) % 3, (rng.normal(size=(60, n)) for n in (9, 9, 300))
    early[:, :3] += 1.5 * np.eye(3)[y]
    middle[:, :3] += 5 * np.eye(3)[y]
    layers = {"early": early, "middle": middle, "wide": wide}
    return {name: layers[name] for name in list(layers)[seed:] + list(layers)[:seed]}, y


def accuracies(layers, y, machine):
    return {name: cross_val_score(machine, X, y, cv=3).mean() for name, X in layers.items()}


def best_layer(layers, y, machine):
    found = accuracies(layers, y, machine)
    return max(found, key=found.get)


EXERCISES = {
    "07: occlusion map": Exercise(
        solution=occlusion_map,
        inputs=lambda: [(*scored(8, 8), 4), (*scored(6, 9), 3)],
        wrong=[
            (
                lambda *given: occlusion_map(*given, copy=lambda image: image),
                "The tiles stay covered, one after the other: cover a clone of the image.",
            ),
            (
                lambda *given: occlusion_map(*given, sign=-1),
                "The sign is turned: what is lost is the image's score less the covered one's.",
            ),
            (
                lambda *given: occlusion_map(*given, grey=0),
                "You covered with black, which is a colour that a score may like: grey is 0.5.",
            ),
        ],
        right="Right. Where the map is high, the score rests on the picture.",
    ),
    "07: best layer": Exercise(
        solution=best_layer,
        inputs=lambda: [(*layers_of_noise(seed), RidgeClassifier()) for seed in (0, 1, 2)],
        wrong=[
            (
                lambda layers, y, machine: max(
                    layers, key=lambda name: machine.fit(layers[name], y).score(layers[name], y)
                ),
                "That is right on the images it was trained on, where a wide layer of noise is "
                "perfect: score on images left out.",
            ),
            (lambda layers, y, machine: list(layers)[-1], "The last layer is not always best."),
            (
                lambda *given: max(accuracies(*given).values()),
                "That is the accuracy of the best layer; its name is wanted: max(..., key=...).",
            ),
        ],
        right="Right. A choice of layers is a choice like that of C: made before the test images.",
    ),
}
