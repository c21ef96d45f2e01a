"""Sources: one factor differs from the source that each is compared with, and no target is seen."""

from dataclasses import asdict

import numpy as np
import pytest

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
    """Tiny ImageNet's layout with the names of 251 training images of each natural class."""
    root = tmp_path_factory.mktemp("tiny")
    for wnid in photos.class_names("natural"):
        folder = root / "train" / wnid / "images"
        folder.mkdir(parents=True)
        for number in range(251):
            (folder / f"{wnid}_{number}.JPEG").touch()
    return root


def test_no_target_class_is_in_a_source_and_photos_are_all_others():
    targets = {name for family in photos.FAMILIES for name in photos.class_names(family).values()}
    for source in PHOTOS:
        assert not targets & set(source.class_names())
    assert len(SOURCES["photos"].class_names()) == 200 - len(targets) == 123
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


def test_half_the_images_are_the_first_of_every_class_and_half_the_classes_every_second_one(root):
    images = SOURCES["half_images"].images("train", root)
    assert np.bincount(images.targets).tolist() == [250] * 41
    assert images.classes == SOURCES["half_images"].class_names()
    images = photos.TinyImageNet("natural", "train", root, 2, every=2)
    assert images.classes == list(photos.class_names("natural").values())[::2]
    assert images.classes == SOURCES["half_classes"].class_names()
    assert images.targets == [label for label in range(21) for _ in range(2)]


def test_half_the_width_has_about_a_quarter_of_the_parameters():
    sizes = [sum(p.numel() for p in small_vgg(41, width=w).parameters()) for w in (1, 0.5, 0.25)]
    assert 3.5 < sizes[0] / sizes[1] < 4 and 3.5 < sizes[1] / sizes[2] < 4
