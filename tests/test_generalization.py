"""Samples whose background is correlated with the label, and what classifiers make of them."""

from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from PIL import Image

from tlcourse import plots
from tlcourse.datasets.drawn import Factors
from tlcourse.domains.generalization import (
    accuracies,
    conditional_distance,
    retrain_with_few,
    train_classifier,
)
from tlcourse.domains.shift import (
    NIGHT,
    STUDIO,
    CounterfactualPair,
    Sample,
    background_colours,
    draw_pair,
    draw_sample,
    interpolate_factors,
    pooled,
)
from tlcourse.domains.spurious_correlation import (
    SPLITS,
    background_reliance,
    measure_split,
    split_pool,
    training_draw,
)
from tlcourse.features.representations import RAW_PIXELS, raw_pixels, represent_by
from tlcourse.networks.backbones import load_backbone
from tlcourse.networks.occlusion import (
    GREY,
    evidence_of_background,
    evidence_of_parts,
    memoize,
    occlusion_maps,
    spotlight,
)

PIXELS = {RAW_PIXELS: raw_pixels}


@pytest.fixture(scope="module")
def pair():
    return draw_pair(40, PIXELS, seed=5)


def synthetic_pair(n=60, animal=0.0, seed=0):
    """Feature 0 is the background, feature 1 the animal as clearly as asked for, the rest noise."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % 2
    sides = 1.0 - 2 * labels
    noise = rng.normal(size=(n, 4))
    samples = []
    for agrees in (True, False):
        X = np.column_stack([sides if agrees else -sides, animal * sides, 0.1 * noise])
        samples.append(
            Sample(np.zeros((n, 8, 8, 3), np.uint8), labels, np.full(n, agrees), {"x": X})
        )
    return CounterfactualPair(*samples)


class TestSamples:
    def test_backgrounds_have_the_colour_of_the_label_or_the_other(self, pair):
        for sample in (pair.agreeing, pair.conflicting):
            red, green, blue = background_colours(sample.pictures)[:, :3].T
            assert ((green > (red + blue) / 2) == sample.is_green).all()
        assert (pair.agreeing.is_green == (pair.labels == 0)).all()

    def test_only_the_background_differs(self, pair):
        masks = pair.background_masks()
        assert 0.3 < masks.mean() < 0.9
        assert not masks[:, 30:34, 30:34].all(axis=(1, 2)).any()

    @pytest.mark.parametrize("correlation", [-1, -0.5, 0, 0.8, 1])
    def test_the_correlation_is_that_of_background_and_label(self, pair, correlation):
        sample = pair.with_correlation(correlation, seed=3)
        found = np.corrcoef(sample.is_green, sample.labels == 0)[0, 1]
        assert found == pytest.approx(correlation, abs=1e-9)
        assert sample.is_green.mean() == 0.5

    def test_each_row_comes_from_the_version_that_it_says(self, pair):
        sample = pair.with_correlation(0)
        for i, agrees in enumerate(sample.agrees):
            origin = pair.agreeing if agrees else pair.conflicting
            assert (sample.pictures[i] == origin.pictures[i]).all()
            assert (sample.X[RAW_PIXELS][i] == origin.X[RAW_PIXELS][i]).all()

    def test_the_seed_chooses_who_agrees(self, pair):
        one, again, other = (pair.with_correlation(0, seed).agrees for seed in (1, 1, 2))
        assert (one == again).all() and (one != other).any()

    def test_a_sample_drawn_at_once_is_that_of_the_pair(self, pair):
        drawn = draw_sample(40, PIXELS, correlation=0.5, seed=5)
        mixed = pair.with_correlation(0.5, seed=5)
        assert (drawn.pictures == mixed.pictures).all() and (drawn.agrees == mixed.agrees).all()

    def test_half_a_turn_of_the_hue_exchanges_the_colours(self):
        turned = draw_sample(4, PIXELS, correlation=1, hue_shift=0.5)
        swapped = draw_sample(4, PIXELS, correlation=-1)
        assert (turned.pictures == swapped.pictures).all()

    def test_pooled(self, pair):
        pool = pooled(pair.agreeing, pair.conflicting)
        assert len(pool) == 80 and pool.agrees.sum() == 40
        assert (pool.X[RAW_PIXELS][40:] == pair.conflicting.X[RAW_PIXELS]).all()

    def test_background_colours_are_means_of_the_corners(self, pair):
        picture = pair.agreeing.pictures[3]
        right = picture[:8, 56:].reshape(-1, 3).mean(axis=0) / 255
        assert background_colours(picture[None])[0, 3:] == pytest.approx(right)

    def test_interpolation(self):
        assert interpolate_factors(STUDIO, NIGHT, 0) == STUDIO
        assert interpolate_factors(STUDIO, NIGHT, 1) == NIGHT
        half = interpolate_factors(STUDIO, NIGHT, 0.5)
        assert half.exposure == pytest.approx(((0.65 + 0.3) / 2, (1.25 + 0.4) / 2))

    @pytest.mark.parametrize("n", [0, -2, 3, 2.0])
    def test_a_wrong_number_of_pictures(self, n):
        with pytest.raises(ValueError, match=f"^n is {n}: give an even number of pictures"):
            draw_sample(n, PIXELS)

    def test_dials_outside_their_range(self, pair):
        with pytest.raises(ValueError, match="correlation is 1.1: give a number between -1 and 1"):
            pair.with_correlation(1.1)
        with pytest.raises(ValueError, match="hue_shift is 2: give a number between 0 and 1"):
            draw_pair(2, PIXELS, hue_shift=2)
        with pytest.raises(ValueError, match="share is -0.1: give a number between 0 and 1"):
            interpolate_factors(STUDIO, NIGHT, -0.1)
        with pytest.raises(ValueError, match="differ in style, which has no half-way"):
            interpolate_factors(STUDIO, replace(NIGHT, style="sketch"), 0.5)
        with pytest.raises(ValueError, match="^size is 3: give"):
            draw_sample(2, PIXELS, Factors(size=3))


class TestRepresentations:
    def test_raw_pixels_are_averaged_two_by_two(self):
        pictures = np.arange(2 * 4 * 4 * 3, dtype=np.uint8).reshape(2, 4, 4, 3)
        by_hand = [
            pictures[1, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2, c].mean() / 255
            for i in range(2)
            for j in range(2)
            for c in range(3)
        ]
        assert raw_pixels(pictures)[1] == pytest.approx(by_hand)

    def test_a_layer_is_that_of_the_network(self, pair):
        pictures = pair.agreeing.pictures[:3]
        represent = represent_by("natural")["natural fc7"]
        backbone = load_backbone("natural")
        batch = torch.stack([backbone.preprocess(Image.fromarray(p)) for p in pictures])
        with torch.inference_mode():
            for name, module in backbone.network.named_children():
                batch = module(batch)
                if name == backbone.layers["fc7"]:
                    break
        assert represent(pictures, cache=False) == pytest.approx(batch.numpy(), abs=1e-2)

    def test_unknown_names(self):
        with pytest.raises(ValueError, match="no backbone 'unnatural'"):
            represent_by("unnatural")
        with pytest.raises(ValueError, match="no layer called 'fc9'"):
            represent_by("natural", layer="fc9")


class TestSpuriousCorrelation:
    def test_who_sees_the_background_only_is_all_wrong_when_it_is_reversed(self):
        found = background_reliance(synthetic_pair(), synthetic_pair(seed=1), 1, "x")
        assert found.agreeing.tolist() == [1, 1, 1] and found.conflicting.tolist() == [0, 0, 0]
        assert found.flipped.tolist() == [1, 1, 1]

    def test_trained_without_correlation_nothing_flips(self):
        train, test = synthetic_pair(animal=2.0), synthetic_pair(animal=2.0, seed=1)
        found = background_reliance(train, test, 0, "x")
        assert found.flipped.max() == 0 and found.conflicting.min() == 1

    @pytest.mark.parametrize("correlation", [-1, -0.4, 0, 1])
    def test_accuracy_is_that_of_the_mixture(self, pair, correlation):
        found = background_reliance(pair, pair, 0.5, RAW_PIXELS, draws=2)
        mixture = found.accuracy(correlation)
        shares = [
            np.mean(
                [
                    accuracies(found.classifiers, pair.with_correlation(correlation, s), RAW_PIXELS)
                    for s in range(40)
                ],
                axis=0,
            )
        ]
        assert mixture == pytest.approx(shares[0], abs=0.05)
        with pytest.raises(ValueError, match="correlation is 7: give a number between -1 and 1"):
            found.accuracy(7)

    def test_training_draws(self, pair):
        one, other = (training_draw(pair, 1, draw) for draw in (0, 1))
        assert len(one) == 32 and one.agrees.all() and np.bincount(one.labels).tolist() == [16, 16]
        assert (one.pictures != other.pictures).any()

    @pytest.mark.parametrize("split", SPLITS)
    def test_splits_divide_the_pool(self, pair, split):
        pool = pair.with_correlation(0)
        train, test = split_pool(pool, split)
        rows = np.concatenate([train.X[RAW_PIXELS], test.X[RAW_PIXELS]])
        assert len(train) == len(test) == 20
        assert (np.unique(rows, axis=0) == np.unique(pool.X[RAW_PIXELS], axis=0)).all()
        if split == "by pairing":
            assert train.agrees.all() and not test.agrees.any()
        if split == "by colour":
            assert train.is_green.all() and not test.is_green.any()

    def test_wrong_splits(self, pair):
        with pytest.raises(ValueError, match="split is 'by size': choose one of by pairing, by co"):
            split_pool(pair.agreeing, "by size")
        with pytest.raises(ValueError, match="one side has no picture of a class"):
            split_pool(pair.agreeing, "by colour")

    def test_what_each_split_makes_differ(self, pair):
        distance = {
            split: {
                name: np.mean(values)
                for name, values in measure_split([pair], split, [RAW_PIXELS], draws=3)[1].items()
            }
            for split in SPLITS
        }
        marginal, conditional = "P(background)", "P(background | label)"
        assert abs(distance["by pairing"][marginal]) < 0.1 < distance["by pairing"][conditional]
        assert min(distance["by colour"].values()) > 0.3
        assert max(map(abs, distance["at random"].values())) < 0.1


class TestOtherSource:
    def test_conditional_distance_is_the_mean_over_classes(self):
        X, y = np.array([[0.0], [10.0], [2.0], [20.0]]), np.array([0, 1, 0, 1])
        between_means = lambda a, b: abs(a.mean() - b.mean())  # noqa: E731
        assert conditional_distance(between_means, X, y, X + [[1], [3], [1], [3]], y) == 2
        assert conditional_distance(between_means, X, y, X[::-1], y[::-1]) == 0

    def test_few_pictures_count_as_much_as_they_should(self):
        source = synthetic_pair(animal=1.0).with_correlation(0.5)
        few = synthetic_pair(n=30, animal=1.0, seed=2).with_correlation(-1)
        X = np.concatenate([source.X["x"], few.X["x"], few.X["x"]])
        y = np.concatenate([source.labels, few.labels, few.labels])
        twice = train_classifier(X, y, C=0.75)
        found = retrain_with_few(source, few, "x")
        probe = synthetic_pair(seed=3).agreeing.X["x"]
        assert found.decision_function(probe) == pytest.approx(
            twice.decision_function(probe), abs=0.01
        )


class Brightness:
    """A classifier that looks at given pixels only; its margin is what they sum up to."""

    def __init__(self, weights):
        self.weights = weights.ravel()

    def decision_function(self, X):
        return X @ self.weights


def flat(pictures, cache=False):
    return pictures.reshape(len(pictures), -1) / 255


class TestOcclusion:
    rng = np.random.default_rng(4)
    pictures = rng.integers(0, 256, (2, 12, 12, 3), dtype=np.uint8)
    classifier = Brightness(rng.normal(size=(12, 12, 3)))

    def margin(self, pictures):
        return self.classifier.decision_function(flat(pictures))

    def test_a_map_is_the_mean_loss_over_the_squares_that_cover_a_pixel(self):
        before = self.margin(self.pictures)
        total, covered = np.zeros((2, 12, 12)), np.zeros((12, 12))
        for i in range(0, 9, 2):
            for j in range(0, 9, 2):
                patched = self.pictures.copy()
                patched[:, i : i + 4, j : j + 4] = GREY
                lost = np.sign(before) * (before - self.margin(patched))
                total[:, i : i + 4, j : j + 4] += lost[:, None, None]
                covered[i : i + 4, j : j + 4] += 1
        found = occlusion_maps(self.classifier, flat, self.pictures, window=4, stride=2)
        assert found == pytest.approx(total / covered, abs=1e-5)

    def test_parts_are_painted_as_a_whole(self):
        masks = self.rng.random((2, 12, 12)) < 0.4
        before = self.margin(self.pictures)
        for column, part in enumerate((masks, ~masks)):
            painted = np.where(part[..., None], np.uint8(GREY), self.pictures)
            lost = np.sign(before) * (before - self.margin(painted))
            found = evidence_of_parts(self.classifier, flat, self.pictures, masks)[:, column]
            assert found == pytest.approx(lost, abs=1e-5)

    def test_who_sees_the_background_only_loses_with_it_only(self, pair):
        classifiers = background_reliance(pair, pair, 1, RAW_PIXELS, draws=2).classifiers
        found = evidence_of_background(classifiers, memoize(raw_pixels), pair, n=4)
        assert min(found["without the background"]) > 3 * max(found["without the animal"])

    def test_answers_are_remembered(self):
        asked = []

        def represent(pictures, cache):
            asked.append(pictures)
            return flat(pictures)

        look = memoize(represent)
        assert (look(self.pictures) == look(self.pictures.copy())).all() and len(asked) == 1
        look(self.pictures[:1])
        assert len(asked) == 2

    def test_spotlight(self):
        picture = np.full((2, 2, 3), 200, np.uint8)
        lit = spotlight(picture, np.array([[4.0, 2.0], [0.0, -9.0]]), dark=0.2)
        assert lit[:, :, 0].tolist() == [[200, 120], [40, 40]]
        assert spotlight(picture, np.zeros((2, 2)), dark=0.5).max() == 100

    @pytest.mark.parametrize(("window", "stride"), [(13, 2), (4, 5), (4, 0)])
    def test_squares_that_do_not_fit(self, window, stride):
        with pytest.raises(ValueError, match="give a stride of at most the window"):
            occlusion_maps(self.classifier, flat, self.pictures, window, stride)


class TestFigures:
    def test_curves_go_through_the_means_in_percent(self):
        curves = {"a": {0: [0.2, 0.4], 1: [0.5, 0.5]}, "b": {0: [1.0], 1: [0.0]}}
        ax = plots.plot_curves(curves, "n")
        assert [line.get_ydata().tolist() for line in ax.lines] == [[30, 50], [100, 0]]
        assert len({(line.get_color(), line.get_marker()) for line in ax.lines}) == 2
        plt.close(ax.figure)

    def test_dumbbells_write_each_mean(self):
        rows = {"one": {"x": [0.1, 0.3], "y": [-0.0001]}, "two": {"x": [0.5], "y": [0.75]}}
        ax = plots.plot_dumbbells(rows, "share", scale=1, digits=2)
        assert {text.get_text() for text in ax.texts} == {"0.20", "0.00", "0.50", "0.75"}
        assert [label.get_text() for label in ax.get_yticklabels()] == ["one", "two"]
        plt.close(ax.figure)

    def test_panels_have_one_scale_and_one_legend(self):
        panels = {name: {"row": {"x": [0.1], "y": [y]}} for name, y in {"a": 0.2, "b": 1}.items()}
        figure = plots.plot_in_panels(plots.plot_dumbbells, panels, "share")
        left, right = figure.axes
        assert left.get_xlim() == right.get_xlim() and "b" in (
            right.get_title(),
            right.get_title("left"),
        )
        assert len(figure.legends) == 1 and left.get_legend() is right.get_legend() is None
        plt.close(figure)

    def test_accuracy_against_distance(self):
        dials = {plots.CHANCE: 0.01, "light": [(0.0, [0.9, 1.0]), (0.4, [0.5])]}
        ax = plots.plot_by_distance(dials, "MMD")
        line = next(line for line in ax.lines if line.get_label() == "light")
        assert line.get_xdata().tolist() == [0, 0.4] and line.get_ydata().tolist() == [95, 50]
        plt.close(ax.figure)
