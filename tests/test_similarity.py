"""Distances between domains and what representations promise, by independent computations."""

from functools import partial

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist, pdist
from scipy.stats import multivariate_normal
from sklearn.base import clone
from sklearn.covariance import ledoit_wolf
from sklearn.datasets import load_digits
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from test_photos import make_tiny_imagenet

from scripts.remake.representation_quality import SOURCES_OF_PHOTOS, TABLE, h_score, leep, log_me
from tlcourse.datasets import FAMILIES, photos
from tlcourse.domains.mmd import maximum_mean_discrepancy, median_bandwidth
from tlcourse.domains.similarity import class_mean_emd, default_domain_classifier, proxy_a_distance
from tlcourse.features.samples import noise_control
from tlcourse.networks import weights
from tlcourse.tables.cells import make_cells
from tlcourse.tables.sweep import run_sweep
from tlcourse.tables.targets import PhotographTarget, PhotoTarget

DISTANCES = [proxy_a_distance, maximum_mean_discrepancy]


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


def test_proxy_a_distance_is_two_minus_four_held_out_errors():
    source, target = gaussian(30, 4), gaussian(30, 4, 0.7, seed=1)
    X, domain = np.concatenate([source, target]), np.repeat([0, 1], 30)
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    said = cross_val_predict(clone(default_domain_classifier()), X, domain, cv=folds)
    assert 0 < (said != domain).sum() < 30
    assert proxy_a_distance(source, target) == pytest.approx(2 - 4 * (said != domain).mean())
    assert proxy_a_distance(source, source) == pytest.approx(0)


def test_proxy_a_distance_of_few_images_and_of_a_rare_domain_is_no_trap():
    assert abs(noise_control(proxy_a_distance, gaussian(60, 300), repeats=10).mean()) < 0.3
    assert abs(proxy_a_distance(gaussian(400, 5), gaussian(20, 5, seed=1))) < 0.6
    assert proxy_a_distance(gaussian(400, 5), gaussian(20, 5, 4.0, seed=1)) > 1.9


@pytest.mark.parametrize("source", [np.zeros((10, 2)), np.repeat([[0.0, 0], [1, 1]], 5, axis=0)])
def test_proxy_a_distance_needs_images_that_differ(source):
    """Of one row that is repeated, the fold that holds it would leave none to train on."""
    for other in (source, source + 9):
        with pytest.raises(ValueError, match="too few differ for 5 folds"):
            proxy_a_distance(source, other)
    repeated = np.repeat(source + gaussian(10, 2), 3, axis=0)
    assert proxy_a_distance(repeated, gaussian(10, 2, 9)) > 1


def test_emd_of_points_on_a_line_and_of_equal_classes():
    source, labels = np.array([[0.0], [0.0], [0.0], [10.0]]), ["a", "a", "a", "b"]
    target, target_labels = np.array([[1.0], [3.0], [14.0]]), [0, 0, 1]
    # Heaps 3/4 at 0 and 1/4 at 10; holes 2/3 at 2 and 1/3 at 14. 2/3 go from 0 to 2, the 1/12 left
    # at 0 goes to 14, and the 1/4 at 10 goes to 14.
    emd = 2 / 3 * 2 + 1 / 12 * 14 + 1 / 4 * 4
    assert class_mean_emd(source, labels, target, target_labels) == pytest.approx(emd)
    source, target, labels = gaussian(8, 5), gaussian(8, 5, 1.0, seed=1), np.arange(8)
    distances = cdist(source, target)
    emd = distances[linear_sum_assignment(distances)].mean()
    assert class_mean_emd(source, labels, target, labels) == pytest.approx(emd)


