"""Exercises of notebook 00: what the top five rest on."""

import numpy as np
import torch

from tlcourse.course.exercises import Exercise

SCORES = [[1.0, 2.0, 3.0], [0.5, -1.0, 4.0]]
LABELS = [0, 0, 0, 0, 0, 0, 1, 1, 2, 2]
PREDICTED = [0, 0, 0, 0, 0, 1, 1, 0, 2, 1]


def mean_class_accuracy(predicted, labels):
    return np.mean([(predicted[labels == label] == label).mean() for label in np.unique(labels)])


def mean_precision(predicted, labels):
    return np.mean([(labels[predicted == each] == each).mean() for each in np.unique(predicted)])


EXERCISES = {
    "00: softmax": Exercise(
        solution=lambda scores: scores.exp() / scores.exp().sum(dim=1, keepdim=True),
        inputs=lambda: [(torch.tensor(SCORES),), (torch.zeros(1, 4),)],
        wrong=[
            (
                lambda scores: scores / scores.sum(dim=1, keepdim=True),
                "Shares of the scores themselves: a score may be negative, and no probability is. "
                "Take exponentials first.",
            ),
            (
                lambda scores: scores.exp() / scores.exp().sum(),
                "Divided by the sum over all images: each row has to sum to 1 by itself.",
            ),
            (
                lambda scores: scores.softmax(dim=0),
                "Normalised over the images, not over the classes: the classes are dimension 1.",
            ),
            (
                lambda scores: scores.sigmoid(),
                "That is a sigmoid of each score alone: the classes of an image do not sum to 1.",
            ),
        ],
        right="Right. The classes share 1 among them, so the network has to answer even when "
        "nothing in the picture is one of them.",
    ),
    "00: mean class accuracy": Exercise(
        solution=mean_class_accuracy,
        inputs=lambda: [
            (np.array(PREDICTED), np.array(LABELS)),
            (np.array([1, 1, 1, 1]), np.array([0, 1, 1, 1])),
        ],
        wrong=[
            (
                lambda predicted, labels: (predicted == labels).mean(),
                "That is the share of all images: a class of many images counts more than others.",
            ),
            (
                mean_precision,
                "You took the images that were called a class. Take those that are of it.",
            ),
            (
                lambda predicted, labels: 100 * mean_class_accuracy(predicted, labels),
                "The right numbers in percent: give a share, from 0 to 1.",
            ),
        ],
        right="Right. Who always answers the most frequent class gets no more than a guess by this "
        "score, which is the one of the lecture's tables.",
    ),
}
