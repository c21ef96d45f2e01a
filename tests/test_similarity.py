"""Distances between domains, each against an independent computation, and their traps."""

from functools import partial

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist, pdist
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.linear_model import RidgeClassifier
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from tlcourse.domains.mmd import maximum_mean_discrepancy, median_bandwidth
from tlcourse.domains.similarity import class_mean_emd, default_domain_classifier, proxy_a_distance
from tlcourse.features.extraction import shipped_features
from tlcourse.features.samples import noise_control

DISTANCES = [proxy_a_distance, maximum_mean_discrepancy]
each_distance = pytest.mark.parametrize("distance", DISTANCES, ids=["proxy_a_distance", "mmd"])


def gaussian(n, d, shift=0.0, seed=0):
    return np.random.default_rng(seed).normal(size=(n, d)) + shift


@pytest.mark.parametrize("unbiased", [True, False])
@pytest.mark.parametrize("bandwidth", [0.7, None])
def test_mmd_is_the_mean_over_pairs(unbiased, bandwidth):
    """Equations 3 and 5 of Gretton et al.; unbiased: without the pairs of a row with itself."""
    source, target = gaussian(7, 3), gaussian(11, 3, 0.5, seed=1)
    median = np.median(pdist(np.concatenate([source, target])))
    assert median_bandwidth(source, target) == pytest.approx(median)

    def mean_kernel(A, B):
        kernel = np.exp(-(cdist(A, B) ** 2) / (2 * (bandwidth or median) ** 2))
        return kernel[~np.eye(len(A), dtype=bool)].mean() if A is B and unbiased else kernel.mean()

    by_hand = mean_kernel(source, source) + mean_kernel(target, target)
    by_hand -= 2 * mean_kernel(source, target)
    found = maximum_mean_discrepancy(source, target, unbiased, bandwidth)
    assert found == pytest.approx(by_hand)


def test_unbiased_mmd_can_be_negative_and_the_biased_one_cannot():
    pairs = [(gaussian(20, 5, seed=2 * i), gaussian(20, 5, seed=2 * i + 1)) for i in range(40)]
    unbiased = np.array([maximum_mean_discrepancy(*pair) for pair in pairs])
    biased = np.array([maximum_mean_discrepancy(*pair, unbiased=False) for pair in pairs])
    assert unbiased.min() < 0 < unbiased.max()
    assert abs(unbiased.mean()) < 3 * unbiased.std() / np.sqrt(40)
    assert biased.min() > 0 and biased.mean() > 0.02


def test_proxy_a_distance_is_two_minus_four_held_out_errors():
    source, target = gaussian(30, 4), gaussian(30, 4, 0.7, seed=1)
    X, domain = np.concatenate([source, target]), np.repeat([0, 1], 30)
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    said = cross_val_predict(clone(default_domain_classifier()), X, domain, cv=folds)
    assert 0 < (said != domain).sum() < 30
    assert proxy_a_distance(source, target) == pytest.approx(2 - 4 * (said != domain).mean())
    assert proxy_a_distance(source, source) == pytest.approx(0)


def test_proxy_a_distance_trap_training_error_is_zero_for_any_two_samples():
    X, domain = gaussian(60, 300), np.repeat([0, 1], 30)
    assert RidgeClassifier(alpha=1e-3).fit(X, domain).score(X, domain) == 1
    assert abs(noise_control(proxy_a_distance, X, repeats=10).mean()) < 0.3


def test_proxy_a_distance_counts_both_domains_alike():
    rare = proxy_a_distance(gaussian(400, 5), gaussian(20, 5, seed=1))
    assert abs(rare) < 0.6
    assert proxy_a_distance(gaussian(400, 5), gaussian(20, 5, 4.0, seed=1)) > 1.9


@pytest.mark.parametrize("source", [np.zeros((10, 2)), np.repeat([[0.0, 0], [1, 1]], 5, axis=0)])
def test_proxy_a_distance_needs_images_that_differ(source):
    """Of one row that is repeated, the fold that holds it would leave none to train on."""
    for other in (source, source + 9):
        with pytest.raises(ValueError, match="too few differ for 5 folds"):
            proxy_a_distance(source, other)
    repeated = np.repeat(source + gaussian(10, 2), 3, axis=0)
    assert proxy_a_distance(repeated, gaussian(10, 2, 9)) > 1