@pytest.mark.parametrize("distance", [*DISTANCES, class_mean_emd], ids=lambda f: f.__name__)
def test_distances_order_same_shifted_and_other(distance):
    """Handwritten 0, 1, 2 against others of these, a mixture with 4, 7, 9, and 4, 7, 9."""
    X, y = load_digits(return_X_y=True)
    one, other = (np.flatnonzero(np.isin(y, classes)) for classes in ((0, 1, 2), (4, 7, 9)))

    def parts(rows):
        return (X[rows],) if distance in DISTANCES else (X[rows], y[rows])

    def distance_to(rows):
        return distance(*parts(one[::2]), *parts(rows))

    control = noise_control(distance, *parts(one), control="halves", repeats=5)
    same, shifted = distance_to(one[1::2]), distance_to(np.append(one[1::4], other[::4]))
    assert max(same, control.max()) < (shifted / 2 if distance in DISTANCES else shifted)
    assert shifted < distance_to(other[::2])


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


def test_every_source_and_target_once_with_the_shipped_weights():
    """Shipped features have 8 bits, the recorded ones 16: at most a few images in 500 differ."""
    recorded = TABLE.read()
    assert not recorded.duplicated(["source", "target"]).any()
    assert len(recorded) == len(SOURCES_OF_PHOTOS) * len(FAMILIES)
    for name, digest in zip(recorded["source"], recorded["weights"], strict=True):
        assert weights.read_card(name)["sha256"].startswith(digest), name
    row = recorded.set_index(["source", "target"]).loc["natural", "insects"]
    insects = PhotoTarget("insects", photos.TRAIN_PER_CLASS)
    (cell,) = make_cells("natural", insects, "fc7", (0,), C=row["fc7, C"])
    accuracy = run_sweep([cell], store=False)["accuracy"][0]
    assert accuracy == pytest.approx(row["fc7"], abs=0.01)


@pytest.fixture
def sample():
    rng, y = np.random.default_rng(0), np.repeat([0, 1, 2], [8, 10, 12])
    return rng.normal(size=(30, 4)) + y[:, None] * [1.0, 0, 0.5, 0], y


def test_h_score_of_two_covariances(sample):
    X, y = sample
    covariance, share = ledoit_wolf(X)
    between = np.cov(np.stack([X[y == c].mean(0) for c in y]).T, bias=True)
    expected = (1 - share) * np.trace(np.linalg.inv(covariance) @ between)
    assert h_score(X, y) == pytest.approx(expected)
    assert h_score(X, np.random.default_rng(1).permutation(y)) < expected / 2


def test_leep_by_loops_and_at_its_ends(sample):
    _, y = sample
    P = np.random.default_rng(0).dirichlet([1] * 5, len(y))
    likelihoods = []
    for row, label in zip(P, y, strict=True):
        joint = [P[y == label, z].sum() / P[:, z].sum() * row[z] for z in range(5)]
        likelihoods.append(np.log(sum(joint)))
    assert leep(P, y) == pytest.approx(np.mean(likelihoods))
    assert leep(np.eye(3)[y], y) == pytest.approx(0)


def test_log_me_is_the_best_evidence_of_a_linear_model(sample):
    X, y = sample
    best = []
    for c in range(3):
        evidences = [
            multivariate_normal.logpdf(y == c, cov=X @ X.T / alpha + np.eye(len(y)) / beta)
            for alpha in np.logspace(0, 3, 25)
            for beta in np.logspace(0.3, 1.3, 25)
        ]
        best.append(max(evidences))
    assert log_me(X, y) == pytest.approx(np.mean(best) / len(y), abs=5e-3)


def test_photographs_on_the_disk_are_the_images_that_features_are_shipped_of(tmp_path):
    root = make_tiny_imagenet(tmp_path, per_class=41)
    train = photos.TinyImageNet("insects", "train", root, per_class=40)
    wanted = [*train, *photos.TinyImageNet("insects", "val", root)]
    images = PhotographTarget("insects", str(root)).images()
    assert len(images) == 10 * (40 + 41)
    for (image, label), (other, index) in zip(images, wanted, strict=True):
        assert label == index and image.tobytes() == other.tobytes()
