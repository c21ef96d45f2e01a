"""Labelled pictures, probes and sets of layers, against data whose answer is known."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import chi2_contingency, ttest_1samp

from tlcourse.classifiers import broadening, probes
from tlcourse.classifiers.reuse import linear_separability
from tlcourse.classifiers.score import evaluate_transfer
from tlcourse.datasets import labelled_pictures as labelled
from tlcourse.datasets.split import stratified_split
from tlcourse.features.extraction import Features

LAYERS = ("conv1_1", "conv1_2", "conv2_1", "conv2_2", "conv3_1", "fc6", "fc7")


@pytest.fixture(scope="module")
def animals():
    return labelled.animals_with_dials(76)


@pytest.fixture(scope="module")
def made_up():
    """Three layers of noise; ``early`` is written into the first, ``late`` into the last."""
    rng = np.random.default_rng(0)
    labels = {name: rng.permutation(np.arange(120) % 3) for name in ("early", "late", "nowhere")}
    matrix = rng.normal(size=(120, 18)).astype(np.float32)
    matrix[:, :3] += 6 * np.eye(3)[labels["early"]]
    matrix[:, 12:15] += 6 * np.eye(3)[labels["late"]]
    layers = {"conv1_1": 6, "fc6": 6, "fc7": 6}
    return Features(matrix, np.zeros(120, int), ["a", "b", "c"], layers), labels


class TestLabelledPictures:
    def test_labels_are_even_and_go_with_no_other(self):
        labels = labelled.animals_with_dials(152).labels
        for name, values in labels.items():
            if name != "species":
                counts = np.bincount(values)
                assert counts.max() - counts.min() <= 1
        names = ("brightness", "hue", "sharpness", "background", "noise")
        tables = [
            np.histogram2d(labels[a], labels[b], [labels[a].max() + 1, labels[b].max() + 1])[0]
            for i, a in enumerate(names)
            for b in names[:i]
        ]
        assert min(chi2_contingency(table).pvalue for table in tables) > 0.001

    def test_dials_are_turned(self, animals):
        pixels = animals.pixels.astype(float)
        bright = [pixels[animals.labels["brightness"] == level].mean() for level in range(3)]
        detail = np.abs(np.diff(pixels, axis=2)).mean(axis=(1, 2, 3))
        sharp = [detail[animals.labels["sharpness"] == level].mean() for level in range(3)]
        assert bright == sorted(bright) and sharp == sorted(sharp, reverse=True)

    def test_orientation(self):
        textures = labelled.textures_with_dials(42)
        pixels = textures.pixels.astype(float).mean(axis=3)
        down, across = (np.abs(np.diff(pixels, axis=axis)).mean((1, 2)) for axis in (1, 2))
        upright = textures.labels["orientation"] == 0
        assert (across > down)[upright].mean() > 0.9 and (down > across)[~upright].mean() > 0.9

    def test_species_is_that_of_the_breed(self, animals):
        pairs = set(zip(animals.labels["breed"], animals.labels["species"], strict=True))
        assert len(pairs) == 19 and len({species for _, species in pairs}) == 4

    def test_seeds(self, animals):
        again, other = (labelled.animals_with_dials(76, seed) for seed in (0, 1))
        assert np.array_equal(animals.pixels, again.pixels)
        assert not np.array_equal(animals.pixels, other.pixels)

    def test_refusals(self):
        with pytest.raises(ValueError, match="n is 20: for 19 labels draw 76 pictures or more"):
            labelled.animals_with_dials(20)
        with pytest.raises(ValueError, match="There is no dial 'mood': name some of brightness"):
            labelled.pictures_with_dials("shapes", ["disc"], "shape", ["mood"], 40)
        with pytest.raises(ValueError, match="shapes has no class 'cube'"):
            labelled.pictures_with_dials("shapes", ["cube"], "shape", [], 40)


class TestProbes:
    def test_read_where_it_is_written_and_nowhere_else(self, made_up):
        lines = probes.probe_layers(*made_up)
        assert min(lines["early"]["conv1_1"]) > 0.9 > 0.6 > max(lines["early"]["fc7"])
        assert min(lines["late"]["fc7"]) > 0.9 > 0.6 > max(lines["late"]["conv1_1"])
        assert max(max(draws) for draws in lines["nowhere"].values()) < 0.6

    def test_half_of_the_rarest_label_trains(self, made_up):
        features, labels = made_up
        lines = probes.probe_layers(features, {"late": labels["late"]}, seeds=(5,))
        by_hand = linear_separability(features.select("fc6"), labels["late"], 20, (5,))
        assert lines["late"]["fc6"] == by_hand

    def test_probe_network_puts_sets_together(self, animals, monkeypatch):
        two = [
            labelled.LabelledPictures(animals.pixels[:24], {"hue": np.arange(24) % 2}),
            labelled.LabelledPictures(animals.pixels[24:], {"breed": np.arange(52) % 2}),
        ]
        from tlcourse.networks.backbones import load_backbone

        lines = probes.probe_network(load_backbone("drawn"), two, seeds=(0,))
        assert list(lines) == ["hue", "breed"] and len(lines["hue"]) == 12

    def test_depth_is_the_centre_of_gravity(self):
        line = {"a": [0.5, 0.2], "b": [0.7, 0.2], "c": [0.9, 0.2], "d": [0.5, 0.6]}
        assert probes.depth_read(line) == pytest.approx([(2 * 0.2 + 3 * 0.4) / 0.6, 4])

    def test_depth_of_what_is_read_early_and_late(self, made_up):
        lines = probes.probe_layers(*made_up)
        depths = probes.depth_by_level(lines, {"simple": ["early"], "complex": ["late"]})
        assert max(depths["simple"]) < 2 < min(depths["complex"])

    def test_a_flat_line_has_no_depth(self):
        with pytest.raises(ValueError, match="equally well from every layer"):
            probes.depth_read({"a": [0.5], "b": [0.5]})

    def test_over_control_is_the_mean_of_paired_differences(self):
        lines = {"p": {"a": [0.5, 0.6]}, "q": {"a": [0.9, 0.8]}}
        control = {"p": {"a": [0.4, 0.6]}, "q": {"a": [0.5, 0.9]}}
        found = probes.over_control(lines, control, {"level": ["p", "q"]})
        assert found["level"]["a"] == pytest.approx([25, -5])

    def test_deep_over_shallow(self):
        line = {"a": [1, 0], "b": [2, 0], "c": [5, 0], "d": [7, 0], "e": [9, 3]}
        assert probes.deep_over_shallow(line) == pytest.approx([7 - 1.5, 1])

    def test_levels_name_properties_that_are_drawn(self, animals):
        drawn = {*animals.labels, *labelled.textures_with_dials(20).labels}
        graded = {name for names in probes.LEVELS.values() for name in names}
        assert graded == drawn - {labelled.NOISE}


class TestBroadening:
    def test_each_set_holds_the_one_before(self):
        sets = list(broadening.broadening_sets(LAYERS).values())
        assert sets[0] == ("fc7",) and sets[-1] == LAYERS
        assert all(set(a) < set(b) for a, b in zip(sets, sets[1:], strict=False))
        assert broadening.broadening_sets(LAYERS)["from conv2"] == LAYERS[2:]

    def test_needs_the_last_layers(self):
        with pytest.raises(ValueError, match="up to fc7"):
            broadening.broadening_sets(LAYERS[:-1])

    def test_where_the_class_is_in_the_last_layer_more_layers_are_noise(self, made_up):
        features, labels = made_up
        sets = {"fc7": ("fc7",), "all": ("conv1_1", "fc6", "fc7")}
        for name, sign in (("late", -1), ("early", 1)):
            target = broadening.drawn_target(replace(features, labels=labels[name]), per_class=2)
            by_set = broadening.accuracies_of_sets(target, sets, seeds=range(8))
            assert broadening.direction(broadening.gains(by_set, "fc7")["all"]) == sign

    def test_draws_are_disjoint_and_of_the_size_asked_for(self, made_up):
        features, labels = made_up
        features = replace(features, labels=labels["late"])
        train, test = broadening.drawn_target(features, per_class=4)(seed=1)
        rows = stratified_split(labels["late"], 4, 1)
        assert np.bincount(train.labels).tolist() == [4, 4, 4] and len(test.labels) == 108
        assert np.array_equal(train.matrix, features.matrix[rows[0]])

    def test_photographs_are_averaged_over_targets(self):
        sources = {"insects": "natural", "vehicles": "manmade"}
        found = broadening.photo_accuracies(sources, {"two": ("fc6", "fc7")}, 4, seeds=(2,))
        options = {"per_class": 4, "seed": 2, "normalization": "L2 by layer"}
        by_hand = [
            evaluate_transfer(source, target, ("fc6", "fc7"), **options).accuracy
            for target, source in sources.items()
        ]
        assert found["two"] == pytest.approx([np.mean(by_hand)])

    def test_gains_are_paired(self):
        found = broadening.gains({"fc6, fc7": [0.5, 0.6], "all layers": [0.55, 0.58]})
        assert found["all layers"] == pytest.approx([5, -2]) and found["fc6, fc7"] == [0, 0]

    @pytest.mark.parametrize("points", [[1, 2, 1.5], [-3, -2, -4.5], [1, -2, 1.5], [0.1, 4, 0.2]])
    def test_direction_is_that_of_a_t_test_at_five_percent(self, points):
        t = ttest_1samp(points, 0)
        assert broadening.direction(points) == (int(np.sign(t.statistic)) if t.pvalue < 0.05 else 0)

    @pytest.mark.parametrize("draws", [2, 3, 5])
    def test_no_effect_has_a_direction_in_one_case_of_twenty(self, draws):
        noise = np.random.default_rng(draws).normal(size=(2000, draws))
        assert np.mean([broadening.direction(points) != 0 for points in noise]) < 0.07

    def test_one_draw_has_no_direction(self):
        with pytest.raises(ValueError, match="needs 2 pairs or more, not 1"):
            broadening.direction([3.0])
