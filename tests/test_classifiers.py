import numpy as np
import pytest
from sklearn.base import clone
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


def standardised(rng, labels, d):
    X = relu_like(rng, labels, d)
    return (X - X.mean(axis=0)) / (X.std(axis=0) + 1e-9)


def discretised(rng, labels, d):
    X = standardised(rng, labels, d)
    return (X > 0.15).astype(float) - (X < -0.25)


def normalized(rng, labels, d):
    X = relu_like(rng, labels, d)
    return X / np.linalg.norm(X, axis=1, keepdims=True)


def problem(make, n=90, d=700, n_classes=6, seed=0):
    rng = np.random.default_rng(seed)
    labels = np.arange(n + 200) % n_classes
    X = make(rng, labels, d)
    return X[:n], labels[:n], X[n:], labels[n:]


wide = pytest.mark.parametrize(
    "make", [gaussian, relu_like, standardised, discretised, normalized], ids=lambda f: f.__name__
)


def primal_objective(machine, X, y, C=1.0):
    """Sum over the one-vs-rest machines, written down from the definition."""
    signs = np.where(y[:, None] == machine.classes_, 1.0, -1.0)
    scores = X @ machine.coef_.T + machine.intercept_
    losses = C * (np.maximum(0, 1 - signs * scores) ** 2).sum(axis=0)
    norms = (machine.coef_**2).sum(axis=1) + machine.intercept_**2
    return (norms / 2 + losses).sum()


@wide
def test_predictions_are_those_of_linearsvc(make):
    X, y, X_test, _ = problem(make)
    ours = LinearSVM(random_state=0).fit(X, y)
    theirs = LinearSVC(dual=True, random_state=0).fit(X, y)
    np.testing.assert_array_equal(ours.predict(X_test), theirs.predict(X_test))
    np.testing.assert_allclose(
        ours.decision_function(X_test), theirs.decision_function(X_test), rtol=1e-4, atol=1e-6
    )


@pytest.mark.filterwarnings("ignore:Liblinear failed to converge")
@pytest.mark.parametrize("factor", [1e4, 1e5, 1e6, 1e7, 1e8, 1e12])
@pytest.mark.parametrize("rows", [slice(1), slice(1, None)], ids=["one long", "one short"])
def test_predictions_are_those_of_linearsvc_where_lengths_differ(factor, rows):
    X, y, X_test, _ = problem(gaussian)
    X[rows] *= factor
    ours = LinearSVM(random_state=0).fit(X, y)
    theirs = LinearSVC(dual=True, random_state=0).fit(X, y)
    np.testing.assert_array_equal(ours.predict(X_test), theirs.predict(X_test))


@wide
def test_at_the_optimum_order_of_visits_does_not_matter(make):
    X, y, X_test, _ = problem(make)
    ours = LinearSVM(tol=1e-9, max_iter=100_000, random_state=0).fit(X, y)
    theirs = LinearSVC(dual=True, tol=1e-9, max_iter=100_000, random_state=1).fit(X, y)
    np.testing.assert_array_equal(ours.predict(X_test), theirs.predict(X_test))
    np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-5 * abs(theirs.coef_).max())
    np.testing.assert_allclose(ours.intercept_, theirs.intercept_, atol=1e-5)


@wide
def test_objective_is_not_above_linearsvc(make):
    X, y, _, _ = problem(make)
    ours = LinearSVM(C=0.5, random_state=0).fit(X, y)
    theirs = LinearSVC(C=0.5, dual=True, random_state=0).fit(X, y)
    bound = primal_objective(theirs, X, y, C=0.5)
    assert primal_objective(ours, X, y, C=0.5) <= bound * (1 + 1e-6)


def test_optimum_agrees_with_a_general_minimiser():
    from scipy.optimize import minimize

    X, y, _, _ = problem(normalized, n=30, d=50, n_classes=2)
    signs = np.where(y == 1, 1.0, -1.0)
    with_ones = np.hstack([X, np.ones((len(X), 1))])

    def objective(weights):
        slack = np.maximum(0, 1 - signs * (with_ones @ weights))
        return weights @ weights / 2 + slack @ slack, weights - 2 * with_ones.T @ (signs * slack)

    best = minimize(objective, np.zeros(51), jac=True, method="BFGS", options={"gtol": 1e-9}).x
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
    coordinates, _ = rotated_to_span(X)
    assert coordinates.shape == (180, 90)
    ours = LinearSVM(random_state=0).fit(X, y)
    theirs = LinearSVC(dual=True, random_state=0).fit(X, y)
    np.testing.assert_array_equal(ours.predict(X_test), theirs.predict(X_test))


def test_order_of_features_does_not_matter():
    X, y, X_test, _ = problem(relu_like)
    order = np.random.default_rng(1).permutation(X.shape[1])
    plain = LinearSVM(random_state=0).fit(X, y)
    permuted = LinearSVM(random_state=0).fit(X[:, order], y)
    np.testing.assert_allclose(permuted.coef_, plain.coef_[:, order], atol=1e-8)
    np.testing.assert_array_equal(permuted.predict(X_test[:, order]), plain.predict(X_test))


