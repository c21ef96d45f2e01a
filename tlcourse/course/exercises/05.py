"""Exercises of notebook 05: what holds a boundary, a cut, a classifier with a dictionary."""

from collections import OrderedDict
from copy import deepcopy

import numpy as np
import torch
from sklearn.svm import SVC
from torch import nn

from tlcourse.course.exercises import Exercise


def clouds(seed, n=12, apart=1.2):
    rng, y = np.random.default_rng(seed), np.where(np.arange(n) % 2, 1, -1)
    return rng.normal(size=(n, 2)) + apart * y[:, None], y


def supports(X, y, C):
    return SVC(kernel="linear", C=C).fit(X, y)


def margins(X, y, C):
    return y * supports(X, y, C).decision_function(X)


def nearest_of_each(X, y, C):
    distance = np.abs(margins(X, y, C))
    rows = [np.flatnonzero(y == sign) for sign in (-1, 1)]
    return sorted(int(each[np.argmin(distance[each])]) for each in rows)


def listed(rows, *_):
    """Row numbers in order, whatever held them."""
    return rows if rows is None else sorted(int(row) for row in rows)


def network(seed):
    torch.manual_seed(seed)
    modules = {"conv1": nn.Conv2d(2, 3, 3), "relu1": nn.ReLU(), "flatten": nn.Flatten()}
    modules |= {"fc2": nn.Linear(48, 5), "relu2": nn.ReLU(), "fc3": nn.Linear(5, 4)}
    return nn.Sequential(OrderedDict(modules)).eval()


def small_networks():
    with torch.random.fork_rng():
        return [(network(1), "relu1"), (network(2), "fc2")]


def cut(network, layer, further=1):
    end = [name for name, _ in network.named_children()].index(layer) + further
    return nn.Sequential(*network[:end]), nn.Sequential(*network[end:])


def what_parts_are(parts, network, layer):
    """Modules in each part, what the first gives, weights of the second, how many are shared."""
    if not isinstance(parts, tuple | list) or len(parts) != 2:
        return parts
    images = torch.linspace(-1, 1, 144).reshape(2, 2, 6, 6)
    own = {id(weights) for weights in network.parameters()}
    shared = sum(id(weights) in own for part in parts for weights in part.parameters())
    weights = nn.utils.parameters_to_vector(parts[1].parameters())
    return [*map(len, parts), parts[0](images), weights, shared]


def counted(outputs, labels):
    table = np.zeros((outputs.max() + 1, labels.max() + 1))
    np.add.at(table, (outputs, labels), 1)
    return table


def answers(seed):
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(3), 20)
    outputs = np.where(rng.random(60) < 0.7, [0, 3, 4, 1, 2][seed % 5] + labels, labels) % 5
    outputs[:5] = np.arange(5)  # each occurs
    return outputs, labels, rng.integers(5, size=9)


def translate(outputs, labels, new_outputs):
    return counted(outputs, labels).argmax(axis=1)[new_outputs]


def one_output_a_label(outputs, labels, new_outputs):
    best = counted(outputs, labels).argmax(axis=0)
    words = np.zeros(outputs.max() + 1, dtype=int)
    words[best] = np.arange(len(best))
    return words[new_outputs]


EXERCISES = {
    "05: support vectors": Exercise(
        solution=lambda X, y, C: supports(X, y, C).support_,
        inputs=lambda: [(*clouds(0, apart=0.8), 1), (*clouds(2), 10)],
        read=listed,
        wrong=[
            (
                lambda X, y, C: np.flatnonzero(margins(X, y, C) < 0),
                "Those are the points on the wrong side. The ones on the margin, and inside it, "
                "move the boundary as well.",
            ),
            (
                lambda X, y, C: np.flatnonzero(margins(X, y, C) < 0.99),
                "Those are the points inside the margin. The ones that lie on it, at a score of 1 "
                "or -1, hold the boundary too.",
            ),
            (
                nearest_of_each,
                "Those are the points of each class nearest to the boundary. There are more: take "
                "out each of the points in turn, and see.",
            ),
            (
                lambda X, y, C: range(len(X)),
                "Those are all points. Two fits differ in their last digits: count a boundary as "
                "moved if a weight changes by more than 0.01.",
            ),
        ],
        right="Right. All other points may go, or never have been there.",
    ),
    "05: cut": Exercise(
        solution=cut,
        inputs=small_networks,
        read=what_parts_are,
        wrong=[
            (
                lambda network, layer: cut(network, layer, further=0),
                "The layer that is named is in the classifier: the representation ends with it.",
            ),
            (
                lambda network, layer: cut(network, layer, further=2),
                "The representation has a layer too many: it ends with the one that is named.",
            ),
            (
                lambda network, layer: (cut(network, layer)[0], network),
                "The second part is the whole network: give it what follows the cut only.",
            ),
            (
                lambda network, layer: deepcopy(cut(network, layer)),
                "The parts are copies: use the network's own modules, so that they stay one.",
            ),
        ],
        right="Right. Both parts share the network's weights, and together are the network.",
    ),
    "05: translate": Exercise(
        solution=translate,
        inputs=lambda: [answers(0), answers(1), answers(2)],
        wrong=[
            (
                lambda outputs, labels, new_outputs: new_outputs,
                "Those are the old classifier's outputs as they are: other classes have these "
                "numbers now.",
            ),
            (
                one_output_a_label,
                "You found for each label its most frequent output. Ask it the other way round: "
                "for each output its most frequent label, so that several outputs may share one.",
            ),
            (
                lambda outputs, labels, new_outputs: np.full(
                    len(new_outputs), np.bincount(labels).argmax()
                ),
                "That is the most frequent label of all, whatever the classifier says.",
            ),
        ],
        right="Right. A dictionary is all that an old classifier can be given: it tells no two "
        "images apart that it did not tell apart before.",
    ),
}
