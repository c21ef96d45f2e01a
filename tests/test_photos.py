"""The photographs: the table of classes, the reader of Tiny ImageNet's layout, and the sources.

Of sources one factor differs from the source that each is compared with, and no target is seen.
"""

from collections import Counter
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tlcourse import paths
from tlcourse.datasets import FAMILIES, PHOTO_SOURCES, TinyImageNet, photos
from tlcourse.networks.small_vgg import small_vgg
from tlcourse.networks.sources import SOURCES

INSECTS = list(photos.class_names("insects"))
ROLES = PHOTO_SOURCES + FAMILIES
COMPARED = [source for source in SOURCES.values() if source.compared_with]


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """Both labelled splits in Stanford's layout; the validation images take turns in class."""
    root, lines = tmp_path_factory.mktemp("data") / "tiny-imagenet-200", []
    for number, wnid in enumerate(11 * INSECTS):
        train = root / "train" / wnid / "images" / f"{wnid}_{number // len(INSECTS)}.JPEG"
        val = root / "val" / "images" / f"val_{number}.JPEG"
        for file, seed in ((train, number), (val, 10_000 + number)):
            file.parent.mkdir(parents=True, exist_ok=True)
            noise = np.random.default_rng(seed).integers(0, 256, (64, 64, 3), dtype=np.uint8)
            Image.fromarray(noise).save(file)
        lines.append(f"val_{number}.JPEG\t{wnid}\t0\t0\t62\t62\n")
    (root / "val" / "val_annotations.txt").write_text("".join(lines), "utf-8", newline="\n")
    return root


def test_two_sources_of_the_same_size_and_six_families():
    sizes = [len(photos.class_names(role)) for role in ROLES]
    assert sizes == [41, 41, 11, 10, 14, 18, 12, 12]
    times = Counter(wnid for role in ROLES for wnid in photos.class_names(role))
    assert set(times.values()) == {1}  # no class has two roles
    rows = paths.read_csv(Path(photos.__file__).with_name("tiny_imagenet_classes.csv"))
    wnids = [row["wnid"] for row in rows]
    assert len(set(wnids)) == 200 and wnids == sorted(wnids)
    assert photos.class_names("insects")["n02279972"].startswith("monarch")
    assert photos.class_names("natural")["n01443537"] == "goldfish"


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


def test_no_target_class_is_in_a_source_and_photos_are_all_others():
    targets = {name for family in FAMILIES for name in photos.class_names(family).values()}
    for source in SOURCES.values():
        assert source.role == "drawn" or not targets & set(source.class_names())
    assert len(SOURCES["photos"].class_names()) == 200 - len(targets) == 123
    assert set(SOURCES["natural"].class_names()) < set(SOURCES["photos"].class_names())
    assert SOURCES["half_classes"].class_names() == SOURCES["natural"].class_names()[::2]


@pytest.mark.parametrize("source", COMPARED, ids=lambda source: source.name)
def test_one_factor_differs_and_the_steps_do_not(source):
    reference = SOURCES[source.compared_with]
    names = ("role", "per_class", "every", "width")
    mine, theirs = asdict(source), asdict(reference)
    assert sum(mine[name] != theirs[name] for name in names) == 1
    assert n_steps(source) <= 1.03 * n_steps(reference)
    if source.name != "photos":
        assert n_steps(source) == pytest.approx(n_steps(reference), rel=0.03)


def test_half_the_images_are_the_first_250_of_every_class(root):
    with pytest.raises(ValueError, match=r"'goldfish' .*, 250 are needed"):
        SOURCES["half_images"].images("train", root)


def test_half_the_width_has_about_a_quarter_of_the_parameters():
    sizes = [sum(p.numel() for p in small_vgg(41, width=w).parameters()) for w in (1, 0.5, 0.25)]
    assert 3.5 < sizes[0] / sizes[1] < 4 and 3.5 < sizes[1] / sizes[2] < 4
