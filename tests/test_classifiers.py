"""The linear SVM against LinearSVC and the definition, and the score it is judged by."""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from sklearn.exceptions import ConvergenceWarning
from sklearn.svm import LinearSVC
from sklearn.utils.estimator_checks import parametrize_with_checks

from tlcourse.classifiers.svm import LinearSVM, mean_class_accuracy, rotated_to_span

REPETITION = "the dual's order of visits depends on the number of rows, as in LinearSVC"


def expected_failed_checks(estimator):
    return {"check_sample_weight_equivalence_on_dense_data": REPETITION}


@parametrize_with_checks([LinearSVM()], expected_failed_checks=expected_failed_checks)
def test_scikit_learn_conventions(estimator, check):
    check(estimator)


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


def normalized(rng, labels, d):
    X = relu_like(rng, labels, d)
    return X / np.linalg.norm(X, axis=1, keepdims=True)


def problem(make, n=90, d=700, n_classes=6):
    labels = np.arange(n + 200) % n_classes
    X = make(np.random.default_rng(0), labels, d)
    return X[:n], labels[:n], X[n:], labels[n:]


def both(X, y, sample_weight=None, **options):
    """Ours and scikit-learn's, trained alike."""
    ours = LinearSVM(random_state=0, **options).fit(X, y, sample_weight)
    theirs = LinearSVC(dual=True, random_state=0, **options).fit(X, y, sample_weight)
    return ours, theirs


def objective(machine, X, y, C):
    """Sum over the one-vs-rest machines, written down from the definition."""
    signs = np.where(y[:, None] == machine.classes_, 1.0, -1.0)
    losses = np.maximum(0, 1 - signs * (X @ machine.coef_.T + machine.intercept_)) ** 2
    norms = (machine.coef_**2).sum(axis=1) + machine.intercept_**2
    return (norms / 2 + C * losses.sum(axis=0)).sum()


@pytest.mark.parametrize(
    "make", [gaussian, relu_like, discretised, normalized], ids=lambda f: f.__name__
)
def test_wide_features_give_linearsvc_whatever_the_order_of_visits(make):
    X, y, X_test, _ = problem(make)
    ours, theirs = both(X, y, C=0.5)
    np.testing.assert_array_equal(ours.predict(X_test), theirs.predict(X_test))
    scores = (each.decision_function(X_test) for each in (ours, theirs))
    np.testing.assert_allclose(*scores, rtol=1e-4, atol=1e-6)
    assert objective(ours, X, y, 0.5) <= objective(theirs, X, y, 0.5) * (1 + 1e-6)
    options = {"tol": 1e-9, "max_iter": 100_000}
    ours = LinearSVM(random_state=0, **options).fit(X, y)
    theirs = LinearSVC(dual=True, random_state=1, **options).fit(X, y)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-5 * abs(theirs.coef_).max())
    np.testing.assert_allclose(ours.intercept_, theirs.intercept_, atol=1e-5)


@pytest.mark.filterwarnings("ignore:Liblinear failed to converge")
@pytest.mark.parametrize("factor", [1e4, 1e6, 1e8, 1e12])
@pytest.mark.parametrize("rows", [slice(1), slice(1, None)], ids=["one long", "one short"])
def test_predictions_are_those_of_linearsvc_where_lengths_differ(factor, rows):
    X, y, X_test, _ = problem(gaussian)
    X[rows] *= factor
    ours, theirs = both(X, y)
    np.testing.assert_array_equal(ours.predict(X_test), theirs.predict(X_test))


def test_optimum_agrees_with_a_general_minimiser():
    X, y, _, _ = problem(normalized, n=30, d=50, n_classes=2)
    signs = np.where(y == 1, 1.0, -1.0)
    with_ones = np.hstack([X, np.ones((len(X), 1))])

    def loss_and_slope(weights):
        slack = np.maximum(0, 1 - signs * (with_ones @ weights))
        return weights @ weights / 2 + slack @ slack, weights - 2 * with_ones.T @ (signs * slack)

    options = {"jac": True, "method": "BFGS", "options": {"gtol": 1e-9}}
    best = minimize(loss_and_slope, np.zeros(51), **options).x
    ours = LinearSVM(tol=1e-10, max_iter=100_000).fit(X, y)
    np.testing.assert_allclose(np.append(ours.coef_, ours.intercept_), best, atol=1e-6)


