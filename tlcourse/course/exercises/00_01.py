"""Exercises of notebooks 00 and 01."""

import numpy as np
import torch
from torch.nn import functional as F

from tlcourse.course.exercises import Exercise

SCORES = torch.tensor([[1.0, 2.0, 3.0], [0.5, -1.0, 4.0]])
LABELS = np.array([0, 0, 0, 0, 0, 0, 1, 1, 2, 2])
PREDICTED = np.array([0, 0, 0, 0, 0, 1, 1, 0, 2, 1])


def mean_class_accuracy(predicted, labels):
    return np.mean([(predicted[labels == label] == label).mean() for label in np.unique(labels)])


def a_step(*order, of_scores=lambda scores: scores):
    """A training step that does these in this order."""

    def step(network, optimizer, images, labels):
        loss = F.cross_entropy(of_scores(network(images)), labels)
        does = {"zero": optimizer.zero_grad, "backward": loss.backward, "step": optimizer.step}
        for name in order:
            does[name]()
        return loss.item()

    return step


RIGHT = ("zero", "backward", "step")


def _networks():
    arguments = []
    for seed, rate in ((0, 0.1), (1, 0.5)):
        generator = torch.Generator().manual_seed(seed)
        network = torch.nn.Linear(4, 3)
        with torch.no_grad():
            for weights in network.parameters():
                weights.copy_(torch.randn(weights.shape, generator=generator))
        images = torch.randn(6, 4, generator=generator)
        network(images).square().sum().backward()  # gradients of a batch before
        optimizer = torch.optim.SGD(network.parameters(), lr=rate)
        arguments.append((network, optimizer, images, torch.tensor([0, 1, 2, 0, 1, 2])))
    return arguments


def _loss_and_network(loss, network, *_):
    if loss is None:
        return None
    weights = torch.cat([each.detach().flatten() for each in network.parameters()])
    has_gradients = all(each.grad is not None for each in network.parameters())
    return [float(loss), weights.numpy(), has_gradients]


def place(accuracies, goal):
    return int(np.argmax(np.asarray(accuracies) >= goal))


def updates_until(updates, accuracies, goal):
    at = place(accuracies, goal)
    if at == 0:
        return updates[0]
    return np.interp(goal, accuracies[at - 1 : at + 1], updates[at - 1 : at + 1])


def since_best(accuracies):
    return len(accuracies) - 1 - int(np.argmax(accuracies))


def since_last_best(accuracies):
    return int(np.argmax(accuracies[::-1]))


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
    "01: step": Exercise(
        solution=a_step(*RIGHT),
        inputs=_networks,
        wrong=[
            (
                a_step("backward", "step"),
                "The gradients of the batch before are still there, and are added to these.",
            ),
            (a_step("zero", "backward"), "The weights have not moved: who takes the step?"),
            (
                a_step("backward", "zero", "step"),
                "The gradients are set to zero after backward(), so that the step has none.",
            ),
            (
                a_step(*RIGHT, of_scores=lambda scores: scores.softmax(1)),
                "cross_entropy takes scores: it has the softmax in it, and yours comes twice.",
            ),
        ],
        right="Right. These lines are the same from scratch and from reused weights; only the "
        "weights at the beginning differ.",
        read=_loss_and_network,
    ),
    "01: updates until": Exercise(
        solution=updates_until,
        inputs=lambda: [
            ([10, 20, 40, 100], [0.2, 0.3, 0.5, 0.6], 0.4),
            ([10, 20, 40, 100, 200], [0.2, 0.5, 0.4, 0.6, 0.7], 0.45),
            ([10, 20, 40], [0.3, 0.4, 0.6], 0.25),
        ],
        wrong=[
            (
                lambda updates, accuracies, goal: updates[place(accuracies, goal)],
                "That is the first evaluation at the goal or above. It was reached before it: on "
                "the straight line from the evaluation before.",
            ),
            (
                lambda updates, accuracies, goal: place(accuracies, goal),
                "That is the place in the list. Which update stands at that place?",
            ),
            (
                lambda updates, accuracies, goal: np.interp(goal, np.sort(accuracies), updates),
                "A curve goes up and down, and sorted it is another one. Look for the first time, "
                "then at the two points around it.",
            ),
            (
                lambda updates, accuracies, goal: updates[int(np.argmax(accuracies))],
                "That is where the curve is highest, not where it comes to the goal.",
            ),
        ],
        right="Right. Read in this direction, two curves are compared at the same accuracy.",
    ),
    "01: has stopped": Exercise(
        solution=lambda accuracies, patience: since_best(accuracies) >= patience,
        inputs=lambda: [
            ([0.2, 0.4, 0.5, 0.45, 0.48, 0.5], 3),
            ([0.2, 0.5, 0.4, 0.45], 3),
            ([0.2, 0.5, 0.4, 0.45], 2),
            ([0.5, 0.1, 0.2, 0.3], 2),
            ([0.2, 0.3, 0.25, 0.3], 2),
            ([0.2, 0.3], 1),
        ],
        wrong=[
            (
                lambda accuracies, patience: accuracies[-1] <= accuracies[-1 - patience],
                "You compare with one evaluation only. The best of all of them counts.",
            ),
            (
                lambda accuracies, patience: since_best(accuracies) > patience,
                "That is one evaluation too late: count those after the best one.",
            ),
            (
                lambda accuracies, patience: since_best(accuracies) + 1 >= patience,
                "That is one evaluation too early: the best one itself does not count.",
            ),
            (
                lambda accuracies, patience: since_last_best(accuracies) >= patience,
                "An evaluation that is as good is not better: the first of equals is the best.",
            ),
        ],
        right="Right. This rule ends every run of the notebook, with few images and with many.",
    ),
}
