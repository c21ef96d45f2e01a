"""Exercises of notebook 01: a training step, a curve read backwards, and when to stop."""

import numpy as np
import torch
from torch.nn import functional as F

from tlcourse.course.exercises import Exercise


def step(network, optimizer, images, labels):
    loss = F.cross_entropy(network(images), labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


def _without_zero_grad(network, optimizer, images, labels):
    loss = F.cross_entropy(network(images), labels)
    loss.backward()
    optimizer.step()
    return loss.item()


def _without_step(network, optimizer, images, labels):
    loss = F.cross_entropy(network(images), labels)
    optimizer.zero_grad()
    loss.backward()
    return loss.item()


def _zero_grad_too_late(network, optimizer, images, labels):
    loss = F.cross_entropy(network(images), labels)
    loss.backward()
    optimizer.zero_grad()
    optimizer.step()
    return loss.item()


def _softmax_first(network, optimizer, images, labels):
    loss = F.cross_entropy(network(images).softmax(1), labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


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


def updates_until(updates, accuracies, goal):
    at = int(np.argmax(np.asarray(accuracies) >= goal))
    if at == 0:
        return updates[0]
    return np.interp(goal, accuracies[at - 1 : at + 1], updates[at - 1 : at + 1])


def _at_the_evaluation(updates, accuracies, goal):
    return updates[int(np.argmax(np.asarray(accuracies) >= goal))]


def _place(updates, accuracies, goal):
    return int(np.argmax(np.asarray(accuracies) >= goal))


def _over_all(updates, accuracies, goal):
    return np.interp(goal, np.sort(accuracies), updates)


def _of_the_best(updates, accuracies, goal):
    return updates[int(np.argmax(accuracies))]


def has_stopped(accuracies, patience):
    return len(accuracies) - 1 - int(np.argmax(accuracies)) >= patience


EXERCISES = {
    "01: step": Exercise(
        solution=step,
        inputs=_networks,
        wrong=[
            (
                _without_zero_grad,
                "The gradients of the batch before are still there, and are added to these.",
            ),
            (_without_step, "The weights have not moved: who takes the step?"),
            (
                _zero_grad_too_late,
                "The gradients are set to zero after backward(), so that the step has none.",
            ),
            (
                _softmax_first,
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
                _at_the_evaluation,
                "That is the first evaluation at the goal or above. It was reached before it: on "
                "the straight line from the evaluation before.",
            ),
            (_place, "That is the place in the list. Which update stands at that place?"),
            (
                _over_all,
                "A curve goes up and down, and sorted it is another one. Look for the first time, "
                "then at the two points around it.",
            ),
            (_of_the_best, "That is where the curve is highest, not where it comes to the goal."),
        ],
        right="Right. Read in this direction, two curves are compared at the same accuracy.",
    ),
    "01: has stopped": Exercise(
        solution=has_stopped,
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
                lambda accuracies, patience: (
                    len(accuracies) - 1 - int(np.argmax(accuracies)) > patience
                ),
                "That is one evaluation too late: count those after the best one.",
            ),
            (
                lambda accuracies, patience: (
                    len(accuracies) - int(np.argmax(accuracies)) >= patience
                ),
                "That is one evaluation too early: the best one itself does not count.",
            ),
            (
                lambda accuracies, patience: (
                    len(accuracies) - 1 - max(np.flatnonzero(accuracies == np.max(accuracies)))
                    >= patience
                ),
                "An evaluation that is as good is not better: the first of equals is the best.",
            ),
        ],
        right="Right. This rule ends every run of the notebook, with few images and with many.",
    ),
}
