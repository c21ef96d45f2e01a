"""Sources: one factor differs from the source that each is compared with, and no target is seen."""

from dataclasses import asdict

import numpy as np
import pytest
from PIL import Image

from tlcourse.datasets import photos
from tlcourse.networks.small_vgg import small_vgg
from tlcourse.networks.sources import SOURCES

PHOTOS = [source for source in SOURCES.values() if source.role != "drawn"]
COMPARED = [source for source in SOURCES.values() if source.compared_with]


def n_steps(source):
    images = len(source.class_names()) * source.per_class
    epochs = sum(cycle["epochs"] for cycle in source.recipe["cycles"])
    return epochs * (images // source.recipe["batch_size"])


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """Tiny ImageNet's layout with the training images of the natural classes: 250 of one pixel."""
    root = tmp_path_factory.mktemp("tiny")
    (root / "val").mkdir()
    Image.fromarray(np.zeros((1, 1, 3), np.uint8)).save(root / "one.jpeg")
    pixel = (root / "one.jpeg").read_bytes()
    for wnid in photos.class_names("natural"):
        folder = root / "train" / wnid / "images"
        folder.mkdir(parents=True)
        for number in range(251):
            (folder / f"{wnid}_{number}.JPEG").write_bytes(pixel)
    return root


@pytest.mark.parametrize("source", PHOTOS, ids=lambda source: source.name)
def test_no_target_class_is_in_a_source(source):
    targets = {name for family in photos.FAMILIES for name in photos.class_names(family).values()}
    assert not targets & set(source.class_names())


def test_photos_are_all_classes_that_are_no_target():
    n_targets = sum(len(photos.class_names(family)) for family in photos.FAMILIES)
    assert len(SOURCES["photos"].class_names()) == 200 - n_targets == 123
    assert set(SOURCES["natural"].class_names()) < set(SOURCES["photos"].class_names())


@pytest.mark.parametrize("source", COMPARED, ids=lambda source: source.name)
def test_one_factor_differs_and_the_steps_do_not(source):
    reference = SOURCES[source.compared_with]
    names = ("role", "per_class", "every", "width")
    mine, theirs = asdict(source), asdict(reference)
    assert sum(mine[name] != theirs[name] for name in names) == 1
    assert n_steps(source) <= 1.03 * n_steps(reference)
    if source.name != "photos":
        assert n_steps(source) == pytest.approx(n_steps(reference), rel=0.03)


def test_half_the_images_are_the_first_of_every_class(root):
    images = SOURCES["half_images"].images("train", root)
    assert np.bincount(images.targets).tolist() == [250] * 41
    assert images.classes == SOURCES["half_images"].class_names()


def test_half_the_classes_are_every_second_one(root):
    wanted = list(photos.class_names("natural").values())[::2]
    images = photos.TinyImageNet("natural", "train", root, 2, every=2)
    assert images.classes == wanted == SOURCES["half_classes"].class_names()
    assert images.targets == [label for label in range(21) for _ in range(2)]


def test_half_the_width_has_about_a_quarter_of_the_parameters():
    def n_parameters(width):
        return sum(parameter.numel() for parameter in small_vgg(41, width=width).parameters())

    assert 3.5 < n_parameters(1) / n_parameters(0.5) < 4
    assert 3.5 < n_parameters(0.5) / n_parameters(0.25) < 4
