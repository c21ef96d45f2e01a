"""The photographs: the table of classes, the reader of Tiny ImageNet's layout, and the sources.

Of sources one factor differs from the source that each is compared with, and no target is seen. And
class means of photographs, and the distance of a source and a target in their space.
"""

from collections import Counter
from dataclasses import asdict
from pathlib import Path
from unittest.mock import Mock, call

import numpy as np
import pytest
from PIL import Image
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from scripts.remake import class_means, runner
from scripts.remake.class_means import write_class_means
from tlcourse import paths
from tlcourse.datasets import FAMILIES, PHOTO_SOURCES, TinyImageNet, photos
from tlcourse.features import extraction
from tlcourse.networks.backbones import load_backbone
from tlcourse.networks.sources import SOURCES
from tlcourse.tables import similarity
from tlcourse.tables.similarity import ClassMeans, read_class_means, similarity_table
from tlcourse.tables.targets import DrawnTarget

INSECTS = list(photos.class_names("insects"))
ROLES = PHOTO_SOURCES + FAMILIES
COMPARED = [source for source in SOURCES.values() if source.compared_with]


def make_tiny_imagenet(root, per_class):
    """Both labelled splits in Stanford's layout; the validation images take turns in class."""
    lines = []
    for number, wnid in enumerate(per_class * INSECTS):
        train = root / "train" / wnid / "images" / f"{wnid}_{number // len(INSECTS)}.JPEG"
        val = root / "val" / "images" / f"val_{number}.JPEG"
        for file, seed in ((train, number), (val, 10_000 + number)):
            file.parent.mkdir(parents=True, exist_ok=True)
            noise = np.random.default_rng(seed).integers(0, 256, (64, 64, 3), dtype=np.uint8)
            Image.fromarray(noise).save(file)
        lines.append(f"val_{number}.JPEG\t{wnid}\t0\t0\t62\t62\n")
    (root / "val" / "val_annotations.txt").write_text("".join(lines), "utf-8", newline="\n")
    return root


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return make_tiny_imagenet(tmp_path_factory.mktemp("data") / "tiny-imagenet-200", 11)


def test_two_sources_of_the_same_size_and_six_families():
    sizes = [len(photos.class_names(role)) for role in ROLES]
    assert sizes == [41, 41, 11, 10, 14, 18, 12, 12]
    times = Counter(wnid for role in ROLES for wnid in photos.class_names(role))
    assert set(times.values()) == {1}  # no class has two roles
    rows = paths.read_csv(Path(photos.__file__).with_name("tiny_imagenet_classes.csv"))
    wnids = [row["wnid"] for row in rows]
    assert len(set(wnids)) == 200 and wnids == sorted(wnids)
    assert photos.class_names("insects")["n02279972"].startswith("monarch")


