"""Transferability scores, each against an independent computation, and their traps."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal
from sklearn.covariance import LedoitWolf
from sklearn.linear_model import BayesianRidge

from tlcourse import paths
from tlcourse.domains.transferability import h_score, leep, log_me
from tlcourse.features.extraction import shipped_features
from tlcourse.features.samples import noise_control


def problem(n=60, d=5, n_classes=3, signal=1.0, seed=0):
    rng = np.random.default_rng(seed)
    y = np.arange(n) % n_classes
    return signal * rng.normal(size=(n_classes, d))[y] + rng.normal(size=(n, d)), y


def between_classes(X, y):
    means = np.array([X[y == label].mean(axis=0) for label in y])
    return np.cov(means.T, bias=True)


def test_plain_h_score_is_the_trace():
    X, y = problem()
    by_hand = np.trace(np.linalg.inv(np.cov(X.T, bias=True)) @ between_classes(X, y))
    assert h_score(X, y, shrinkage=None) == pytest.approx(by_hand)


@pytest.mark.parametrize("d", [5, 100])
@pytest.mark.parametrize("seed", [0, 1])
def test_regularised_h_score_is_that_of_ledoit_and_wolf(d, seed):
    X, y = problem(d=d, seed=seed)
    fitted = LedoitWolf().fit(X)
    by_hand = (1 - fitted.shrinkage_) * np.trace(
        np.linalg.inv(fitted.covariance_) @ between_classes(X, y)
    )
    assert 0 < fitted.shrinkage_ < 1
    assert h_score(X, y) == pytest.approx(by_hand)
    assert h_score(X, y, shrinkage=fitted.shrinkage_) == pytest.approx(by_hand)


def test_h_score_trap_plain_is_classes_minus_one_on_noise():
    noise, y = problem(n=60, d=80, n_classes=4, signal=0)
    with pytest.warns(UserWarning, match="60 images of 80 features.*classes - 1 for any labels"):
        plain = noise_control(lambda X, y: h_score(X, y, shrinkage=None), noise, y, repeats=3)
    np.testing.assert_allclose(plain, 4 - 1)
    assert h_score(noise, y) < 1
    signal, y = problem(n=60, d=80, n_classes=4, signal=1)
    assert h_score(signal, y) > noise_control(h_score, signal, y).max() + 0.5


def test_h_score_of_a_perfect_feature_is_classes_minus_one():
    y = np.arange(30) % 3
    assert h_score(np.eye(3)[y], y, shrinkage=None) == pytest.approx(2)
    assert h_score(np.eye(3)[y], y, shrinkage=1.0) == 0


def test_leep_of_two_images_and_two_source_classes_by_hand():
    P = np.array([[0.9, 0.1], [0.3, 0.7]])
    # P(z) = (1.2, 0.8) / 2; P(y=0 | z) = (3/4, 1/8); P(y=1 | z) = (1/4, 7/8).
    by_hand = (np.log(3 / 4 * 0.9 + 1 / 8 * 0.1) + np.log(1 / 4 * 0.3 + 7 / 8 * 0.7)) / 2
    assert leep(P, ["cat", "dog"]) == pytest.approx(by_hand)


def test_leep_with_an_unused_source_class_is_leep_without_it():
    P = np.random.default_rng(0).dirichlet(np.ones(4), size=30)
    y = np.arange(30) % 3
    unused = np.insert(P, 2, 0.0, axis=1)
    assert leep(unused, y) == pytest.approx(leep(P, y))


def test_leep_runs_from_the_entropy_of_the_labels_to_zero():
    y = np.array([0] * 10 + [1] * 30)
    entropy = -(0.25 * np.log(0.25) + 0.75 * np.log(0.75))
    assert leep(np.full((40, 5), 0.2), y) == pytest.approx(-entropy)
    assert leep(np.eye(2)[y], y) == pytest.approx(0)


def test_leep_trap_many_source_classes_overfit():
    y = np.arange(40) % 4
    P = np.random.default_rng(0).dirichlet(np.full(500, 0.01), size=40)
    control = noise_control(leep, P, y, repeats=5)
    assert control.min() > -np.log(4) + 0.3
    useful = 0.6 * np.eye(4)[y] + 0.1
    assert leep(useful, y) > noise_control(leep, useful, y).max() + 0.2


def log_evidence(X, labels, alpha, beta):
    """The Gaussian density of the labels with the weights summed out, from its covariance."""
    covariance = np.eye(len(X)) / beta + X @ X.T / alpha
    return multivariate_normal(np.zeros(len(X)), covariance).logpdf(labels)


@pytest.mark.parametrize("d", [3, 40])
def test_log_me_is_the_highest_evidence_on_a_grid(d):
    X, y = problem(n=24, d=d)
    grid = [(a, b) for a in np.logspace(-1, 4, 26) for b in np.logspace(-1, 6, 36)]
    best = [max(log_evidence(X, 1.0 * (y == label), *at) for at in grid) for label in range(3)]
    on_grid = np.mean(best) / len(X)
    assert on_grid <= log_me(X, y) < on_grid + 0.01


@pytest.mark.parametrize("d", [5, 100])
def test_log_me_is_the_evidence_of_bayesian_ridge(d):
    X, y = problem(d=d)
    flat = {"alpha_1": 0, "alpha_2": 0, "lambda_1": 0, "lambda_2": 0}
    ridge = BayesianRidge(fit_intercept=False, tol=1e-10, max_iter=5000, compute_score=True, **flat)
    evidences = [ridge.fit(X, 1.0 * (y == label)).scores_[-1] for label in range(3)]
    assert log_me(X, y) == pytest.approx(np.mean(evidences) / len(X), abs=1e-4)


def test_log_me_ignores_scale_and_stays_finite_on_a_perfect_feature():
    X, y = problem()
    assert log_me(1000 * X, y) == pytest.approx(log_me(X, y), abs=1e-6)
    assert log_me(X, y) < log_me(np.eye(3)[y], y) < np.inf


@pytest.mark.parametrize("d", [5, 200])
@pytest.mark.parametrize("score", [h_score, log_me])
def test_more_signal_scores_higher_and_noise_no_higher_than_its_control(score, d):
    noise, weak, strong = (problem(n=120, d=d, signal=signal) for signal in (0, 0.5, 2))
    assert score(*noise) < score(*weak) < score(*strong)
    control = noise_control(score, *noise, repeats=19)
    assert abs(score(*noise) - control.mean()) < 4 * control.std()
    assert score(*strong) > noise_control(score, *strong, repeats=19).max()


@pytest.mark.skipif(not paths.SHIPPED_FEATURES.exists(), reason="no shipped features here")
@pytest.mark.parametrize("score", [h_score, log_me])
def test_photo_features_score_above_permuted_labels_and_raw_edges(score):
    train, _ = shipped_features("natural", "insects")
    deep, shallow = (score(train.select([layer]), train.labels) for layer in ("fc6", "conv1_1"))
    control = noise_control(score, train.select(["fc6"]), train.labels, repeats=5)
    assert deep > max(shallow, control.max())


@pytest.mark.parametrize("score", [h_score, log_me, leep])
def test_bad_input_is_one_sentence(score):
    good, y = np.full((20, 4), 0.25), np.arange(20) % 2
    infinite = good.copy()
    infinite[5, 1] = np.inf
    with pytest.raises(ValueError, match="1 values that are NaN or infinite.*row 5, column 1"):
        score(infinite, y)
    with pytest.raises(ValueError, match=r"y has the shape \(19,\) for 20 images"):
        score(good, y[1:])
    with pytest.raises(ValueError, match=r"y has the shape \(20, 2\) for 20 images"):
        score(good, np.eye(2)[y])
    with pytest.raises(ValueError, match="y has 1 class .*at least 2"):
        score(good, 0 * y)
    with pytest.raises(ValueError, match="without a label"):
        score(good, np.where(y, 1.0, np.nan))
    with pytest.raises(ValueError, match="has 1 images: at least 2"):
        score(good[:1], y[:1])


def test_what_cannot_be_scored_is_one_sentence():
    y = np.arange(20) % 2
    with pytest.raises(ValueError, match="Every feature is constant"):
        h_score(np.ones((20, 3)), y)
    with pytest.raises(ValueError, match="Every feature is constant"):
        h_score(np.full((7, 3), 0.1), y[:7])
    with pytest.raises(ValueError, match="Every feature is 0"):
        log_me(np.zeros((20, 3)), y)
    with pytest.raises(ValueError, match="shrinkage is 2"):
        h_score(*problem(), shrinkage=2)
    with pytest.raises(ValueError, match="through a softmax first"):
        leep(np.random.default_rng(0).normal(size=(20, 3)), y)
