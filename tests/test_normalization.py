"""Normalization: the definition itself, row by row, and scikit-learn's own checks."""

import numpy as np
import pytest
from sklearn.preprocessing import normalize
from sklearn.utils.estimator_checks import parametrize_with_checks

from tlcourse.normalization import L2ByLayer

SIZES = {"conv5_2": 3, "fc6": 4, "fc7": 5}
X = np.random.default_rng(0).gamma(0.5, 2, (6, 12)) * ([100] * 3 + [1] * 9)


@parametrize_with_checks([L2ByLayer()])
def test_scikit_learns_checks(estimator, check):
    check(estimator)


def test_each_layer_is_normalized_on_its_own():
    found = L2ByLayer(SIZES).fit_transform(X)
    by_hand = np.hstack([normalize(X[:, :3]), normalize(X[:, 3:7]), normalize(X[:, 7:])])
    np.testing.assert_allclose(found, by_hand)
    whole = normalize(X)
    assert not np.allclose(found, whole / np.sqrt((whole**2).sum()))


def test_without_layers_it_is_l2_per_image():
    np.testing.assert_allclose(L2ByLayer().fit_transform(X), normalize(X))


def test_a_silent_layer_stays_silent():
    silent = X.copy()
    silent[2, 3:7] = 0
    found = L2ByLayer(SIZES).fit_transform(silent)
    assert (found[2, 3:7] == 0).all()
    assert np.isfinite(found).all()


def test_sizes_that_do_not_add_up_say_so():
    with pytest.raises(ValueError, match="12 columns together and X has 10"):
        L2ByLayer(SIZES).fit(X[:, :10])
