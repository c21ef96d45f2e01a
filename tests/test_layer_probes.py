"""Labelled pictures and probes, against data whose answer is known."""

import numpy as np
import pytest
from scipy.stats import chi2_contingency

from tlcourse.classifiers import probes
from tlcourse.classifiers.reuse import linear_separability
from tlcourse.datasets import labelled_pictures as labelled
from tlcourse.features.extraction import Features


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

    def test_levels_name_properties_that_are_drawn(self, animals):
        drawn = {*animals.labels, *labelled.textures_with_dials(20).labels}
        graded = {name for names in probes.LEVELS.values() for name in names}
        assert graded == drawn - {labelled.NOISE}