def test_more_images_than_features_is_linearsvc_itself():
    X, y, X_test, _ = problem(gaussian, n=200, d=20)
    ours = LinearSVM(random_state=0).fit(X, y)
    theirs = LinearSVC(random_state=0).fit(X, y)
    np.testing.assert_array_equal(ours.coef_, theirs.coef_)
    np.testing.assert_array_equal(ours.predict(X_test), theirs.predict(X_test))


def test_two_fits_with_one_seed_are_equal():
    X, y, _, _ = problem(relu_like)
    machine = LinearSVM(random_state=3)
    np.testing.assert_array_equal(machine.fit(X, y).coef_, clone(machine).fit(X, y).coef_)


@pytest.mark.parametrize("options", [{"C": 0.01}, {"class_weight": "balanced"}])
def test_parameters_reach_the_solver(options):
    X, y, _, _ = problem(normalized)
    keep = (y != 0) | (np.arange(len(y)) < 30)
    ours = LinearSVM(random_state=0, **options).fit(X[keep], y[keep])
    theirs = LinearSVC(dual=True, random_state=0, **options).fit(X[keep], y[keep])
    np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-8)
    assert abs(ours.coef_ - LinearSVM(random_state=0).fit(X[keep], y[keep]).coef_).max() > 1e-3


def test_sample_weights_reach_the_solver():
    X, y, _, _ = problem(normalized)
    factors = np.random.default_rng(0).uniform(0.1, 3, size=len(y))
    ours = LinearSVM(random_state=0).fit(X, y, factors)
    theirs = LinearSVC(dual=True, random_state=0).fit(X, y, factors)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-8)


def test_two_classes_named_by_words_have_one_row_of_weights():
    X, y, X_test, y_test = problem(gaussian, n_classes=2)
    names = np.array(["cat", "dog"])
    machine = LinearSVM(random_state=0).fit(X, names[y])
    assert machine.coef_.shape == (1, 700)
    assert machine.intercept_.shape == (1,)
    assert machine.score(X_test, names[y_test]) > 0.9


def test_column_names_are_kept():
    pandas = pytest.importorskip("pandas")
    X, y, _, _ = problem(gaussian, d=100)
    table = pandas.DataFrame(X, columns=[f"fc7_{column}" for column in range(100)])
    machine = LinearSVM().fit(table, y)
    assert machine.feature_names_in_[3] == "fc7_3"
    assert machine.n_features_in_ == 100


def test_float32_features_give_the_float64_machine():
    X, y, _, _ = problem(relu_like)
    single = X.astype(np.float32)
    narrow = LinearSVM(random_state=0).fit(single, y)
    wide = LinearSVM(random_state=0).fit(single.astype(np.float64), y)
    np.testing.assert_array_equal(narrow.coef_, wide.coef_)


def test_features_that_are_all_zero_train():
    machine = LinearSVM().fit(np.zeros((4, 9)), [0, 0, 0, 1])
    assert not machine.coef_.any()
    assert (machine.predict(np.zeros((2, 9))) == 0).all()


def test_too_few_passes_warn():
    X, y, _, _ = problem(relu_like)
    with pytest.warns(ConvergenceWarning):
        LinearSVM(max_iter=1).fit(X, y)


def test_one_class_says_what_to_do():
    with pytest.raises(ValueError, match=r"All 5 images are of one class \(lion\): give the SVM"):
        LinearSVM().fit(np.ones((5, 9)), ["lion"] * 5)


@pytest.mark.parametrize("value, word", [(np.nan, "NaN"), (np.inf, "infinity")])
def test_missing_and_infinite_values_are_refused(value, word):
    X, y, _, _ = problem(gaussian)
    X[3, 5] = value
    with pytest.raises(ValueError, match=word):
        LinearSVM().fit(X, y)


def test_other_number_of_features_is_refused():
    X, y, X_test, _ = problem(gaussian)
    with pytest.raises(ValueError, match="699 features, but LinearSVM is expecting 700"):
        LinearSVM().fit(X, y).predict(X_test[:, 1:])


def test_other_number_of_labels_is_refused():
    X, y, _, _ = problem(gaussian)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        LinearSVM().fit(X, y[1:])


def test_every_class_counts_the_same():
    y_true = ["cat"] * 8 + ["dog"] * 2
    y_pred = ["cat"] * 8 + ["cat", "dog"]
    assert mean_class_accuracy(y_true, y_pred) == pytest.approx((8 / 8 + 1 / 2) / 2)


@pytest.mark.filterwarnings("error")
def test_classes_only_predicted_do_not_count():
    assert mean_class_accuracy([0, 0, 1, 1], [0, 2, 1, 1]) == pytest.approx((1 / 2 + 1) / 2)


def test_nothing_to_score_is_refused():
    with pytest.raises(ValueError, match="no image to score"):
        mean_class_accuracy([], [])
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        mean_class_accuracy([0, 1], [0])
