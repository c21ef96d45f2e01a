"""A network cut in two, and what can be reused of it: the classifier or the representation."""

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

AS_IT_IS = "classifier as it is"


def cut_network(backbone, layer):
    """The network in two parts that share its weights.

    Parameters
    ----------
    backbone : Backbone
    layer : str
        The last layer of the first part, its ReLU included.

    Returns
    -------
    representation, classifier : nn.Sequential
        ``classifier(representation(images))`` are the scores of the network.

    Raises
    ------
    ValueError
        If there is no such layer, or the network is not one sequence of layers.
    """
    (layer,) = backbone.check_layers([layer])
    children = list(backbone.network.named_children())
    names = [name for name, _ in children]
    if not isinstance(backbone.network, nn.Sequential) or backbone.layers[layer] not in names:
        raise ValueError(
            f"{backbone.name} is not one sequence of layers: cut a VGG-like network or AlexNet."
        )
    end = names.index(backbone.layers[layer]) + 1
    parts = [module for _, module in children]
    return nn.Sequential(*parts[:end]).eval(), nn.Sequential(*parts[end:]).eval()


def new_classifier(C=1e-3):
    """A linear SVM on standardised features, not trained: every representation gets this one."""
    return make_pipeline(StandardScaler(), LinearSVM(C=C, tol=1e-2, random_state=0))


def linear_separability(X, labels, train_per_class=12, seeds=range(3), groups=None):
    """What a linear classifier makes of a representation.

    Parameters
    ----------
    X : array-like of shape (images, features)
    labels : array-like of int, shape (images,)
    train_per_class : int
        Images of each label that train; all others test.
    seeds : iterable of int
        One draw of the training images each.
    groups : array-like of int, optional
        Draw ``train_per_class`` images of each of these groups, not of each label.

    Returns
    -------
    list of float
        Mean class accuracy on the other images, one a seed.

    Raises
    ------
    ValueError
        If labels do not fit, or a class has no image left for testing.
    """
    X = feature_matrix(X)
    y = class_indices(labels, len(X))
    accuracies = []
    for seed in seeds:
        train, test = stratified_split(y if groups is None else groups, train_per_class, seed)
        predicted = new_classifier().fit(X[train], y[train]).predict(X[test])
        accuracies.append(mean_class_accuracy(y[test], predicted))
    return accuracies


def matched_accuracy(outputs, labels):
    """The most that a classifier's outputs can be worth for another label space."""
    outputs = class_indices(outputs, len(outputs), "outputs", minimum=1)
    labels = class_indices(labels, len(outputs), "labels", minimum=1)
    counts = np.zeros((labels.max() + 1, outputs.max() + 1))
    np.add.at(counts, (labels, outputs), 1)
    shares = counts / counts.sum(axis=1, keepdims=True)
    return float(shares[linear_sum_assignment(shares, maximize=True)].sum() / len(shares))


def reuse_classifier(source, target, labels, task, seed=0, train_per_breed=12):
    """The source's species classifier on pictures of a domain, judged on a task of them."""
    train, test, y = _split(labels, task, seed, train_per_breed)
    species = labels[SOURCE_TASK]
    outputs = new_classifier().fit(source[train], species[train]).predict(target[test])
    score = mean_class_accuracy if task == SOURCE_TASK else _matched
    return score(y[test], outputs)


def reuse_representation(target, labels, task, per_class=10, seed=0, train_per_breed=12):
    """A new classifier on few pictures of the target domain, in a representation that is reused."""
    train, test, y = _split(labels, task, seed, train_per_breed)
    few = train[sample_per_class(y[train], per_class, seed)]
    predicted = new_classifier().fit(target[few], y[few]).predict(target[test])
    return mean_class_accuracy(y[test], predicted)


def tasks_by_domains(representations, labels, seeds=range(5), per_class=10):
    """Reusing the classifier against reusing the representation, for every task and domain.

    Parameters
    ----------
    representations : dict of str to dict of str to ndarray
        Representation -> domain -> matrix. The first representation is the one that is reused,
        the others are controls; the first domain is the source's.
    labels : dict of str to ndarray
    seeds : iterable of int
    per_class : int
        Pictures of each label for a new classifier.

    Returns
    -------
    dict
        ``{(task, domain, name): [accuracy of each seed]}``, the names being ``AS_IT_IS`` (on the
        first representation) and those of the representations.
    """
    seeds, (reused, *_) = list(seeds), representations.values()
    source, found = next(iter(reused.values())), {}
    for task in TASKS:
        for domain, target in reused.items():
            found[task, domain, AS_IT_IS] = [
                reuse_classifier(source, target, labels, task, seed) for seed in seeds
            ]
            for name, matrices in representations.items():
                found[task, domain, name] = [
                    reuse_representation(matrices[domain], labels, task, per_class, seed)
                    for seed in seeds
                ]
    return found


def lead_over_controls(accuracies, task, domain):
    """Points by which a new classifier on the reused representation beats the better control.

    Parameters
    ----------
    accuracies : dict
        As from ``tasks_by_domains``, with one control or more.
    task, domain : str

    Returns
    -------
    float
        Percentage points, of the means over the seeds; below 0 where a control is better.
    """
    means = [
        100 * np.mean(values)
        for (of_task, in_domain, name), values in accuracies.items()
        if (of_task, in_domain) == (task, domain) and name != AS_IT_IS
    ]
    reused, *controls = means
    return float(reused - max(controls))


def _matched(labels, outputs):
    return matched_accuracy(outputs, labels)


def _split(labels, task, seed, train_per_breed):
    if task not in TASKS:
        raise ValueError(f"There is no task {task!r}: name one of {', '.join(TASKS)}.")
    return *stratified_split(labels["breed"], train_per_breed, seed), labels[task]
