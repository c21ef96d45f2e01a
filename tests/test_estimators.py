"""Normalizations by definition, the linear SVM against LinearSVC, accuracies by hand."""

from dataclasses import replace
from functools import partial
from itertools import product

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import balanced_accuracy_score
from sklearn.preprocessing import normalize
from sklearn.svm import LinearSVC
from sklearn.utils.estimator_checks import parametrize_with_checks

from scripts.remake import normalization
from tlcourse.classifiers import score
from tlcourse.classifiers.score import evaluate_transfer, sample_per_class
from tlcourse.classifiers.svm import LinearSVM, mean_class_accuracy, rotated_to_span
from tlcourse.course.map import CourseMap
from tlcourse.features.embedding import full_network_embedding
from tlcourse.features.extraction import shipped_features
from tlcourse.features.normalization import (
    NORMALIZATIONS,
    Discretizer,
    L2ByLayer,
    Standardizer,
    make_normalization,
)

SIZES = {"conv5_2": 3, "fc6": 4, "fc7": 5}
X = np.random.default_rng(0).gamma(0.5, 2, (6, 12)) * ([100] * 3 + [1] * 9)
ESTIMATORS = [L2ByLayer(), Standardizer(), Discretizer()]


def of_visits(estimator):
    reason = "the dual's order of visits depends on the number of rows, as in LinearSVC"
    is_svm = isinstance(estimator, LinearSVM)
    return {"check_sample_weight_equivalence_on_dense_data": reason} if is_svm else {}


@parametrize_with_checks([*ESTIMATORS, LinearSVM()], expected_failed_checks=of_visits)
def test_scikit_learns_checks(estimator, check):
    check(estimator)


def test_each_layer_is_normalized_on_its_own():
    silent = X.copy()
    silent[2, 3:7] = silent[4] = 0
    by_hand = [normalize(silent[:, :3]), normalize(silent[:, 3:7]), normalize(silent[:, 7:])]
    np.testing.assert_allclose(L2ByLayer(SIZES).fit_transform(silent), np.hstack(by_hand))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (L2ByLayer([3, 4, 5]), "a mapping of each layer to its number"),
        (L2ByLayer({"fc6": 12, "fc7": 0}), "each layer to its number of columns"),
        (L2ByLayer({"fc7": 10}), "10 columns together and X has 12"),
        (full_network_embedding(0.15, -0.25), "low is 0.15 and high is -0.25: low must be below"),
        (full_network_embedding(0.1, 0.1), "low is 0.1 and high is 0.1: low must be below"),
        (full_network_embedding(np.nan, 0.1), "low is nan and high is 0.1: low must be below"),
    ],
)
def test_sizes_and_thresholds_that_do_not_fit(wrong, words):
    with pytest.raises(ValueError, match=words):
        wrong.fit(X)


def test_standardized_and_cut_by_the_statistics_of_the_training_images():
    test, fitted = 3 * X + 1, Standardizer().fit(X)
    z = (test - X.mean(axis=0)) / X.std(axis=0)
    np.testing.assert_allclose(fitted.transform(test), z)
    found = full_network_embedding().fit(X).transform(test)
    assert (found == np.where(z > 0.15, 1, np.where(z < -0.25, -1, 0))).all()
    assert found.dtype == np.int8
    with pytest.raises(ValueError, match=r"minimum of 2 is required by Standardizer"):
        Standardizer().fit(X[:1])


@pytest.mark.parametrize("value", [0, 0.1, 1e5])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_constant_features_are_zero_and_reported(value, dtype):
    train, test = X.astype(dtype), X[:2].astype(dtype) + 1
    train[:, [2, 9]] = value
    model = Standardizer().fit(train)
    assert model.constant_features_.tolist() == [2, 9]
    embedding = full_network_embedding().fit(train)
    for images in (train, test):
        assert (model.transform(images)[:, [2, 9]] == 0).all()
        assert (embedding.transform(images)[:, [2, 9]] == 0).all()
    assert Standardizer().fit([[-1.0, 5], [1, 5]]).constant_features_.tolist() == [1]


def test_thresholds_are_strict_and_a_gaussian_feature_is_zero_in_16_percent():
    values = np.array([[-0.26, -0.25, -0.2499, 0, 0.1499, 0.15, 0.1501]])
    found = Discretizer().fit_transform(values)
    assert found.tolist() == [[-1, 0, 0, 0, 0, 0, 1]] and found.dtype == np.int8
    assert Discretizer().fit_transform(values.astype(np.float32)).tolist() == found.tolist()
    gaussian = np.random.default_rng(0).normal(size=(20_000, 3))
    assert (Discretizer().fit_transform(gaussian) == 0).mean() == pytest.approx(0.16, abs=0.01)


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=str)
@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_values_that_are_none_are_named_by_their_place(estimator, wrong):
    broken, given = X.copy(), X.copy()
    broken[4, 7] = wrong
    fitted = clone(estimator).fit(given)
    assert (given == X).all()
    for ask in (clone(estimator).fit, fitted.transform):
        with pytest.raises(ValueError, match=r"NaN or infinite .*first in row 4, column 7"):
            ask(broken)


