"""The photographs: the table of classes, and the reader of Tiny ImageNet's layout."""

import csv
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tlcourse import paths
from tlcourse.datasets import FAMILIES, PHOTO_SOURCES, TinyImageNet, UnreadableImage, photos

INSECTS = list(photos.class_names("insects"))
REAL = paths.data_folder() / "tiny-imagenet-200"


def save_noise(path, seed, mode="RGB"):
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(seed).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).convert(mode).save(path, format="JPEG")


def make_tiny_imagenet(root, wnids, per_class):
    """Both labelled splits in Stanford's layout; the validation images take turns in class."""
    lines = []
    for label, wnid in enumerate(wnids):
        for number in range(per_class):
            seed = 100 * label + number
            save_noise(root / "train" / wnid / "images" / f"{wnid}_{number}.JPEG", seed)
    for number in range(per_class * len(wnids)):
        save_noise(root / "val" / "images" / f"val_{number}.JPEG", 10_000 + number)
        lines.append(f"val_{number}.JPEG\t{wnids[number % len(wnids)]}\t0\t0\t62\t62\n")
    annotations = root / "val" / "val_annotations.txt"
    annotations.write_text("".join(lines), encoding="utf-8", newline="\n")
    return root


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return make_tiny_imagenet(tmp_path_factory.mktemp("tiny"), INSECTS, per_class=11)


class TestClassTable:
    def test_two_sources_of_the_same_size(self):
        assert [len(photos.class_names(source)) for source in PHOTO_SOURCES] == [41, 41]

    def test_six_families(self):
        sizes = [len(photos.class_names(family)) for family in FAMILIES]
        assert sizes == [11, 10, 14, 18, 12, 12]

    def test_no_class_has_two_roles(self):
        times = Counter(
            wnid for role in PHOTO_SOURCES + FAMILIES for wnid in photos.class_names(role)
        )
        assert set(times.values()) == {1}

    def test_all_200_classes_once_in_order(self):
        table = Path(photos.__file__).with_name("tiny_imagenet_classes.csv")
        with table.open(newline="", encoding="utf-8") as rows:
            wnids = [row["wnid"] for row in csv.DictReader(rows)]
        assert len(set(wnids)) == 200
        assert wnids == sorted(wnids)

    def test_some_classes_known_by_their_wordnet_id(self):
        assert photos.class_names("cats and dogs")["n02123045"].startswith("tabby")
        assert photos.class_names("insects")["n02279972"].startswith("monarch")
        assert photos.class_names("natural")["n01443537"] == "goldfish"

    def test_unknown_role(self):
        with pytest.raises(ValueError, match="'birds' is neither a source .* nor a target family"):
            photos.class_names("birds")


class TestTinyImageNet:
    def test_train_files_in_the_order_of_their_numbers(self, root):
        dataset = TinyImageNet("insects", "train", root)
        names = [f"{wnid}_{number}.JPEG" for wnid in INSECTS for number in range(11)]
        assert [file.name for file in dataset.files] == names
        assert dataset.targets == [label for label in range(10) for _ in range(11)]
        assert dataset.classes == list(photos.class_names("insects").values())
        assert len(dataset) == 110

    def test_val_labels_are_those_of_the_annotations(self, root):
        dataset = TinyImageNet("insects", "val", root)
        numbers = [int(file.stem.removeprefix("val_")) for file in dataset.files]
        assert [number % 10 for number in numbers] == dataset.targets
        assert numbers[:11] == list(range(0, 110, 10))

    def test_item_is_the_decoded_file(self, root):
        dataset = TinyImageNet("insects", "train", root)
        picture, label = dataset[12]
        wanted = Image.open(root / "train" / INSECTS[1] / "images" / f"{INSECTS[1]}_1.JPEG")
        assert (picture.mode, picture.size, label) == ("RGB", (64, 64), 1)
        assert picture.tobytes() == wanted.convert("RGB").tobytes()

    def test_pixels(self, root):
        dataset = TinyImageNet("insects", "val", root, per_class=2)
        pixels = dataset.pixels()
        assert (pixels.shape, pixels.dtype) == ((20, 64, 64, 3), np.uint8)
        np.testing.assert_array_equal(pixels[7], np.asarray(dataset[7][0]))

    def test_per_class_takes_the_first(self, root):
        dataset = TinyImageNet("insects", "train", root, per_class=3)
        assert [file.name for file in dataset.files[:4]] == [
            *(f"{INSECTS[0]}_{number}.JPEG" for number in range(3)),
            f"{INSECTS[1]}_0.JPEG",
        ]

    def test_grey_images_become_rgb(self, tmp_path):
        make_tiny_imagenet(tmp_path, INSECTS, per_class=1)
        save_noise(tmp_path / "train" / INSECTS[0] / "images" / f"{INSECTS[0]}_0.JPEG", 0, "L")
        pixels = TinyImageNet("insects", "train", tmp_path).pixels()
        assert pixels.shape == (10, 64, 64, 3)
        assert (pixels[0, :, :, 0] == pixels[0, :, :, 2]).all()

    def test_roots_default_is_in_the_data_folder(self, root, tmp_path, monkeypatch):
        monkeypatch.setenv("TLCOURSE_DATA", str(tmp_path))
        with pytest.raises(FileNotFoundError, match="tiny-imagenet-200"):
            TinyImageNet("insects")
        make_tiny_imagenet(tmp_path / "tiny-imagenet-200", INSECTS, per_class=1)
        assert len(TinyImageNet("insects")) == 10


