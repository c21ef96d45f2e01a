"""Statistics of features, against other ways to compute them."""

import numpy as np
import pytest

from tlcourse.features import statistics
from tlcourse.features.extraction import Features

SIZES = {"conv1_1": 2, "conv5_2": 3, "fc6": 4}
RANDOM = np.random.default_rng(0)
MATRIX = RANDOM.gamma(1, 1, (60, 1)) + RANDOM.gamma(1, 1, (60, 9)) * ([1] * 5 + [10] * 4)


def features_of(matrix, sizes=SIZES):
    labels = np.arange(len(matrix)) % 2
    return Features(np.asarray(matrix, dtype=np.float32), labels, ["a", "b"], sizes)


class TestCorrelation:
    def test_it_is_numpys(self):
        found = statistics.correlation_matrix(MATRIX)
        np.testing.assert_allclose(found, np.corrcoef(MATRIX, rowvar=False), atol=1e-12)

    @pytest.mark.parametrize("value", [0, 0.1, 1e6])
    def test_a_constant_feature_goes_with_nothing(self, value):
        matrix = MATRIX.copy()
        matrix[:, 3] = value
        found = statistics.correlation_matrix(matrix)
        assert not found[3].any() and not found[:, 3].any()
        assert np.isfinite(found).all()

    def test_blocks_by_hand(self):
        r = abs(np.corrcoef(MATRIX.astype(np.float32), rowvar=False))
        found = statistics.correlation_between_layers(features_of(MATRIX))
        assert found[0, 2] == pytest.approx(r[:2, 5:].mean())
        assert found[0, 0] == pytest.approx(r[0, 1])
        assert found[1, 1] == pytest.approx((r[2, 3] + r[2, 4] + r[3, 4]) / 3)
        np.testing.assert_allclose(found, found.T)

    def test_a_layer_of_one_feature_has_no_pair(self):
        sizes = {"conv1_1": 1, "fc6": 8}
        assert statistics.correlation_between_layers(features_of(MATRIX, sizes))[0, 0] == 0

    @pytest.mark.parametrize("broken", [np.nan, np.inf])
    def test_values_that_are_none(self, broken):
        matrix = MATRIX.copy()
        matrix[4, 2] = broken
        with pytest.raises(ValueError, match="NaN or infinite, the first at row 4, column 2"):
            statistics.correlation_matrix(matrix)
        with pytest.raises(ValueError, match="NaN or infinite"):
            statistics.spread_of_scale(matrix)

    def test_one_image(self):
        with pytest.raises(ValueError, match="1 images: at least 2"):
            statistics.correlation_matrix(MATRIX[:1])


class TestEffectiveNumber:
    def test_participation_ratio_of_the_eigenvalues(self):
        eigenvalues = np.linalg.eigvalsh(np.corrcoef(MATRIX, rowvar=False))
        expected = eigenvalues.sum() ** 2 / (eigenvalues**2).sum()
        assert statistics.effective_number(MATRIX) == pytest.approx(expected)

    def test_more_features_than_images(self):
        few = MATRIX[:5]
        eigenvalues = np.linalg.eigvalsh(np.corrcoef(few, rowvar=False))
        expected = eigenvalues.sum() ** 2 / (eigenvalues**2).sum()
        assert statistics.effective_number(few) == pytest.approx(expected)

    def test_ends_of_the_range(self):
        together = MATRIX[:, :1] * [1, -2, 300]
        apart = np.linalg.qr(RANDOM.normal(size=(40, 4)) - 0)[0]
        apart = np.linalg.qr(apart - apart.mean(axis=0))[0]
        assert statistics.effective_number(together) == pytest.approx(1)
        assert statistics.effective_number(apart - apart.mean(axis=0)) == pytest.approx(4, abs=0.1)
        assert statistics.effective_number(np.ones((4, 3))) == 0


class TestControl:
    def test_every_feature_keeps_its_values_and_loses_its_company(self):
        together = np.repeat(RANDOM.normal(size=(2000, 1)), 9, axis=1)
        given = features_of(together)
        found = statistics.independent_copy(given, seed=1)
        np.testing.assert_array_equal(np.sort(found.matrix, axis=0), np.sort(given.matrix, axis=0))
        assert statistics.correlation_between_layers(given)[0, 1] == pytest.approx(1)
        assert statistics.correlation_between_layers(found).max() < 0.1
        assert found.layer_sizes == SIZES

    def test_seeds(self):
        given = features_of(MATRIX)
        one, again, other = (statistics.independent_copy(given, s).matrix for s in (1, 1, 2))
        assert (one == again).all() and (one != other).any()


class TestStrength:
    def test_by_layer_is_in_the_order_of_the_columns(self):
        found = statistics.mean_by_layer(features_of(MATRIX))
        np.testing.assert_allclose(found["conv5_2"], MATRIX[:, 2:5].mean(axis=0), rtol=1e-5)
        found = statistics.deviation_by_layer(features_of(MATRIX))
        np.testing.assert_allclose(found["fc6"], MATRIX[:, 5:].std(axis=0), rtol=1e-5)
        with pytest.raises(ValueError, match="8 values for 9 features"):
            statistics.by_layer(np.zeros(8), SIZES)

    def test_spread_of_scale(self):
        columns = RANDOM.normal(size=(100, 1)) * np.linspace(1, 3, 101)
        assert statistics.spread_of_scale(columns) == pytest.approx(2.9 / 1.1)
        with_constant = np.hstack([columns, np.full((100, 50), 7.0)])
        assert statistics.spread_of_scale(with_constant) == pytest.approx(2.9 / 1.1)

    @pytest.mark.parametrize("n", [7, 3, 2000])
    def test_a_constant_that_is_rounded_is_a_constant(self, n):
        columns = np.random.default_rng(n).normal(size=(n, 40))
        beside = np.hstack([np.full((n, 10), 0.1), columns])
        np.testing.assert_array_equal(statistics.is_constant(beside), [True] * 10 + [False] * 40)
        expected = statistics.spread_of_scale(columns)
        assert statistics.spread_of_scale(beside) == pytest.approx(expected)
        for value in (1, 0.1):
            with pytest.raises(ValueError, match="Every feature is constant"):
                statistics.spread_of_scale(np.full((n, 2), value))
            with pytest.raises(ValueError, match="Every feature is constant"):
                statistics.share_of_variance(features_of(np.full((n, 9), value)))

    def test_share_of_variance_ignores_the_mean_and_share_of_norm_does_not(self):
        shifted = features_of(MATRIX + ([1000] * 2 + [0] * 7))
        variances = MATRIX.var(axis=0)
        shares = statistics.share_of_variance(shifted)
        assert shares["fc6"] == pytest.approx(variances[5:].sum() / variances.sum(), rel=1e-3)
        assert sum(shares.values()) == pytest.approx(1)
        assert statistics.share_of_norm(shifted)["conv1_1"] > 0.99

    def test_share_of_norm_by_hand_with_a_silent_image(self):
        matrix = np.zeros((3, 9))
        matrix[0, :3] = 3, 4, 5
        matrix[1, 8] = 2
        found = statistics.share_of_norm(features_of(matrix))
        assert found == pytest.approx({"conv1_1": 0.25, "conv5_2": 0.25, "fc6": 0.5})

    def test_nothing_to_share(self):
        with pytest.raises(ValueError, match="no variance to share"):
            statistics.share_of_variance(features_of(np.ones((3, 9))))