class TestTinyImageNet:
    def test_train_files_in_the_order_of_their_numbers(self, root):
        dataset = TinyImageNet("insects", "train", root)
        names = [f"{wnid}_{number}.JPEG" for wnid in INSECTS for number in range(11)]
        assert [file.name for file in dataset.files] == names
        assert dataset.targets == [label for label in range(10) for _ in range(11)]
        assert dataset.classes == list(photos.class_names("insects").values())
        few = TinyImageNet("insects", "train", root, per_class=3, every=2)
        assert few.files == [file for n, file in enumerate(dataset.files) if n % 22 < 3]
        assert few.classes == dataset.classes[::2]

    def test_val_labels_are_those_of_the_annotations(self, root):
        dataset = TinyImageNet("insects", "val", root)
        numbers = [int(file.stem.removeprefix("val_")) for file in dataset.files]
        assert [number % 10 for number in numbers] == dataset.targets
        assert numbers[:11] == list(range(0, 110, 10))

    def test_items_are_the_decoded_files_of_the_data_folder(self, root, monkeypatch):
        monkeypatch.setenv("TLCOURSE_DATA", str(root.parent))
        dataset = TinyImageNet("insects", per_class=2)
        picture, label = dataset[3]
        wanted = Image.open(root / "train" / INSECTS[1] / "images" / f"{INSECTS[1]}_1.JPEG")
        assert (picture.mode, picture.size, label) == ("RGB", (64, 64), 1)
        assert picture.tobytes() == wanted.convert("RGB").tobytes()
        pixels = dataset.pixels()
        assert (pixels.shape, pixels.dtype) == ((20, 64, 64, 3), np.uint8)
        np.testing.assert_array_equal(pixels[3], np.asarray(picture))

    @pytest.mark.parametrize(
        ("role", "split", "below", "per_class", "said"),
        [
            ("insects", "train", ".", 12, "has 11 train images in .*, 12 are needed: unpack"),
            ("natural", "val", ".", None, r"'goldfish' \(n01443537\) has 0 val images"),
            ("insects", "test", ".", None, "split is 'test': name 'train' or 'val'"),
            ("insects", "train", "nowhere", None, "not found in .*nowhere: get tiny-imagenet-200"),
            ("birds", "train", ".", None, "'birds' is neither a source .* nor a target family"),
        ],
    )
    def test_what_is_not_there_is_said(self, root, role, split, below, per_class, said):
        with pytest.raises((ValueError, FileNotFoundError), match=said):
            TinyImageNet(role, split, root / below, per_class=per_class)


def n_steps(source):
    images = len(source.class_names()) * source.per_class
    epochs = sum(cycle["epochs"] for cycle in source.recipe["cycles"])
    return epochs * (images // source.recipe["batch_size"])


def test_no_target_class_is_in_a_source_and_sources_take_the_classes_and_images_they_say(root):
    targets = {name for family in FAMILIES for name in photos.class_names(family).values()}
    for source in SOURCES.values():
        assert source.role == "drawn" or not targets & set(source.class_names())
    assert len(SOURCES["photos"].class_names()) == 200 - len(targets) == 123
    assert set(SOURCES["natural"].class_names()) < set(SOURCES["photos"].class_names())
    assert SOURCES["half_classes"].class_names() == SOURCES["natural"].class_names()[::2]
    with pytest.raises(ValueError, match=r"'goldfish' .*, 250 are needed"):
        SOURCES["half_images"].images("train", root)


@pytest.mark.parametrize("source", COMPARED, ids=lambda source: source.name)
def test_one_factor_differs_and_the_steps_do_not(source):
    reference = SOURCES[source.compared_with]
    names = ("role", "per_class", "every", "width")
    mine, theirs = asdict(source), asdict(reference)
    assert sum(mine[name] != theirs[name] for name in names) == 1
    assert n_steps(source) <= 1.03 * n_steps(reference)
    if source.name != "photos":
        assert n_steps(source) == pytest.approx(n_steps(reference), rel=0.03)


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

    def test_bad_input_is_one_sentence(self):
        with pytest.raises(ValueError, match="What 'vgg16' learned from is not here"):
            similarity_table(["vgg16"], ["food"])
        with pytest.raises(ValueError, match="no target 'mammals'"):
            similarity_table(["natural"], ["mammals"])


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
        images = list(zip(pictures, [0, 0, 0, 1, 1], strict=True))
        monkeypatch.setattr(class_means, "TinyImageNet", asked := Mock(return_value=images))
        monkeypatch.setattr(class_means, "ROLES", ("photos", "insects"))
        found = class_means.measure_class_means(natural, progress=False)
        options = {"precision": "float32", "cache": False}
        matrix = extraction.extract_features(natural, images, ["fc7"], **options).matrix
        # a target's test photographs, its validation folder, are not looked at
        splits = ("photos", "val"), ("insects", "train")
        assert asked.mock_calls == [call(*split, None, per_class=50) for split in splits]
        assert found.counts.tolist() == [3, 2, 3, 2]
        np.testing.assert_allclose(found.means[0], matrix[:3].mean(axis=0), rtol=1e-5)
        np.testing.assert_allclose(found.means[1], matrix[3:].mean(axis=0), rtol=1e-5)
