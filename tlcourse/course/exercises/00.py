"""Exercises of notebook 00: probabilities of scores, and the score of the lecture's tables."""

import numpy as np
import torch

from tlcourse.course.exercises import Exercise

SCORES = torch.tensor([[1.0, 2.0, 3.0], [0.5, -1.0, 4.0]])
LABELS = np.array([0, 0, 0, 0, 0, 0, 1, 1, 2, 2])
PREDICTED = np.array([0, 0, 0, 0, 0, 1, 1, 0, 2, 1])


def mean_class_accuracy(predicted, labels):
    return np.mean([(predicted[labels == label] == label).mean() for label in np.unique(labels)])


EXERCISES = {
    "00: softmax": Exercise(
        solution=lambda s: s.exp() / s.exp().sum(dim=1, keepdim=True),
        inputs=lambda: [(SCORES,), (torch.zeros(1, 4),)],
        wrong=[
            (
                lambda s: s / s.sum(dim=1, keepdim=True),
                "A score may be negative, and no probability is: take exponentials first.",
            ),
            (lambda s: s.exp() / s.exp().sum(), "Each row has to sum to 1 by itself."),
            (lambda s: s.softmax(dim=0), "The classes share 1, not the images: take dimension 1."),
            (torch.sigmoid, "A sigmoid looks at each score alone: the rows do not sum to 1."),
        ],
        right="Right. The classes share 1 among them, so the network has to answer even when "
        "nothing in the picture is one of them.",
    ),
    "00: mean class accuracy": Exercise(
        solution=mean_class_accuracy,
        inputs=lambda: [(PREDICTED, LABELS), (np.array([1, 1, 1, 1]), np.array([0, 1, 1, 1]))],
        wrong=[
            (
                lambda predicted, labels: (predicted == labels).mean(),
                "That is the share of all images: a class of many images counts more than others.",
            ),
            (
                lambda predicted, labels: mean_class_accuracy(labels, predicted),
                "You took the images that were called a class. Take those that are of it.",
            ),
            (
                lambda predicted, labels: 100 * mean_class_accuracy(predicted, labels),
                "The right numbers in percent: give a share, from 0 to 1.",
            ),
        ],
        right="Right. Who always answers the most frequent class is no better than a guess by this "
        "score, which is the one of the lecture's tables.",
    ),
}