def test_the_normalizations_of_the_tables():
    z = (X - X.mean(axis=0)) / X.std(axis=0)
    by_hand = {
        "none": X,
        "L2 per image": normalize(X),
        "L2 by layer": L2ByLayer(SIZES).fit_transform(X),
        "standardized": z,
        "discretized": np.where(z > 0.15, 1, np.where(z < -0.25, -1, 0)),
    }
    assert list(by_hand) == list(NORMALIZATIONS)
    for name, expected in by_hand.items():
        found = make_normalization(name, SIZES).fit_transform(X)
        np.testing.assert_allclose(found, expected, err_msg=name)
    with pytest.raises(ValueError, match="no normalization 'L3': choose from none"):
        make_normalization("L3")


def gaussian(rng, labels, d):
    return rng.normal(size=(len(labels), d)) + 0.3 * rng.normal(size=(labels.max() + 1, d))[labels]


def relu_like(rng, labels, d):
    """Correlated, sparse, never negative, scales over two orders: as features after ReLU are."""
    latent = gaussian(rng, labels, 30)
    scales = np.exp(rng.normal(size=d))
    return np.maximum(latent @ rng.normal(size=(30, d)) / 5 - 0.3, 0) * scales


def discretised(rng, labels, d):
    X = relu_like(rng, labels, d)
    X = (X - X.mean(axis=0)) / (X.std(axis=0) + 1e-9)
    return (X > 0.15).astype(float) - (X < -0.25)


def problem(make, n=90, d=700, n_classes=6):
    labels = np.arange(n + 200) % n_classes
    X = make(np.random.default_rng(0), labels, d)
    return X[:n], labels[:n], X[n:], labels[n:]


def both(X, y, sample_weight=None, **options):
    """Ours and scikit-learn's, trained alike."""
    ours = LinearSVM(random_state=0, **options).fit(X, y, sample_weight)
    theirs = LinearSVC(dual=True, random_state=0, **options).fit(X, y, sample_weight)
    return ours, theirs


@pytest.mark.parametrize(
    ("make", "n_classes"), [(gaussian, 6), (relu_like, 6), (discretised, 6), (relu_like, 2)]
)
def test_wide_features_give_linearsvc_whatever_the_order_of_visits(make, n_classes):
    X, y, X_test, _ = problem(make, n_classes=n_classes)
    ours, theirs = both(X, y, C=0.5)
    np.testing.assert_array_equal(ours.predict(X_test), theirs.predict(X_test))
    scores = (each.decision_function(X_test) for each in (ours, theirs))
    np.testing.assert_allclose(*scores, rtol=1e-4, atol=1e-6)
    options = {"tol": 1e-9, "max_iter": 100_000}
    ours = LinearSVM(random_state=0, **options).fit(X, y)
    theirs = LinearSVC(dual=True, random_state=1, **options).fit(X, y)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-5 * abs(theirs.coef_).max())
    np.testing.assert_allclose(ours.intercept_, theirs.intercept_, atol=1e-5)


@pytest.mark.filterwarnings("ignore:Liblinear failed to converge")
@pytest.mark.parametrize(
    ("rows", "factor"),
    [*product((slice(1), slice(1, None)), (1e4, 1e6, 1e8, 1e12)), (slice(90, None), 1)],
)
def test_predictions_are_those_of_linearsvc_where_lengths_differ_or_rows_repeat(rows, factor):
    X, y, X_test, _ = problem(gaussian)
    repeats = 2 if factor == 1 else 1
    X, y = np.tile(X, (repeats, 1)), np.tile(y, repeats)
    X[rows] *= factor
    ours, theirs = both(X, y)
    np.testing.assert_array_equal(ours.predict(X_test), theirs.predict(X_test))


@pytest.mark.parametrize("change", [{"C": 0.01}, {"class_weight": "balanced"}, {"weights": True}])
def test_parameters_and_weights_reach_the_solver(change):
    X, y, _, _ = problem(relu_like)
    X = normalize(X)
    keep = (y != 0) | (np.arange(len(y)) < 30)
    X, y, options = X[keep], y[keep], dict(change)
    factors = np.random.default_rng(0).uniform(0.1, 3, size=len(y))
    ours, theirs = both(X, y, factors if options.pop("weights", False) else None, **options)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-8)
    assert abs(ours.coef_ - both(X, y)[0].coef_).max() > 1e-3