class TestErrors:
    def test_missing_data_says_where_it_was_looked_for(self, tmp_path):
        with pytest.raises(FileNotFoundError) as seen:
            TinyImageNet("insects", "train", tmp_path / "nowhere")
        assert f"not found in {tmp_path / 'nowhere'}: get tiny-imagenet-200.zip" in str(seen.value)

    def test_too_few_images(self, root):
        with pytest.raises(ValueError, match=r"has 11 train images in .*, 12 are needed: unpack"):
            TinyImageNet("insects", "train", root, per_class=12)

    def test_class_without_images(self, root):
        with pytest.raises(ValueError, match=r"'goldfish' \(n01443537\) has 0 val images"):
            TinyImageNet("natural", "val", root)

    @pytest.mark.parametrize("split", ["test", "valid"])
    def test_split_without_labels(self, root, split):
        with pytest.raises(ValueError, match=f"split is '{split}': name 'train' or 'val'"):
            TinyImageNet("insects", split, root)

    def test_damaged_file_is_named(self, tmp_path):
        make_tiny_imagenet(tmp_path, INSECTS, per_class=1)
        dataset = TinyImageNet("insects", "val", tmp_path)
        dataset.files[3].write_bytes(dataset.files[3].read_bytes()[:500])
        with pytest.raises(UnreadableImage, match=r"val_3\.JPEG: truncated"):
            dataset.pixels()


@pytest.mark.skipif(
    not REAL.is_dir(), reason="needs Tiny ImageNet: name its parent folder in TLCOURSE_DATA"
)
class TestRealData:
    @pytest.mark.parametrize("role", PHOTO_SOURCES + FAMILIES)
    def test_every_class_has_its_500_and_50_images(self, role):
        for split, count in (("train", 500), ("val", 50)):
            dataset = TinyImageNet(role, split, REAL)
            assert np.bincount(dataset.targets).tolist() == [count] * len(dataset.classes)
            assert len(set(dataset.files)) == len(dataset)

    @pytest.mark.parametrize("role", PHOTO_SOURCES + FAMILIES)
    def test_reader_gives_what_pillow_decodes(self, role):
        dataset = TinyImageNet(role, "val", REAL, per_class=5)
        for picture, file in zip(dataset.pixels(), dataset.files, strict=True):
            with Image.open(file) as image:
                np.testing.assert_array_equal(picture, np.asarray(image.convert("RGB")))

    def test_names_are_those_of_the_data_set(self):
        lines = (REAL / "words.txt").read_text(encoding="utf-8").splitlines()
        words = dict(line.split("\t") for line in lines)
        for role in PHOTO_SOURCES + FAMILIES:
            for wnid, name in photos.class_names(role).items():
                assert words[wnid].casefold().startswith(name.casefold()), (wnid, name)
