"""How hard the drawn targets are, for features of a matching backbone and for raw pixels."""

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Normalizer

from tlcourse.classifiers.svm import LinearSVM, mean_class_accuracy
from tlcourse.datasets.drawn import FAMILIES, DrawnImages
from tlcourse.features.extraction import extract_features
from tlcourse.networks.backbones import load_backbone

TRAIN, TEST = ({"n_per_class": n, "seed": seed} for n, seed in ((12, 0), (10, 1)))


@pytest.fixture(scope="module")
def backbone():
    return load_backbone("drawn")


def svm_accuracy(train, train_labels, test, test_labels):
    model = make_pipeline(Normalizer(), LinearSVM(random_state=0)).fit(train, train_labels)
    return mean_class_accuracy(test_labels, model.predict(test))


@pytest.mark.parametrize("family", FAMILIES)
def test_fc7_lands_between_50_and_92_percent_and_raw_pixels_far_below(family, backbone):
    train, test = ([*DrawnImages(family, **part)] for part in (TRAIN, TEST))
    features = [
        extract_features(backbone, images, ["fc7"], device="cpu", progress=False, cache=False)
        for images in (train, test)
    ]
    labels = [part.labels for part in features]
    accuracy = svm_accuracy(features[0].matrix, labels[0], features[1].matrix, labels[1])
    raw = [
        np.array([np.asarray(picture.reduce(2)).ravel() for picture, _ in part]) / 255
        for part in (train, test)
    ]
    pixels = svm_accuracy(raw[0], labels[0], raw[1], labels[1])
    print(f"{family}: fc7 {accuracy:.3f}, raw pixels {pixels:.3f}")
    assert 0.50 <= accuracy <= 0.92
    assert pixels < accuracy - 0.25
