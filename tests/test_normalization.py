"""Normalization: the definition itself, row by row, and scikit-learn's own checks."""

from itertools import permutations

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Normalizer, normalize
from sklearn.utils.estimator_checks import parametrize_with_checks

from tlcourse.features.embedding import full_network_embedding
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


@parametrize_with_checks(ESTIMATORS)
def test_scikit_learns_checks(estimator, check):
    check(estimator)


def test_each_layer_is_normalized_on_its_own():
    found = L2ByLayer(SIZES).fit_transform(X)
    by_hand = np.hstack([normalize(X[:, :3]), normalize(X[:, 3:7]), normalize(X[:, 7:])])
    np.testing.assert_allclose(found, by_hand)
    silent = X.copy()
    silent[2, 3:7] = silent[4] = 0
    found = L2ByLayer(SIZES).fit_transform(silent)
    assert (found[2, 3:7] == 0).all() and (found[4] == 0).all() and np.isfinite(found).all()


@pytest.mark.parametrize("sizes", [[3, 4, 5], {"fc6": 12, "fc7": 0}, {}, {"fc7": 10}])
def test_sizes_that_do_not_fit(sizes):
    words = "a mapping of each layer to its number|0 columns|10 columns together and X has 12"
    with pytest.raises(ValueError, match=words):
        L2ByLayer(sizes).fit(X)


def test_standardized_by_the_statistics_of_the_training_images():
    test = 3 * X + 1
    fitted = Standardizer().fit(X)
    np.testing.assert_allclose(fitted.transform(test), (test - X.mean(axis=0)) / X.std(axis=0))
    np.testing.assert_array_equal(fitted.transform(X[:1]), fitted.transform(X)[:1])
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


def test_thresholds_are_strict():
    values = np.array([[-0.26, -0.25, -0.2499, 0, 0.1499, 0.15, 0.1501]])
    found = Discretizer().fit_transform(values)
    assert found.tolist() == [[-1, 0, 0, 0, 0, 0, 1]] and found.dtype == np.int8
    assert Discretizer().fit_transform(values.astype(np.float32)).tolist() == found.tolist()


def test_a_gaussian_feature_is_zero_in_16_percent():
    values = np.random.default_rng(0).normal(size=(20_000, 3))
    shares = [(Discretizer().fit_transform(values) == mark).mean() for mark in (-1, 0, 1)]
    expected = [norm.cdf(-0.25), norm.cdf(0.15) - norm.cdf(-0.25), norm.sf(0.15)]
    np.testing.assert_allclose(shares, expected, atol=0.01)
    assert round(expected[1], 2) == 0.16


@pytest.mark.parametrize(("low", "high"), [(0.15, -0.25), (0.1, 0.1), (np.nan, 0.1)])
def test_crossed_thresholds(low, high):
    with pytest.raises(ValueError, match=f"low is {low} and high is {high}: low must be below"):
        full_network_embedding(low, high).fit(X)


@pytest.mark.parametrize("order", list(permutations(range(4)))[::4], ids=str)
def test_any_order_in_a_pipeline(order):
    steps = [L2ByLayer(SIZES), Standardizer(), Discretizer(), Normalizer()]
    model = make_pipeline(*(steps[i] for i in order))
    names = [f"{layer} n{i}" for layer, size in SIZES.items() for i in range(size)]
    found = model.fit(X).transform(X[:4])
    assert model.get_feature_names_out(names).tolist() == names
    step_by_step = X
    for i in order:
        step_by_step = clone(steps[i]).fit_transform(step_by_step)
    np.testing.assert_allclose(found, step_by_step[:4])


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
