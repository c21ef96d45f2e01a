"""From source to target: the figures that the course prints, against independent computations."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.svm import LinearSVC

from scripts.remake import normalization
from tlcourse.classifiers import score
from tlcourse.classifiers.score import (
    evaluate_transfer,
    sample_per_class,
)
from tlcourse.classifiers.svm import LinearSVM
from tlcourse.course.map import CourseMap
from tlcourse.datasets import PHOTO_SOURCES
from tlcourse.features.extraction import shipped_features
from tlcourse.features.normalization import Standardizer
from tlcourse.networks import weights


def test_accuracy_equals_that_of_scikit_learn_by_hand():
    train, test = shipped_features("natural", "insects")
    rows = sample_per_class(train.labels, 20, seed=3)
    A, B = train.select("fc7")[rows].astype(float), test.select("fc7").astype(float)
    A /= np.linalg.norm(A, axis=1, keepdims=True)
    B /= np.linalg.norm(B, axis=1, keepdims=True)
    machine = LinearSVC(C=1, dual=True, tol=1e-6, max_iter=20_000).fit(A, train.labels[rows])
    predicted = machine.predict(B)
    per_class = [(predicted[test.labels == label] == label).mean() for label in range(10)]
    result = evaluate_transfer("natural", "insects", "fc7", seed=3)
    assert result.accuracy == pytest.approx(np.mean(per_class), abs=0.004)
    assert list(result.per_class) == train.classes
    assert result.n_features == 512


def test_accuracy_repeats_by_seed_and_differs_between_seeds():
    settings = ("manmade", "food", "fc6")
    first = evaluate_transfer(*settings, seed=1).accuracy
    score._evaluate.cache_clear()
    assert evaluate_transfer(*settings, seed=1).accuracy == first
    assert len({evaluate_transfer(*settings, seed=seed).accuracy for seed in range(5)}) > 1


def test_labels_that_mean_nothing_give_guessing(monkeypatch):
    train, test = shipped_features("natural", "insects")
    shuffled = np.random.default_rng(0).permutation(train.labels)
    monkeypatch.setattr(train, "labels", shuffled)
    score._evaluate.cache_clear()
    assert abs(evaluate_transfer("natural", "insects", "fc7").accuracy - 0.1) < 0.06
    score._evaluate.cache_clear()


def test_the_sample_has_as_many_of_each_class_and_no_image_twice():
    labels = np.repeat([0, 1, 2], 40)
    rows = sample_per_class(labels, 20, seed=0)
    assert np.bincount(labels[rows]).tolist() == [20, 20, 20]
    assert len(set(rows.tolist())) == 60


def test_too_few_images_unknown_family_and_layer_say_so():
    with pytest.raises(ValueError, match="has 40 images and 41 a class were asked for"):
        evaluate_transfer("natural", "insects", "fc7", per_class=41)
    for per_class in (0, -1):
        with pytest.raises(ValueError, match=f"per_class is {per_class}: ask for 1 image a class"):
            evaluate_transfer("natural", "insects", "fc7", per_class=per_class)
    with pytest.raises(ValueError, match="No features of 'mammals' are shipped"):
        evaluate_transfer("natural", "mammals", "fc7")
    with pytest.raises(ValueError, match="no features of layer 'fc8'"):
        evaluate_transfer("natural", "insects", "fc8")


def test_a_result_says_whether_the_svm_converged(monkeypatch):
    settings = ("natural", "insects", "fc7", 5)
    score._evaluate.cache_clear()
    with monkeypatch.context() as patch, pytest.warns(ConvergenceWarning):
        patch.setattr(score, "LinearSVM", partial(LinearSVM, max_iter=2))
        assert evaluate_transfer(*settings).converged is False
    score._evaluate.cache_clear()
    assert evaluate_transfer(*settings).converged is True


TWO = ("conv1_1", "fc7")


@pytest.fixture
def insects():
    score._evaluate.cache_clear()
    yield shipped_features("natural", "insects")
    score._evaluate.cache_clear()


def test_test_images_are_standardized_by_the_drawn_training_images(insects, monkeypatch):
    """The test images are nearly all of one class, so their own statistics would show."""
    (train, test), C = insects, 0.01
    mostly = np.flatnonzero((test.labels == 0) | (np.arange(len(test.labels)) % 50 == 0))
    one_class = replace(test, matrix=test.matrix[mostly], labels=test.labels[mostly])
    monkeypatch.setattr(score, "shipped_features", lambda *names: (train, one_class))
    found = evaluate_transfer("natural", "insects", TWO, C=C, normalization="standardized")

    rows = sample_per_class(train.labels, 20, 0)
    X, images = train.select(TWO)[rows], one_class.select(TWO)[one_class.labels == 0]
    mean, deviation = X.mean(axis=0), X.std(axis=0)
    machine = LinearSVM(C, random_state=0).fit((X - mean) / deviation, train.labels[rows])
    right = np.mean(machine.predict((images - mean) / deviation) == 0)
    wrong = np.mean(machine.predict(Standardizer().fit_transform(images)) == 0)
    assert found.per_class[test.classes[0]] == pytest.approx(right, abs=0.03)
    assert wrong < right - 0.1


def test_by_default_a_strong_layer_does_not_drown_the_others(insects, monkeypatch):
    expected = {each: evaluate_transfer("natural", "insects", each) for each in (TWO, TWO[:1])}
    strong = [replace(part, matrix=part.matrix * ([1000] * 16 + [1] * 2032)) for part in insects]
    monkeypatch.setattr(score, "shipped_features", lambda *names: strong)
    score._evaluate.cache_clear()
    for order in (TWO, TWO[::-1]):
        found = evaluate_transfer("natural", "insects", order)
        assert found.accuracy == pytest.approx(expected[TWO].accuracy, abs=0.005)
    drowned = evaluate_transfer("natural", "insects", TWO, normalization="L2 per image")
    assert drowned.accuracy == pytest.approx(expected[TWO[:1]].accuracy, abs=0.005)
    assert drowned.accuracy < expected[TWO].accuracy - 0.05


def test_few_images_with_constant_features_still_train():
    options = {"per_class": 2, "C": 1e-3, "normalization": "standardized"}
    assert 0.1 < evaluate_transfer("natural", "insects", "fc7", **options).accuracy < 1


def test_the_table_of_normalizations_is_made_again_and_sees_no_test_image(insects, monkeypatch):
    keys = dict(zip(normalization.NAMES, ("natural", "insects", "last layer", "none"), strict=True))
    query = " and ".join(f"{name} == {value!r}" for name, value in keys.items())
    kept = normalization.RUNS.read().query(query).iloc[0]
    found = normalization.measure(**keys)
    assert found["C"] == pytest.approx(kept["C"], rel=0.01)
    assert found["accuracy"] == pytest.approx(kept["accuracy"], abs=0.005)
    train, test = insects
    rng = np.random.default_rng(0)
    other = replace(test, matrix=rng.permuted(test.matrix), labels=rng.permutation(test.labels))
    monkeypatch.setattr(normalization, "shipped_features", lambda *names: (train, other))
    poisoned = normalization.measure(**keys)
    assert poisoned["C"] == found["C"] and poisoned["accuracy"] < found["accuracy"]


def test_sources_have_the_same_volume():
    cards = [weights.read_card(name) for name in PHOTO_SOURCES]
    assert len(cards[0]["classes"]) == len(cards[1]["classes"]) == 41
    assert cards[0]["recipe"] == cards[1]["recipe"]
    assert not set(cards[0]["classes"]) & set(cards[1]["classes"])


def test_the_map_lists_every_notebook_of_the_design_once():
    notebooks = CourseMap().notebooks()
    assert [name[:2] for name in notebooks] == [f"{number:02d}" for number in range(13)]
    assert sum(map(len, notebooks.values())) == 38
    html = CourseMap()._repr_html_()
    assert 'href="06_feature_extraction.ipynb"' in html