def test_many_images_features_of_zero_too_few_passes_and_one_class():
    X, y, _, _ = problem(gaussian, n=200, d=20)  # then it is LinearSVC itself
    theirs = LinearSVC(random_state=0).fit(X, y)
    np.testing.assert_array_equal(LinearSVM(random_state=0).fit(X, y).coef_, theirs.coef_)
    assert rotated_to_span(np.tile(X[:9], (2, 1)))[0].shape == (18, 9)
    machine = LinearSVM().fit(np.zeros((4, 9)), [0, 0, 0, 1])
    assert not machine.coef_.any() and (machine.predict(np.zeros((2, 9))) == 0).all()
    with pytest.warns(ConvergenceWarning):
        LinearSVM(max_iter=1).fit(*problem(relu_like)[:2])
    with pytest.raises(ValueError, match=r"All 5 images are of one class \(lion\): give the SVM"):
        LinearSVM().fit(np.ones((5, 9)), ["lion"] * 5)


@pytest.mark.filterwarnings("error")
def test_every_class_counts_the_same_and_one_only_predicted_does_not():
    predicted = ["cat"] * 8 + ["cat", "dog"]
    assert mean_class_accuracy(["cat"] * 8 + ["dog"] * 2, predicted) == pytest.approx(0.75)
    assert mean_class_accuracy([0, 0, 1, 1], [0, 2, 1, 1]) == pytest.approx(0.75)
    with pytest.raises(ValueError, match="no image to score"):
        mean_class_accuracy([], [])
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        mean_class_accuracy([0, 1], [0])


TWO = ("conv1_1", "fc7")
INSECTS = ("natural", "insects")


@pytest.fixture(autouse=True)
def insects():
    """Features; and nothing is remembered from another test."""
    score._evaluate.cache_clear()
    yield shipped_features(*INSECTS)
    score._evaluate.cache_clear()


def test_accuracy_equals_that_of_scikit_learn_by_hand_and_repeats_by_seed(insects, monkeypatch):
    train, test = insects
    rows = sample_per_class(train.labels, 20, seed=3)
    assert np.bincount(train.labels[rows]).tolist() == [20] * 10 and len(set(rows)) == 200
    A, B = normalize(train.select("fc7")[rows].astype(float)), normalize(test.select("fc7"))
    machine = LinearSVC(C=1, dual=True, tol=1e-6, max_iter=20_000).fit(A, train.labels[rows])
    result = evaluate_transfer(*INSECTS, "fc7", seed=3)
    by_hand = balanced_accuracy_score(test.labels, machine.predict(B))
    assert result.accuracy == pytest.approx(by_hand, abs=0.004)
    assert list(result.per_class) == train.classes and result.n_features == 512
    score._evaluate.cache_clear()
    assert evaluate_transfer(*INSECTS, "fc7", seed=3).accuracy == result.accuracy
    assert evaluate_transfer(*INSECTS, "fc7", seed=1).accuracy != result.accuracy
    score._evaluate.cache_clear()  # labels that mean nothing give guessing
    monkeypatch.setattr(train, "labels", np.random.default_rng(0).permutation(train.labels))
    assert abs(evaluate_transfer(*INSECTS, "fc7").accuracy - 0.1) < 0.06


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
    assert evaluate_transfer(*INSECTS, "fc7", 5).converged is True
    score._evaluate.cache_clear()
    monkeypatch.setattr(score, "LinearSVM", partial(LinearSVM, max_iter=2))
    with pytest.warns(ConvergenceWarning):
        assert evaluate_transfer(*INSECTS, "fc7", 5).converged is False


def test_by_default_a_strong_layer_does_not_drown_the_others(insects, monkeypatch):
    weak, both = (evaluate_transfer(*INSECTS, each).accuracy for each in (TWO[:1], TWO))
    strong = [replace(part, matrix=part.matrix * ([1000] * 16 + [1] * 2032)) for part in insects]
    monkeypatch.setattr(score, "shipped_features", lambda *names: strong)
    score._evaluate.cache_clear()
    assert evaluate_transfer(*INSECTS, TWO[::-1]).accuracy == pytest.approx(both, abs=0.005)
    drowned = evaluate_transfer(*INSECTS, TWO, normalization="L2 per image").accuracy
    assert drowned == pytest.approx(weak, abs=0.005) and drowned < both - 0.05


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


def test_the_map_lists_every_notebook_of_the_design_once():
    notebooks = CourseMap().notebooks()
    assert [name[:2] for name in notebooks] == [f"{number:02d}" for number in range(13)]
    assert sum(map(len, notebooks.values())) == 38
    assert 'href="06_feature_extraction.ipynb"' in CourseMap()._repr_html_()
