"""Feature spaces of pictures, and the distance between two samples in one of them."""

import numpy as np
import pytest

from tlcourse.datasets.drawn import Domain, DrawnImages, Factors
from tlcourse.domains import spaces
from tlcourse.domains.spaces import compare_domains, feature_vectors
from tlcourse.features.extraction import extract_features
from tlcourse.networks.backbones import load_backbone


def plain(*colours, side=8):
    return np.stack([np.full((side, side, 3), colour, dtype=np.uint8) for colour in colours])


class TestAppearance:
    def test_brightness_of_plain_colours(self):
        found = spaces.brightness(plain((0, 0, 0), (255, 255, 255), (0, 255, 0), (90, 0, 0)))
        np.testing.assert_allclose(found, [0, 255, 149.685, 26.91])

    def test_brightness_is_that_of_pillow(self):
        picture = Domain("birds").draw("gull", seed=1)
        grey = np.asarray(picture.convert("L"), dtype=float).mean()
        assert spaces.brightness([np.asarray(picture)])[0] == pytest.approx(grey, abs=1)

    def test_grey_pictures_have_no_colour_however_they_vary(self):
        grey = np.random.default_rng(0).integers(0, 256, (3, 8, 8, 1)).repeat(3, axis=-1)
        np.testing.assert_allclose(spaces.colourfulness(grey), 0, atol=1e-9)

    def test_colourfulness_is_the_formula_of_hasler_and_suesstrunk(self):
        pixels = np.random.default_rng(1).integers(0, 256, (2, 5, 7, 3))
        for picture, found in zip(pixels, spaces.colourfulness(pixels), strict=True):
            rg, yb = [], []
            for red, green, blue in picture.reshape(-1, 3).astype(float):
                rg.append(red - green)
                yb.append(0.5 * (red + green) - blue)
            deviation = np.sqrt(np.var(rg) + np.var(yb))
            mean = np.sqrt(np.mean(rg) ** 2 + np.mean(yb) ** 2)
            assert found == pytest.approx(deviation + 0.3 * mean)

    def test_what_is_no_picture_is_refused(self):
        with pytest.raises(ValueError, match=r"shape \(8, 8, 3\): give pictures as"):
            spaces.brightness(np.zeros((8, 8, 3)))


class TestFeatureVectors:
    def test_each_space_has_its_columns(self):
        pictures = spaces.draw_pictures("birds", 3, side=16)
        assert feature_vectors(pictures).shape == (3, 2)
        pixels = feature_vectors(pictures, "pixels")
        assert pixels.shape == (3, 16 * 16 * 3)
        assert (pixels[1].reshape(16, 16, 3) == np.asarray(pictures[1])).all()

    def test_a_layer_is_what_extract_features_gives(self):
        backbone, images = load_backbone("manmade"), DrawnImages("birds", n_per_class=1)
        found = feature_vectors([picture for picture, _ in images], "conv2_1", backbone)
        expected = extract_features(backbone, images, ["conv2_1"], progress=False).matrix
        np.testing.assert_array_equal(found, expected)

    def test_refusals(self):
        pictures = spaces.draw_pictures("birds", 1)
        with pytest.raises(ValueError, match="no picture to describe"):
            feature_vectors([])
        with pytest.raises(ValueError, match="no feature space 'smell': name 'brightness"):
            feature_vectors(pictures, "smell")
        with pytest.raises(ValueError, match="natural has no layer called 'fc9'"):
            feature_vectors(pictures, "fc9", load_backbone("natural"))


class TestPictures:
    def test_they_are_the_first_of_the_sample(self):
        domain = Domain("textures", Factors(exposure=0.5))
        found = spaces.draw_pictures(domain, 9, seed=4, side=24)
        images = DrawnImages(domain, n_per_class=3, seed=4, side=24)
        assert all((np.asarray(found[i]) == np.asarray(images[i][0])).all() for i in range(9))

    @pytest.mark.parametrize("n", [0, -2])
    def test_a_sample_of_none(self, n):
        with pytest.raises(ValueError, match=f"n is {n}: a sample has at least one picture"):
            spaces.draw_pictures("birds", n)

    def test_unknown_family(self):
        with pytest.raises(ValueError, match="'fish' is not a drawn family"):
            spaces.draw_pictures("fish", 1)


class TestCompare:
    def test_two_samples_of_one_domain_do_not_differ(self):
        rng = np.random.default_rng(0)
        pairs = [compare_domains(*rng.normal(size=(2, 40, 3)), repeats=8, seed=s) for s in range(6)]
        assert abs(np.mean([pair.distance for pair in pairs])) < 0.25
        assert sum(pair.differs for pair in pairs) <= 2

    def test_samples_that_lie_apart_differ(self):
        rng = np.random.default_rng(1)
        pair = compare_domains(rng.normal(size=(40, 3)), 4 + rng.normal(size=(40, 3)))
        assert pair.distance > 1.9 and pair.differs and len(pair.control) == 5
        assert np.abs(pair.control).max() < 1

    def test_feature_spaces_that_differ_are_refused(self):
        with pytest.raises(
            ValueError, match="12288 features and target 15: domains are compared in"
        ):
            compare_domains(np.zeros((4, 12288)), np.zeros((4, 15)))

    def test_in_two_dimensions_the_plane_is_the_space(self):
        source, target = np.random.default_rng(2).normal(size=(2, 12, 2))
        plane = compare_domains(source, target, repeats=1).plane()
        np.testing.assert_array_equal(plane, (source, target))

    def test_a_plane_in_many_dimensions_is_found(self):
        rng = np.random.default_rng(3)
        flat = rng.normal(size=(24, 2))
        axes = np.linalg.qr(rng.normal(size=(6, 2)))[0].T
        high = flat @ axes + 5
        shown = np.concatenate(compare_domains(high[:12], high[12:], repeats=1).plane())
        apart = lambda points: np.linalg.norm(points[:, None] - points, axis=-1)  # noqa: E731
        np.testing.assert_allclose(apart(shown), apart(flat), atol=1e-9)
