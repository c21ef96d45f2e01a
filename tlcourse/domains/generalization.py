"""Generalisation: from one sample to another, of the same source and of another."""

import numpy as np
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Normalizer

from tlcourse.classifiers.svm import LinearSVM, mean_class_accuracy


def train_classifier(X, y, C=1.0, weights=None):
    """L2 norm an image, then the linear SVM of the lecture."""
    machine = make_pipeline(Normalizer(), LinearSVM(C=C, random_state=0))
    return machine.fit(X, y, linearsvm__sample_weight=weights)


def conditional_distance(distance, X, y, other_X, other_y):
    """A distance of P(X | Y): between two samples (n, d), (m, d) in each class, averaged."""
    classes = np.unique(y)
    return float(np.mean([distance(X[y == c], other_X[other_y == c]) for c in classes]))


def accuracies(classifiers, sample, representation):
    """Mean class accuracy of each classifier on a sample: list of float."""
    X, y = sample.X[representation], sample.labels
    return [mean_class_accuracy(y, classifier.predict(X)) for classifier in classifiers]


def retrain_with_few(source, few, representation):
    """Train again on the source and a few target pictures, which count for half of the whole."""
    X = np.concatenate([source.X[representation], few.X[representation]])
    y = np.concatenate([source.labels, few.labels])
    n, m = len(source), len(few)
    each = [0.5 * (n + m) / n, 0.5 * (n + m) / m]
    return train_classifier(X, y, weights=np.repeat(each, [n, m]))