def test_emd_of_points_on_a_line():
    source, labels = np.array([[0.0], [0.0], [0.0], [10.0]]), ["a", "a", "a", "b"]
    target, target_labels = np.array([[1.0], [3.0], [14.0]]), [0, 0, 1]
    # Heaps 3/4 at 0 and 1/4 at 10; holes 2/3 at 2 and 1/3 at 14. 2/3 go from 0 to 2, the 1/12 left
    # at 0 goes to 14, and the 1/4 at 10 goes to 14.
    emd = 2 / 3 * 2 + 1 / 12 * 14 + 1 / 4 * 4
    assert class_mean_emd(source, labels, target, target_labels) == pytest.approx(emd)


def test_emd_of_equal_classes_is_an_assignment():
    source, target, labels = gaussian(8, 5), gaussian(8, 5, 1.0, seed=1), np.arange(8)
    distances = cdist(source, target)
    emd = distances[linear_sum_assignment(distances)].mean()
    assert class_mean_emd(source, labels, target, labels) == pytest.approx(emd)


def digits_of(*classes):
    X, y = load_digits(return_X_y=True)
    return X[np.isin(y, classes)], y[np.isin(y, classes)]


@each_distance
def test_distances_order_same_shifted_and_other(distance):
    """Handwritten 0, 1, 2 against others of these, a mixture with 4, 7, 9, and 4, 7, 9."""
    one, other = digits_of(0, 1, 2)[0], digits_of(4, 7, 9)[0]
    source, target = one[::2], one[1::2]
    mixture = np.concatenate([target[::2], other[::4]])
    same, shifted = distance(source, target), distance(source, mixture)
    assert max(same, noise_control(distance, one, repeats=5).max()) < shifted / 2
    assert shifted < distance(source, other[::2])


def test_emd_orders_same_shifted_and_other():
    (X, y), (other, other_y) = digits_of(0, 1, 2), digits_of(4, 7, 9)
    mixture, mixture_y = np.concatenate([X[1::4], other[::4]]), np.append(y[1::4], other_y[::4])
    distance = partial(class_mean_emd, X[::2], y[::2])
    control = noise_control(class_mean_emd, X, y, control="halves", repeats=5)
    assert max(control.max(), distance(X[1::2], y[1::2])) < distance(mixture, mixture_y)
    assert distance(mixture, mixture_y) < distance(other, other_y)


@each_distance
def test_distances_between_photo_families(distance):
    """Cats and dogs against other images of cats and dogs, and against three other families."""
    train, test = (
        part.select(["fc7"])[::3] for part in shipped_features("natural", "cats and dogs")
    )
    others = [
        shipped_features("natural", family)[1].select(["fc7"])[::4]
        for family in ("insects", "scenes", "clothes")
    ]
    assert 2 * distance(train, test) < min(distance(train, other) for other in others)


X, Y = gaussian(20, 4), np.arange(20) % 2
HOLED = np.where(np.arange(80).reshape(20, 4) == 14, np.nan, X)


@pytest.mark.parametrize(
    ("measure", "words"),
    [
        *((partial(each, X, gaussian(20, 5)), "one feature space") for each in DISTANCES),
        *((partial(each, X, HOLED), "NaN.*row 3, column 2") for each in DISTANCES),
        *((partial(each, X[:1], X), "source has 1 images") for each in DISTANCES),
        *((partial(each, X[:, 0], X), r"source has the shape \(20,\)") for each in DISTANCES),
        (partial(proxy_a_distance, X, X, folds=1), "folds is 1"),
        (partial(maximum_mean_discrepancy, X, X, bandwidth=0), "bandwidth is 0"),
        (partial(maximum_mean_discrepancy, np.ones((5, 2)), np.ones((5, 2))), "pass a bandwidth"),
        (partial(class_mean_emd, X, Y, X, Y[1:]), r"the shape \(19,\) for 20 images"),
        (partial(noise_control, proxy_a_distance, X, control="thirds"), "'halves' or 'labels'"),
        (partial(noise_control, proxy_a_distance, X, control="labels"), "give y"),
    ],
)
def test_bad_input_is_one_sentence(measure, words):
    with pytest.raises(ValueError, match=words):
        measure()


def test_noise_control_deals_disjoint_halves_and_the_same_ones_for_a_seed():
    seen = []
    X = np.arange(9.0)[:, None]
    noise_control(lambda *halves: seen.append(halves) or 0.0, X, repeats=2)
    assert all(len(np.unique(np.concatenate(pair))) == 8 for pair in seen)
    first, second = (noise_control(lambda a, b: a.mean() - b.mean(), X) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert len(np.unique(first)) > 10
