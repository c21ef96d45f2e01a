"""Class means of photographs, and the distance of a source and a target in their space."""

import numpy as np
import pytest
from PIL import Image
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from scripts.remake import class_means, runner
from scripts.remake.class_means import write_class_means
from tlcourse.datasets import FAMILIES
from tlcourse.features import extraction
from tlcourse.networks.backbones import load_backbone
from tlcourse.tables import similarity
from tlcourse.tables.similarity import ClassMeans, read_class_means, similarity_table
from tlcourse.tables.targets import DrawnTarget


class TestSimilarity:
    def test_the_distance_is_the_cheapest_transport_of_class_means(self):
        """As many classes on both sides, all of one size: an assignment."""
        means = read_class_means()
        table = similarity_table(["half_classes"], ["scenes"])
        source, target = means.of("natural", 2)[0], means.of("scenes")[0]
        costs = cdist(np.repeat(source, len(target), 0), np.repeat(target, len(source), 0))
        cheapest = costs[linear_sum_assignment(costs)].mean()
        assert table["distance"][0] == pytest.approx(cheapest, rel=1e-6)
        assert table["similarity"][0] == pytest.approx(np.exp(-0.1 * cheapest))
        assert table.attrs["space"].startswith("fc7 of ")

    def test_a_drawn_target_is_described_in_the_same_space(self):
        target = DrawnTarget("shapes", per_class=2, pool_per_class=3, test_per_class=2)
        found = similarity_table(["natural"], [target]).loc[0]
        photos = similarity_table(["natural"], FAMILIES)["distance"]
        assert found["distance"] > photos.min() and 0 < found["similarity"] < 1

    @pytest.mark.parametrize(
        ("source", "target", "sentence"),
        [
            ("vgg16", "food", "What 'vgg16' learned from is not here"),
            ("natural", "mammals", "no target 'mammals'"),
        ],
    )
    def test_bad_input_is_one_sentence(self, source, target, sentence):
        with pytest.raises(ValueError, match=sentence):
            similarity_table([source], [target])


class TestClassMeans:
    def test_the_shipped_file_has_every_class_once_and_is_read_as_written(self, tmp_path):
        means = read_class_means()
        assert len(set(means.wnids)) == len(means.wnids) == len(means.means) == 200
        assert set(means.counts) == {50} and np.isfinite(means.means).all()
        backbone = load_backbone(means.about["backbone"])
        assert means.means.shape[1] == backbone.layer_sizes[means.about["layer"]]
        write_class_means(means, tmp_path / "again.npz")
        again = read_class_means(tmp_path / "again.npz")
        np.testing.assert_array_equal(again.means, means.means)
        assert again.wnids == means.wnids and again.about.items() >= means.about.items()

    @pytest.mark.parametrize("harm", ["absent", "truncated", "of something else", "stale"])
    def test_a_harmed_file_is_not_used(self, tmp_path, harm):
        file, means = tmp_path / "means.npz", read_class_means()
        if harm == "stale":
            about = {**means.about, "weights_sha256": "0"}
            write_class_means(ClassMeans(means.wnids, means.means, means.counts, about), file)
        elif harm == "truncated":
            file.write_bytes(similarity.FILE.read_bytes()[:-500])
        elif harm == "of something else":
            np.savez(file.open("wb"), values=np.zeros(3))
        reason = "made by other weights" if harm == "stale" else "missing or truncated"
        with pytest.raises(RuntimeError, match=f"means.npz .*{reason}.*git checkout"):
            read_class_means(file)

    def test_without_the_photographs_the_command_says_so(self, tmp_path, monkeypatch):
        monkeypatch.setattr(class_means, "BACKBONE", "natural")
        monkeypatch.setattr(class_means, "FILE", tmp_path / "means.npz")
        with pytest.raises(SystemExit, match="Tiny ImageNet was not found"):
            runner.main(["class_means", "--data", str(tmp_path)])
        assert not list(tmp_path.iterdir())

    def test_measured_from_photographs(self, monkeypatch, natural):
        """Each class's mean, by hand, over pictures made for the purpose."""

        colours = [(200, 30 * n, 30) for n in range(3)] + [(30, 40 * n, 200) for n in range(2)]
        pictures = [Image.new("RGB", (64, 64), colour) for colour in colours]
        images, asked = list(zip(pictures, [0, 0, 0, 1, 1], strict=True)), []

        def photographs(role, split, root, per_class):
            asked.append((role, split, per_class))
            return images

        monkeypatch.setattr(class_means, "TinyImageNet", photographs)
        monkeypatch.setattr(class_means, "ROLES", ("photos", "insects"))
        found = class_means.measure_class_means(natural, progress=False)
        options = {"precision": "float32", "cache": False}
        matrix = extraction.extract_features(natural, images, ["fc7"], **options).matrix
        # a target's test photographs, its validation folder, are not looked at
        assert asked == [("photos", "val", 50), ("insects", "train", 50)]
        assert found.counts.tolist() == [3, 2, 3, 2]
        np.testing.assert_allclose(found.means[0], matrix[:3].mean(axis=0), rtol=1e-5)
        np.testing.assert_allclose(found.means[1], matrix[3:].mean(axis=0), rtol=1e-5)
