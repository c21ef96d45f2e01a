"""Statistics of features and activation maps, against other ways to compute them."""

import numpy as np
import pytest
import torch
from sklearn.naive_bayes import GaussianNB

from tlcourse.datasets.drawn import DrawnImages
from tlcourse.features import activation_maps, statistics
from tlcourse.features.extraction import Features
from tlcourse.networks.backbones import load_backbone

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

    def test_within_and_across(self):
        assert statistics.within_and_across([[0.5, 0.1], [0.3, 0.7]]) == pytest.approx((0.6, 0.2))
        with pytest.raises(ValueError, match="one layer only"):
            statistics.within_and_across([[0.5]])

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

    def test_uncorrelated_axes_rotate(self):
        axes = statistics.uncorrelated_axes(MATRIX)
        np.testing.assert_allclose(axes @ axes.T, np.eye(9), atol=1e-12)
        r = np.corrcoef(MATRIX @ axes, rowvar=False)
        np.testing.assert_allclose(r, np.eye(9), atol=1e-8)
        np.testing.assert_allclose(MATRIX @ MATRIX.T, (MATRIX @ axes) @ (MATRIX @ axes).T)

    def test_a_classifier_that_does_assume_independence_notices_the_rotation(self):
        y = (MATRIX[:, 0] + MATRIX[:, 1] > np.median(MATRIX[:, 0] + MATRIX[:, 1])).astype(int)
        turned = MATRIX @ statistics.uncorrelated_axes(MATRIX)
        before, after = (GaussianNB().fit(X, y).predict(X) for X in (MATRIX, turned))
        assert (before != after).any()


class TestStrength:
    def test_by_layer_is_in_the_order_of_the_columns(self):
        found = statistics.mean_by_layer(features_of(MATRIX))
        np.testing.assert_allclose(found["conv5_2"], MATRIX[:, 2:5].mean(axis=0), rtol=1e-5)
        found = statistics.deviation_by_layer(features_of(MATRIX))
        np.testing.assert_allclose(found["fc6"], MATRIX[:, 5:].std(axis=0), rtol=1e-5)
        with pytest.raises(ValueError, match="8 values for 9 features"):
            statistics.by_layer(np.zeros(8), SIZES)

    def test_factor_between_layers(self):
        assert statistics.factor_between_layers({"a": [1, 2, 3], "b": [10], "c": [4, 5]}) == 5
        with pytest.raises(ValueError, match="not above 0"):
            statistics.factor_between_layers({"a": [0, 0], "b": [1]})

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


class TestCounts:
    def test_vgg16_as_in_the_paper(self):
        shapes = activation_maps.map_shapes("vgg16")
        pooled, every = (
            activation_maps.count_activations(shapes, pooled) for pooled in (True, False)
        )
        assert activation_maps.n_convolutions(shapes) == 13 and "fc8" not in shapes
        assert sum(pooled.values()) == 4_224 + 8_192
        assert activation_maps.convolution_share(pooled) == 4_224 / 12_416
        assert every["conv1_1"] == 64 * 224 * 224 and every["fc7"] == 4096
        assert round(100 * activation_maps.convolution_share(every), 1) == 99.9

    def test_vgg19_is_the_drawing_of_the_slide(self):
        shapes = activation_maps.map_shapes("vgg19")
        assert {"conv3_4", "conv4_4", "conv5_4"} <= set(shapes)
        pooled = activation_maps.count_activations(shapes, True)
        assert sum(pooled.values()) == 13_696
        assert round(100 * activation_maps.convolution_share(pooled), 1) == 40.2

    def test_shapes_are_those_of_a_real_pass(self):
        natural = load_backbone("natural")
        sizes = natural.layer_sizes
        shapes = activation_maps.map_shapes("natural")
        pooled = activation_maps.count_activations(shapes, True)
        assert pooled == {layer: sizes[layer] for layer in natural.default_layers}
        picture = DrawnImages("animals", n_per_class=1)[0][0]
        assert (
            activation_maps.activation_maps(natural, [picture], "conv3_2")[0].shape
            == shapes["conv3_2"]
        )

    def test_networks_without_the_lectures_names(self):
        with pytest.raises(ValueError, match="resnet18 keeps its module names.*choose a VGG"):
            activation_maps.map_shapes("resnet18")
        with pytest.raises(ValueError, match="no backbone 'vgg12'"):
            activation_maps.map_shapes("vgg12")


