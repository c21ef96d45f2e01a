"""From source to target: the figures that the course prints, against independent computations."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import balanced_accuracy_score
from sklearn.preprocessing import normalize
from sklearn.svm import LinearSVC

from scripts.remake import normalization
from tlcourse.classifiers import score
from tlcourse.classifiers.score import evaluate_transfer, sample_per_class
from tlcourse.classifiers.svm import LinearSVM
from tlcourse.course.map import CourseMap
from tlcourse.datasets import PHOTO_SOURCES
from tlcourse.features.extraction import shipped_features
from tlcourse.features.normalization import Standardizer
from tlcourse.networks import weights

TWO = ("conv1_1", "fc7")
INSECTS = ("natural", "insects")


@pytest.fixture(autouse=True)
def nothing_remembered():
    score._evaluate.cache_clear()
    yield
    score._evaluate.cache_clear()


@pytest.fixture
def insects():
    return shipped_features(*INSECTS)


def test_accuracy_equals_that_of_scikit_learn_by_hand_and_repeats_by_seed(insects):
    train, test = insects
    rows = sample_per_class(train.labels, 20, seed=3)
    A, B = normalize(train.select("fc7")[rows].astype(float)), normalize(test.select("fc7"))
    machine = LinearSVC(C=1, dual=True, tol=1e-6, max_iter=20_000).fit(A, train.labels[rows])
    result = evaluate_transfer(*INSECTS, "fc7", seed=3)
    by_hand = balanced_accuracy_score(test.labels, machine.predict(B))
    assert result.accuracy == pytest.approx(by_hand, abs=0.004)
    assert list(result.per_class) == train.classes and result.n_features == 512
    score._evaluate.cache_clear()
    assert evaluate_transfer(*INSECTS, "fc7", seed=3).accuracy == result.accuracy
    assert evaluate_transfer(*INSECTS, "fc7", seed=1).accuracy != result.accuracy


def test_labels_that_mean_nothing_give_guessing(insects, monkeypatch):
    shuffled = np.random.default_rng(0).permutation(insects[0].labels)
    monkeypatch.setattr(insects[0], "labels", shuffled)
    assert abs(evaluate_transfer(*INSECTS, "fc7").accuracy - 0.1) < 0.06


def test_the_sample_has_as_many_of_each_class_and_no_image_twice():
    labels = np.repeat([0, 1, 2], 40)
    rows = sample_per_class(labels, 20, seed=0)
    assert np.bincount(labels[rows]).tolist() == [20, 20, 20]
    assert len(set(rows.tolist())) == 60


@pytest.mark.parametrize(
    ("family", "layer", "per_class", "words"),
    [
        ("insects", "fc7", 41, "41 a class were asked for"),
        ("insects", "fc7", 0, "per_class is 0: ask for 1"),
        ("mammals", "fc7", 20, "No features of 'mammals' are shipped"),
        ("insects", "fc8", 20, "no features of layer 'fc8'"),
    ],
)
def test_too_few_images_unknown_family_and_layer_say_so(family, layer, per_class, words):
    with pytest.raises(ValueError, match=words):
        evaluate_transfer("natural", family, layer, per_class=per_class)


def test_a_result_says_whether_the_svm_converged(monkeypatch):
    with monkeypatch.context() as patch, pytest.warns(ConvergenceWarning):
        patch.setattr(score, "LinearSVM", partial(LinearSVM, max_iter=2))
        assert evaluate_transfer(*INSECTS, "fc7", 5).converged is False
    score._evaluate.cache_clear()
    assert evaluate_transfer(*INSECTS, "fc7", 5).converged is True


def test_test_images_are_standardized_by_the_drawn_training_images(insects, monkeypatch):
    """The test images are nearly all of one class, so their own statistics would show."""
    (train, test), C = insects, 0.01
    mostly = np.flatnonzero((test.labels == 0) | (np.arange(len(test.labels)) % 50 == 0))
    one_class = replace(test, matrix=test.matrix[mostly], labels=test.labels[mostly])
    monkeypatch.setattr(score, "shipped_features", lambda *names: (train, one_class))
    found = evaluate_transfer(*INSECTS, TWO, C=C, normalization="standardized")
    rows = sample_per_class(train.labels, 20, 0)
    X, images = train.select(TWO)[rows], one_class.select(TWO)[one_class.labels == 0]
    fitted = Standardizer().fit(X)
    machine = LinearSVM(C, random_state=0).fit(fitted.transform(X), train.labels[rows])
    right = np.mean(machine.predict(fitted.transform(images)) == 0)
    wrong = np.mean(machine.predict(Standardizer().fit_transform(images)) == 0)
    assert found.per_class[test.classes[0]] == pytest.approx(right, abs=0.03)
    assert wrong < right - 0.1


def test_by_default_a_strong_layer_does_not_drown_the_others(insects, monkeypatch):
    expected = {each: evaluate_transfer(*INSECTS, each).accuracy for each in (TWO, TWO[:1])}
    strong = [replace(part, matrix=part.matrix * ([1000] * 16 + [1] * 2032)) for part in insects]
    monkeypatch.setattr(score, "shipped_features", lambda *names: strong)
    score._evaluate.cache_clear()
    for order in (TWO, TWO[::-1]):
        found = evaluate_transfer(*INSECTS, order).accuracy
        assert found == pytest.approx(expected[TWO], abs=0.005)
    drowned = evaluate_transfer(*INSECTS, TWO, normalization="L2 per image").accuracy
    assert drowned == pytest.approx(expected[TWO[:1]], abs=0.005)
    assert drowned < expected[TWO] - 0.05


def test_few_images_with_constant_features_still_train():
    options = {"per_class": 2, "C": 1e-3, "normalization": "standardized"}
    assert 0.1 < evaluate_transfer(*INSECTS, "fc7", **options).accuracy < 1


def test_the_table_of_normalizations_is_made_again_and_sees_no_test_image(insects, monkeypatch):
    keys = dict(zip(normalization.NAMES, (*INSECTS, "last layer", "none"), strict=True))
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
    assert 'href="06_feature_extraction.ipynb"' in CourseMap()._repr_html_()
