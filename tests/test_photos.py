"""The photographs: the table of classes, and the reader of Tiny ImageNet's layout."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tlcourse import paths
from tlcourse.datasets import FAMILIES, PHOTO_SOURCES, TinyImageNet, UnreadableImage, photos

INSECTS = list(photos.class_names("insects"))
REAL = paths.data_folder() / "tiny-imagenet-200"
ROLES = PHOTO_SOURCES + FAMILIES


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
    annotations = root / "val" / "val_annotations.txt"
    annotations.write_text("".join(lines), encoding="utf-8", newline="\n")
    return root


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return make_tiny_imagenet(tmp_path_factory.mktemp("tiny"), per_class=11)


class TestClassTable:
    def test_two_sources_of_the_same_size_and_six_families(self):
        sizes = [len(photos.class_names(role)) for role in ROLES]
        assert sizes == [41, 41, 11, 10, 14, 18, 12, 12]
        times = Counter(wnid for role in ROLES for wnid in photos.class_names(role))
        assert set(times.values()) == {1}  # no class has two roles
        rows = paths.read_csv(Path(photos.__file__).with_name("tiny_imagenet_classes.csv"))
        wnids = [row["wnid"] for row in rows]
        assert len(set(wnids)) == 200 and wnids == sorted(wnids)

    def test_some_classes_known_by_their_wordnet_id(self):
        assert photos.class_names("cats and dogs")["n02123045"].startswith("tabby")
        assert photos.class_names("insects")["n02279972"].startswith("monarch")
        assert photos.class_names("natural")["n01443537"] == "goldfish"
        with pytest.raises(ValueError, match="'birds' is neither a source .* nor a target family"):
            photos.class_names("birds")


class TestTinyImageNet:
    def test_train_files_in_the_order_of_their_numbers(self, root):
        dataset = TinyImageNet("insects", "train", root)
        names = [f"{wnid}_{number}.JPEG" for wnid in INSECTS for number in range(11)]
        assert [file.name for file in dataset.files] == names
        assert dataset.targets == [label for label in range(10) for _ in range(11)]
        assert dataset.classes == list(photos.class_names("insects").values())
        few = TinyImageNet("insects", "train", root, per_class=3)
        assert few.files == [file for n, file in enumerate(dataset.files) if n % 11 < 3]

    def test_val_labels_are_those_of_the_annotations(self, root):
        dataset = TinyImageNet("insects", "val", root)
        numbers = [int(file.stem.removeprefix("val_")) for file in dataset.files]
        assert [number % 10 for number in numbers] == dataset.targets
        assert numbers[:11] == list(range(0, 110, 10))

    def test_items_are_the_decoded_files(self, root):
        dataset = TinyImageNet("insects", "train", root, per_class=2)
        picture, label = dataset[3]
        wanted = Image.open(root / "train" / INSECTS[1] / "images" / f"{INSECTS[1]}_1.JPEG")
        assert (picture.mode, picture.size, label) == ("RGB", (64, 64), 1)
        assert picture.tobytes() == wanted.convert("RGB").tobytes()
        pixels = dataset.pixels()
        assert (pixels.shape, pixels.dtype) == ((20, 64, 64, 3), np.uint8)
        np.testing.assert_array_equal(pixels[3], np.asarray(picture))

    def test_grey_and_damaged_images(self, tmp_path):
        dataset = TinyImageNet("insects", "val", make_tiny_imagenet(tmp_path, per_class=1))
        Image.new("L", (64, 64), 90).save(dataset.files[0])
        assert (dataset.pixels()[0] == 90).all()
        dataset.files[3].write_bytes(dataset.files[3].read_bytes()[:500])
        with pytest.raises(UnreadableImage, match=r"val_3\.JPEG: truncated"):
            dataset.pixels()

    def test_roots_default_is_in_the_data_folder(self, tmp_path, monkeypatch):
        monkeypatch.setenv("TLCOURSE_DATA", str(tmp_path))
        place = tmp_path / "tiny-imagenet-200"
        with pytest.raises(FileNotFoundError, match=f"not found in {place}: get tiny-imagenet-200"):
            TinyImageNet("insects")
        make_tiny_imagenet(place, per_class=1)
        assert len(TinyImageNet("insects")) == 10

    @pytest.mark.parametrize(
        ("role", "split", "per_class", "said"),
        [
            ("insects", "train", 12, "has 11 train images in .*, 12 are needed: unpack"),
            ("natural", "val", None, r"'goldfish' \(n01443537\) has 0 val images"),
            ("insects", "test", None, "split is 'test': name 'train' or 'val'"),
        ],
    )
    def test_what_is_not_there_is_said(self, root, role, split, per_class, said):
        with pytest.raises(ValueError, match=said):
            TinyImageNet(role, split, root, per_class=per_class)


@pytest.mark.skipif(
    not REAL.is_dir(), reason="needs Tiny ImageNet: name its parent folder in TLCOURSE_DATA"
)
class TestRealData:
    @pytest.mark.parametrize("role", ROLES)
    def test_every_class_has_its_500_and_50_images(self, role):
        for split, count in (("train", 500), ("val", 50)):
            dataset = TinyImageNet(role, split, REAL)
            assert np.bincount(dataset.targets).tolist() == [count] * len(dataset.classes)
            assert len(set(dataset.files)) == len(dataset)
        with Image.open(dataset.files[-1]) as image:
            np.testing.assert_array_equal(dataset[-1][0], np.asarray(image.convert("RGB")))

    def test_names_are_those_of_the_data_set(self):
        lines = (REAL / "words.txt").read_text(encoding="utf-8").splitlines()
        words = dict(line.split("\t") for line in lines)
        for role in ROLES:
            for wnid, name in photos.class_names(role).items():
                assert words[wnid].casefold().startswith(name.casefold()), (wnid, name)