class TestMaps:
    def test_averaged_over_space_they_are_the_features(self):
        natural = load_backbone("natural")
        pictures = [image for image, _ in DrawnImages("animals", n_per_class=1)][:2]
        maps = activation_maps.activation_maps(natural, pictures, "conv2_1")
        assert (maps >= 0).all()
        from tlcourse.features.extraction import extract_features
        from tlcourse.features.representations import Pictures

        data = Pictures(np.stack([np.asarray(picture) for picture in pictures]))
        extracted = extract_features(natural, data, ["conv2_1"], device="cpu", cache=False)
        np.testing.assert_allclose(maps.mean(axis=(2, 3)), extracted.matrix, rtol=2e-3, atol=1e-3)

    def test_hooks_are_removed(self):
        natural = load_backbone("natural")
        activation_maps.activation_maps(
            natural, [DrawnImages("animals", n_per_class=1)[0][0]], "conv1_1"
        )
        assert not any(module._forward_hooks for module in natural.network.modules())

    def test_refusals(self):
        natural = load_backbone("natural")
        picture = DrawnImages("animals", n_per_class=1)[0][0]
        with pytest.raises(ValueError, match="no layer called 'conv9_9'"):
            activation_maps.activation_maps(natural, [picture], "conv9_9")
        with pytest.raises(ValueError, match="fc6 has no places"):
            activation_maps.activation_maps(natural, [picture], "fc6")
        with pytest.raises(ValueError, match="There is no image"):
            activation_maps.activation_maps(natural, [], "conv1_1")

    def test_correlation_of_stripes(self):
        stripes = np.tile([0.0, 1, 0, 1, 0, 1, 0, 1], (3, 2, 8, 1))
        assert activation_maps.correlation_at_distance(stripes, 1) == pytest.approx(-1)
        assert activation_maps.correlation_at_distance(stripes, 2) == pytest.approx(1)
        assert activation_maps.correlation_at_distance(stripes * 5 + 3, 2) == pytest.approx(1)

    def test_differences_between_images_do_not_count(self):
        noise = RANDOM.normal(size=(4, 3, 16, 16)) + 100 * np.arange(4).reshape(4, 1, 1, 1)
        assert abs(activation_maps.correlation_at_distance(noise, 1)) < 0.1

    def test_shuffled_places_keep_each_map_and_lose_its_order(self):
        ramp = np.broadcast_to(np.linspace(0, 1, 32), (2, 2, 32, 32)).copy()
        shuffled = activation_maps.shuffled_places(ramp, seed=0)
        assert shuffled.shape == ramp.shape
        np.testing.assert_allclose(np.sort(shuffled[1, 0], axis=None), np.sort(ramp[1, 0], None))
        assert activation_maps.correlation_at_distance(ramp, 1) > 0.9
        assert abs(activation_maps.correlation_at_distance(shuffled, 1)) < 0.1

    @pytest.mark.parametrize("steps", [0, 4, -1])
    def test_steps_outside_the_map(self, steps):
        with pytest.raises(ValueError, match=f"steps is {steps}: in maps 4 wide it goes from 1 to"):
            activation_maps.correlation_at_distance(RANDOM.normal(size=(2, 2, 4, 4)), steps)

    def test_flat_maps(self):
        with pytest.raises(ValueError, match="nothing to correlate"):
            activation_maps.correlation_at_distance(np.ones((2, 2, 4, 4)), 1)

    def test_the_training_mode_of_torch_is_left_alone(self):
        activation_maps.map_shapes("alexnet")
        assert torch.zeros(1).device.type == "cpu"
