"""Presence and absence against scipy's own statistic; thresholds; what discretising costs."""

import warnings

import numpy as np
import pytest
from scipy.stats import ks_2samp, norm
from sklearn.svm import LinearSVC

from tlcourse.classifiers import discretization
from tlcourse.classifiers.score import evaluate_transfer, layer_sets, sample_per_class
from tlcourse.classifiers.svm import LinearSVM, mean_class_accuracy
from tlcourse.features import embedding_cost
from tlcourse.features.characteristic import characteristic_features, class_means, largest_gaps
from tlcourse.features.embedding import FullNetworkEmbedding
from tlcourse.features.extraction import shipped_features
from tlcourse.features.normalization import Discretizer

LABELS = np.repeat([0, 1, 2], [12, 20, 28])


@pytest.fixture(scope="module")
def features():
    """Rectified noise, full of ties; feature 0 is strong in class 1, feature 1 weak in class 2."""
    X = np.maximum(np.random.default_rng(0).normal(size=(60, 300)), 0).astype(np.float32)
    X[LABELS == 1, 0] += 3
    X[LABELS != 2, 1] += 3
    return X


# The Kolmogorov-Smirnov statistic


def test_statistics_are_scipys(features):
    X = np.hstack([features[:, :6], np.round(features[:, 6:9], 1), np.full((60, 1), 7.0)])
    study = characteristic_features(X, LABELS)
    above, below = study.above, study.below
    assert above.shape == below.shape == (3, 10)
    for label in range(3):
        for column in range(10):
            inside, outside = X[LABELS == label, column], X[LABELS != label, column]
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                over, under = (
                    ks_2samp(inside, outside, alternative=side).statistic
                    for side in ("less", "greater")
                )
            assert above[label, column] == pytest.approx(over, abs=1e-6)
            assert below[label, column] == pytest.approx(under, abs=1e-6)


def test_a_constant_feature_and_equal_values_have_no_gap():
    study = characteristic_features(np.full((60, 2), 0.3), LABELS)
    assert not study.above.any() and not study.below.any()


def test_scale_and_shift_of_a_feature_do_not_matter(features):
    scale = np.logspace(-2, 2, 300).astype(np.float32)
    before = characteristic_features(features, LABELS)
    after = characteristic_features(features * scale, LABELS)
    np.testing.assert_array_equal(before.above, after.above)
    np.testing.assert_array_equal(before.below, after.below)


def test_what_was_put_in_is_found(features):
    study = characteristic_features(features, LABELS)
    assert study.marks.shape == (3, 300) and study.marks.dtype == np.int8
    assert study.marks[1, 0] == 1 and study.marks[2, 1] == -1
    assert study.strongest(1, "presence") == [0]
    assert study.strongest(2, "absence", n=2)[0] == 1
    assert study.strongest(2, "absence", slice(5, 9))[0] in range(5, 9)


def test_luck_marks_about_its_share():
    noise = np.random.default_rng(1).normal(size=(60, 4000))
    labels = np.repeat([0, 1, 2], 20)
    for level in (0.01, 0.1):
        study = characteristic_features(noise, labels, level=level)
        assert (study.marks != 0).mean() == pytest.approx(level, rel=0.35)
        assert study.by_luck.sum(axis=1).mean() / 4000 == pytest.approx(level, rel=0.35)
        assert study.counts().shape == (3, 2)
        assert study.counts().sum() == (study.marks != 0).sum()


def test_the_limit_of_luck_is_counted_on_other_permutations(features):
    study = characteristic_features(features, LABELS, repeats=4)
    assert study.by_luck.shape == (4, 2) and len(set(map(tuple, study.by_luck))) > 1


@pytest.mark.parametrize(
    ("X", "labels", "sentence"),
    [
        (np.ones((4, 2)), [0, 0, 0, 0], "All images are of one class"),
        (np.ones((4, 2)), [0, 1, 0], r"X is \(4, 2\) and there are 3 labels"),
        (np.array([[1.0], [np.nan]]), [0, 1], "X has NaN or infinite values: leave those"),
    ],
)
def test_bad_input_is_one_sentence(X, labels, sentence):
    with pytest.raises(ValueError, match=sentence):
        characteristic_features(X, np.array(labels))


def test_levels_sides_and_labels_out_of_range(features):
    for level in (0, 1, -0.1):
        with pytest.raises(ValueError, match=f"level is {level}: give a share between 0 and 1"):
            characteristic_features(features, LABELS, level=level)
    study = characteristic_features(features, LABELS)
    with pytest.raises(ValueError, match="side is 'both': choose from presence, absence"):
        study.strongest(0, "both")
    with pytest.raises(ValueError, match="label is 3: there are 3 classes"):
        study.strongest(3, "absence")


# Thresholds


def test_thresholds_lie_where_the_groups_part():
    generator = np.random.default_rng(0)
    values = np.concatenate([generator.normal(m, 0.2, 20_000) for m in (-0.8, 0, 0.6)])
    gaps = largest_gaps(values, np.repeat([-1, 0, 1], 20_000))
    assert gaps.low == pytest.approx(-0.4, abs=0.05)
    assert gaps.high == pytest.approx(0.3, abs=0.05)
    np.testing.assert_allclose(gaps.uncharacteristic, norm.cdf(gaps.grid / 0.2), atol=0.02)