def test_rotation_keeps_inner_products_and_span():
    X, y, _, _ = problem(relu_like)
    coordinates, rotate_back = rotated_to_span(X)
    np.testing.assert_allclose(coordinates @ coordinates.T, X @ X.T, atol=1e-9 * abs(X @ X.T).max())
    np.testing.assert_allclose(rotate_back(coordinates), X, atol=1e-5 * abs(X).max())
    basis = rotate_back(np.eye(coordinates.shape[1])[:20])
    np.testing.assert_allclose(basis @ basis.T, np.eye(20), atol=1e-8)


@pytest.mark.filterwarnings("ignore:Liblinear failed to converge")
def test_repeated_images_span_fewer_dimensions():
    X, y, X_test, _ = problem(gaussian)
    X, y = np.vstack([X, X]), np.hstack([y, y])
    assert rotated_to_span(X)[0].shape == (180, 90)
    ours, theirs = both(X, y)
    np.testing.assert_array_equal(ours.predict(X_test), theirs.predict(X_test))


def test_order_of_features_and_their_precision_do_not_matter():
    X, y, X_test, _ = problem(relu_like)
    single = X.astype(np.float32)
    plain, narrow = (
        LinearSVM(random_state=0).fit(each, y) for each in (single.astype(np.float64), single)
    )
    np.testing.assert_array_equal(narrow.coef_, plain.coef_)
    order = np.random.default_rng(1).permutation(X.shape[1])
    permuted = LinearSVM(random_state=0).fit(single[:, order], y)
    np.testing.assert_allclose(permuted.coef_, plain.coef_[:, order], atol=1e-8)


def test_more_images_than_features_is_linearsvc_itself():
    X, y, _, _ = problem(gaussian, n=200, d=20)
    theirs = LinearSVC(random_state=0).fit(X, y)
    np.testing.assert_array_equal(LinearSVM(random_state=0).fit(X, y).coef_, theirs.coef_)


@pytest.mark.parametrize("change", [{"C": 0.01}, {"class_weight": "balanced"}, {"weights": True}])
def test_parameters_and_weights_reach_the_solver(change):
    X, y, _, _ = problem(normalized)
    keep = (y != 0) | (np.arange(len(y)) < 30)
    X, y, options = X[keep], y[keep], dict(change)
    factors = np.random.default_rng(0).uniform(0.1, 3, size=len(y))
    ours, theirs = both(X, y, factors if options.pop("weights", False) else None, **options)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-8)
    assert abs(ours.coef_ - both(X, y)[0].coef_).max() > 1e-3


def test_two_classes_named_by_words_and_columns_too():
    X, y, X_test, y_test = problem(gaussian, n_classes=2)
    names, columns = np.array(["cat", "dog"]), [f"fc7_{column}" for column in range(700)]
    machine = LinearSVM(random_state=0).fit(pd.DataFrame(X, columns=columns), names[y])
    assert machine.coef_.shape == (1, 700) and machine.intercept_.shape == (1,)
    assert machine.feature_names_in_[3] == "fc7_3"
    assert machine.score(pd.DataFrame(X_test, columns=columns), names[y_test]) > 0.9


def test_features_that_are_all_zero_train_and_too_few_passes_warn():
    machine = LinearSVM().fit(np.zeros((4, 9)), [0, 0, 0, 1])
    assert not machine.coef_.any() and (machine.predict(np.zeros((2, 9))) == 0).all()
    with pytest.warns(ConvergenceWarning):
        LinearSVM(max_iter=1).fit(*problem(relu_like)[:2])


def test_one_class_says_what_to_do():
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
