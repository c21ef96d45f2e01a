"""Normalization: the definition itself, row by row, and scikit-learn's own checks."""

from itertools import permutations

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Normalizer, normalize
from sklearn.utils.estimator_checks import parametrize_with_checks

from tlcourse.features.normalization import (
    NORMALIZATIONS,
    Discretizer,
    L2ByLayer,
    Standardizer,
    make_normalization,
)

SIZES = {"conv5_2": 3, "fc6": 4, "fc7": 5}
X = np.random.default_rng(0).gamma(0.5, 2, (6, 12)) * ([100] * 3 + [1] * 9)
ESTIMATORS = [
    L2ByLayer(),
    Standardizer(),
    Discretizer(),
]
each_estimator = pytest.mark.parametrize("estimator", ESTIMATORS, ids=str)


@parametrize_with_checks(ESTIMATORS)
def test_scikit_learns_checks(estimator, check):
    check(estimator)


# L2 by layer


def test_each_layer_is_normalized_on_its_own():
    found = L2ByLayer(SIZES).fit_transform(X)
    by_hand = np.hstack([normalize(X[:, :3]), normalize(X[:, 3:7]), normalize(X[:, 7:])])
    np.testing.assert_allclose(found, by_hand)
    whole = normalize(X)
    assert not np.allclose(found, whole / np.sqrt((whole**2).sum()))


def test_without_layers_it_is_l2_per_image():
    np.testing.assert_allclose(L2ByLayer().fit_transform(X), normalize(X))


def test_normalizing_the_concatenation_leaves_the_strong_layer_in_charge():
    share_of = lambda found: (found[:, :3] ** 2).sum(axis=1) / (found**2).sum(axis=1)  # noqa: E731
    assert (share_of(Normalizer().fit_transform(X)) > 0.9).all()
    np.testing.assert_allclose(share_of(L2ByLayer(SIZES).fit_transform(X)), 1 / 3)


def test_layers_have_one_norm_but_features_do_not_have_one_scale():
    deviations = L2ByLayer(SIZES).fit_transform(np.vstack([X, X * 3])).std(axis=0)
    assert deviations.max() > 1.5 * deviations.min()


def test_a_silent_layer_stays_silent():
    silent = X.copy()
    silent[2, 3:7] = 0
    found = L2ByLayer(SIZES).fit_transform(silent)
    assert (found[2, 3:7] == 0).all()
    assert np.isfinite(found).all()


def test_an_image_of_zeros_stays_zero():
    silent = np.vstack([X, np.zeros(12)])
    for transformer in (L2ByLayer(SIZES), L2ByLayer(), Normalizer()):
        assert (transformer.fit_transform(silent)[-1] == 0).all()


def test_sizes_that_do_not_add_up_say_so():
    with pytest.raises(ValueError, match="12 columns together and X has 10"):
        L2ByLayer(SIZES).fit(X[:, :10])


@pytest.mark.parametrize("sizes", [[3, 4, 5], {"fc6": 12, "fc7": 0}, {}])
def test_sizes_that_are_none(sizes):
    with pytest.raises(ValueError, match="pass a mapping of each layer to its number|0 columns"):
        L2ByLayer(sizes).fit(X)


# Standardization


def test_training_statistics_are_those_of_a_column():
    found = Standardizer().fit_transform(X)
    np.testing.assert_allclose(found, (X - X.mean(axis=0)) / X.std(axis=0))


def test_test_images_are_standardized_by_the_training_images():
    test = 3 * X + 1
    found = Standardizer().fit(X).transform(test)
    np.testing.assert_allclose(found, (test - X.mean(axis=0)) / X.std(axis=0))
    own = (test - test.mean(axis=0)) / test.std(axis=0)
    assert not np.allclose(found, own, atol=0.5)


def test_an_image_is_the_same_alone_and_among_others():
    fitted = Standardizer().fit(X)
    np.testing.assert_array_equal(fitted.transform(X[:1]), fitted.transform(X)[:1])


@pytest.mark.parametrize("value", [0, 0.1, 7, 1e5])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_constant_features_are_zero_and_reported(value, dtype):
    train, test = X.astype(dtype), X[:2].astype(dtype) + 1
    train[:, [2, 9]] = value
    model = Standardizer().fit(train)
    assert model.constant_features_.tolist() == [2, 9]
    for images in (train, test):
        assert (model.transform(images)[:, [2, 9]] == 0).all()
        assert (Discretizer().fit_transform(model.transform(images))[:, [2, 9]] == 0).all()


def test_a_feature_of_deviation_one_is_not_constant():
    train = np.array([[-1.0, 5], [1, 5]])
    assert Standardizer().fit(train).constant_features_.tolist() == [1]


def test_one_image_has_no_deviation():
    with pytest.raises(ValueError, match=r"1 sample.* minimum of 2 is required by Standardizer"):
        Standardizer().fit(X[:1])


# Discretization


def test_thresholds_are_strict():
    values = np.array([[-0.26, -0.25, -0.2499, 0, 0.1499, 0.15, 0.1501]])
    found = Discretizer().fit_transform(values)
    assert found.tolist() == [[-1, 0, 0, 0, 0, 0, 1]]
    assert found.dtype == np.int8
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
        Discretizer(low, high).fit(X)


# All of them


@pytest.mark.parametrize("order", list(permutations(range(4))), ids=str)
def test_any_order_in_a_pipeline(order):
    steps = [L2ByLayer(SIZES), Standardizer(), Discretizer(), Normalizer()]
    model = make_pipeline(*(steps[i] for i in order))
    names = [f"{layer} n{i}" for layer, size in SIZES.items() for i in range(size)]
    found = model.fit(X).transform(X[:4])
    assert np.isfinite(found).all()
    assert model.get_feature_names_out(names).tolist() == names
    step_by_step = X
    for i in order:
        step_by_step = clone(steps[i]).fit_transform(step_by_step)
    np.testing.assert_allclose(found, step_by_step[:4])


@each_estimator
@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_values_that_are_none(estimator, wrong):
    broken = X.copy()
    broken[4, 7] = wrong
    sentence = r"^X has NaN or infinite values \(1, the first in row 4, column 7\): leave .*again.$"
    with pytest.raises(ValueError, match=sentence):
        clone(estimator).fit(broken)
    with pytest.raises(ValueError, match=sentence):
        clone(estimator).fit(X).transform(broken)


@each_estimator
def test_features_of_another_backbone(estimator):
    with pytest.raises(ValueError, match="X has 10 features, but .* is expecting 12 features"):
        clone(estimator).fit(X).transform(X[:, :10])


@each_estimator
def test_what_is_passed_in_stays_as_it_is(estimator):
    given = X.copy()
    clone(estimator).fit(given).transform(given)
    assert (given == X).all()


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


def test_an_unknown_normalization():
    with pytest.raises(ValueError, match="no normalization 'L3': choose from none, L2 per image"):
        make_normalization("L3")