def test_the_gap_is_scipys_statistic():
    generator = np.random.default_rng(0)
    values, marks = generator.normal(size=900), np.repeat([-1, 0, 1], 300)
    values += 0.4 * marks
    gaps = largest_gaps(values, marks, points=100_001)
    largest = (gaps.uncharacteristic - gaps.presence).max()
    expected = ks_2samp(values[300:600], values[600:], alternative="greater").statistic
    assert largest == pytest.approx(expected, abs=1e-3)


def test_thresholds_need_all_three_groups():
    with pytest.raises(ValueError, match="One of absence, uncharacteristic and presence is empty"):
        largest_gaps(np.zeros(3), np.array([0, 1, 1]))
    with pytest.raises(ValueError, match=r"\(3,\) values and \(2,\) marks: give as many"):
        largest_gaps(np.zeros(3), np.array([0, 1]))


def test_class_means_are_means():
    X = np.arange(12.0).reshape(6, 2)
    assert class_means(X, np.array([1, 0, 1, 0, 1, 0])).tolist() == [[6, 7], [4, 5]]


# What discretising costs and saves


def test_thresholds_at_their_defaults_are_the_embedding():
    result = discretization.evaluate_thresholds("natural", "insects")
    train, test = shipped_features("natural", "insects")
    rows = sample_per_class(train.labels, 20, 0)
    embedding = FullNetworkEmbedding().fit(train.matrix[rows])
    machine = LinearSVC(dual=True, random_state=0)
    embedded = embedding.transform(train.matrix[rows])
    machine.fit(embedded, train.labels[rows])
    predicted = machine.predict(embedding.transform(test.matrix))
    assert result.accuracy == pytest.approx(mean_class_accuracy(test.labels, predicted), abs=0.003)
    assert result.shares == {value: (embedded == value).mean() for value in (-1, 0, 1)}
    assert (
        result.bytes["int8"] == embedded.nbytes and result.bytes["float32"] == 4 * embedded.nbytes
    )


def test_the_test_images_are_standardised_by_the_training_images():
    train, _, test, _ = discretization.standardized("natural", "insects")
    np.testing.assert_allclose(train.mean(axis=0), 0, atol=1e-4)
    assert abs(test.mean(axis=0)).max() > 0.3


def test_wide_thresholds_leave_zeros_and_one_side_can_be_switched_off():
    evaluate = discretization.evaluate_thresholds
    wide = evaluate("natural", "insects", -2, 2)
    assert wide.shares[0] > 0.8 > evaluate("natural", "insects", -0.1, 0.1).shares[0]
    assert evaluate("natural", "insects", low=-100).shares[-1] == 0


@pytest.mark.parametrize("thresholds", [(0.15, -0.25), (0.1, 0.1)])
def test_crossed_thresholds(thresholds):
    low, high = thresholds
    with pytest.raises(ValueError, match=f"low is {low} and high is {high}: low must be below"):
        discretization.evaluate_thresholds("natural", "insects", low, high)


def test_unknown_family_and_embedding():
    with pytest.raises(ValueError, match="No features of 'birds' are shipped"):
        discretization.evaluate_thresholds("natural", "birds")
    with pytest.raises(ValueError, match="No embedding 'L2'"):
        discretization.compare_embeddings([("natural", "insects")], ["L2"])


def test_comparison_trains_what_transfer_trains():
    pairs = [("natural", "insects"), ("manmade", "clothes")]
    found = discretization.compare_embeddings(pairs, Cs=(1.0,), seeds=(1,))
    for source, family in pairs:
        every = layer_sets(source)["full network"]
        for name in discretization.MAGNITUDES:
            expected = evaluate_transfer(source, family, every, seed=1, normalization=name)
            assert found[source, family][name, 1.0] == [pytest.approx(expected.accuracy, abs=0.003)]


@pytest.mark.parametrize("shape", [(3, 8), (1, 1), (5, 7)])
def test_four_values_go_into_a_byte_and_come_out(shape):
    embedded = np.random.default_rng(0).integers(-1, 2, shape).astype(np.int8)
    packed = embedding_cost.pack(embedded)
    assert packed.dtype == np.uint8
    assert packed.nbytes == embedding_cost.bytes_of(embedded.size)["2 bits"]
    assert (embedding_cost.unpack(packed, shape) == embedded).all()


def test_values_far_out_cost_passes():
    generator = np.random.default_rng(0)
    X = generator.standard_t(1.5, size=(60, 200))
    matrices = {"as they are": X, "discretized": Discretizer().fit_transform(X)}
    labels = np.arange(60) % 3
    seconds, passes = embedding_cost.svm_work(matrices, labels, LinearSVM(random_state=0), 1)
    assert passes["as they are"] > passes["discretized"] > 0
    assert set(seconds) == set(matrices)
