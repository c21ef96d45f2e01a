"""A network cut in two, and what can be reused of it: the classifier or the representation."""

from itertools import product

import numpy as np
from scipy.optimize import linear_sum_assignment
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import nn

from tlcourse.classifiers.score import sample_per_class
from tlcourse.classifiers.svm import LinearSVM, mean_class_accuracy
from tlcourse.datasets.animal_pictures import SOURCE_TASK, TASKS
from tlcourse.datasets.split import stratified_split
from tlcourse.features.samples import class_indices, feature_matrix
from tlcourse.networks.units import children_of

AS_IT_IS = "classifier as it is"
TRAIN_PER_BREED = 12


def cut_network(backbone, layer):
    """The network in two parts that share its weights: (representation, classifier).

    ``layer`` is the representation's last, its ReLU included; the scores are
    ``classifier(representation(images))``. ValueError if there is no such layer, or the network is
    not one sequence of layers."""
    (layer,) = backbone.check_layers([layer])
    names, parts = zip(*children_of(backbone), strict=True)
    end = names.index(backbone.layers[layer]) + 1
    return nn.Sequential(*parts[:end]).eval(), nn.Sequential(*parts[end:]).eval()


def new_classifier():
    """A linear SVM on standardised features, not trained: every representation gets this one."""
    return make_pipeline(StandardScaler(), LinearSVM(C=1e-3, tol=1e-2, random_state=0))


def linear_separability(X, labels, train_per_class=12, seeds=range(3), groups=None):
    """What ``new_classifier`` makes of a representation, as ``best_of_draws``."""
    return best_of_draws([new_classifier()], X, labels, train_per_class, seeds, groups)


def best_of_draws(machines, X, labels, train_per_class, seeds, groups=None):
    """Mean class accuracy (0 to 1) of the machine that is best on the test images, one a draw.

    ``X`` is (images, features). Of each label, or of each of ``groups``, ``train_per_class`` images
    train and all others test. ValueError if labels do not fit, or none is left to test.
    """
    X, best = feature_matrix(X), []
    y = class_indices(labels, len(X))
    for seed in seeds:
        train, test = stratified_split(y if groups is None else groups, train_per_class, seed)
        predicted = [machine.fit(X[train], y[train]).predict(X[test]) for machine in machines]
        best.append(max(mean_class_accuracy(y[test], guess) for guess in predicted))
    return best


def matched_accuracy(outputs, labels):
    """The most that a classifier's outputs can be worth for another label space."""
    outputs = class_indices(outputs, len(outputs), "outputs", minimum=1)
    labels = class_indices(labels, len(outputs), "labels", minimum=1)
    counts = np.zeros((labels.max() + 1, outputs.max() + 1))
    np.add.at(counts, (labels, outputs), 1)
    shares = counts / counts.sum(axis=1, keepdims=True)
    return float(shares[linear_sum_assignment(shares, maximize=True)].sum() / len(shares))


def reuse_classifier(source, target, labels, task, seed=0):
    """The source's species classifier on pictures of a domain, judged on a task of them."""
    train, test, y = _split(labels, task, seed)
    species = labels[SOURCE_TASK]
    outputs = new_classifier().fit(source[train], species[train]).predict(target[test])
    if task == SOURCE_TASK:
        return mean_class_accuracy(y[test], outputs)
    return matched_accuracy(outputs, y[test])


def reuse_representation(target, labels, task, per_class=10, seed=0):
    """A new classifier on few pictures of the target domain, in a representation that is reused."""
    train, test, y = _split(labels, task, seed)
    few = train[sample_per_class(y[train], per_class, seed)]
    predicted = new_classifier().fit(target[few], y[few]).predict(target[test])
    return mean_class_accuracy(y[test], predicted)


def tasks_by_domains(representations, labels, seeds=range(5), per_class=10):
    """Reusing the classifier against reusing the representation, for every task and domain.

    ``representations``: name -> domain -> matrix. The first is the one that is reused, the others
    are controls; the first domain is the source's. ``labels``: task -> label of each picture.
    ``{(task, domain, name): [accuracy of each seed]}``, the names being ``AS_IT_IS`` (on the first
    representation) and those of the representations.
    """
    seeds, (reused, *_) = list(seeds), representations.values()
    source, found = next(iter(reused.values())), {}
    for task, domain in product(TASKS, reused):
        found[task, domain, AS_IT_IS] = [
            reuse_classifier(source, reused[domain], labels, task, seed) for seed in seeds
        ]
        for name, matrices in representations.items():
            found[task, domain, name] = [
                reuse_representation(matrices[domain], labels, task, per_class, seed)
                for seed in seeds
            ]
    return found


def _split(labels, task, seed):
    if task not in TASKS:
        raise ValueError(f"There is no task {task!r}: name one of {', '.join(TASKS)}.")
    return *stratified_split(labels["breed"], TRAIN_PER_BREED, seed), labels[task]
