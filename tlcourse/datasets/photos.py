"""Photographs: the 200 classes of Tiny ImageNet as two sources and six target families.

Tiny ImageNet (Stanford CS231n, 2015) is a subset of ImageNet: 200 classes, 64 x 64 pixels, 500
training and 50 validation images a class. Two sources differ in kind and not in volume: 41
*natural* and 41 *manmade* classes. Six families of target classes are held out of both; the
123 classes outside those families are *photos*.
"""

from functools import cache
from pathlib import Path

import numpy as np
from tqdm import tqdm

from tlcourse import paths
from tlcourse.datasets.folder import ImageFiles

PHOTO_SOURCES = ("natural", "manmade")

EVERY_SOURCE_CLASS = "photos"
FAMILIES = ("cats and dogs", "insects", "food", "scenes", "vehicles", "clothes")


@cache
def class_names(role):
    """The classes of one source or target family: {WordNet id: name}; ValueError for others."""
    sources = (*PHOTO_SOURCES, EVERY_SOURCE_CLASS)
    if role not in sources + FAMILIES:
        raise ValueError(f"{role!r} is neither a source {sources} nor a target family {FAMILIES}.")
    rows = paths.read_csv(Path(__file__).with_name("tiny_imagenet_classes.csv"))
    return {row["wnid"]: row["name"] for row in rows if _has_role(row, role)}


def _has_role(row, role):
    return row["role"] not in FAMILIES if role == EVERY_SOURCE_CLASS else row["role"] == role


class TinyImageNet(ImageFiles):
    """The photographs of one role, read from Tiny ImageNet's standard layout.

    ``role`` is a source ("natural", "manmade", "photos") or a target family ("insects", ...); the
    ``split`` "train" has 500 images a class, "val" has 50. ``root`` holds both, by default
    ``tiny-imagenet-200`` in the user's data folder. ``per_class`` keeps the first images of each
    class, ``every=2`` every second class, in the order of WordNet ids. ``files`` and ``targets``
    are a value an image, class after class. Raises FileNotFoundError if the data set is not there,
    and ValueError if a class has fewer images than ``per_class``.
    """

    def __init__(self, role, split="train", root=None, per_class=None, every=1):
        self.role, self.split = role, split
        self.root = Path(root or default_root())
        names = dict(list(class_names(role).items())[::every])
        super().__init__([], [], names.values())
        files_of = _files_by_class(self.root, split)
        for label, (wnid, name) in enumerate(names.items()):
            files = sorted(files_of.get(wnid, []), key=_number)[:per_class]
            if not files or len(files) < (per_class or 1):
                raise ValueError(
                    f"Class {name!r} ({wnid}) has {len(files)} {split} images in {self.root}, "
                    f"{per_class or 1} are needed: unpack the data set again."
                )
            self.files += files
            self.targets += [label] * len(files)

    def pixels(self, progress=True):
        """All images as one uint8 array of shape (n, 64, 64, 3)."""
        images = tqdm(self, "reading", leave=False, delay=2, disable=not progress)
        return np.stack([np.asarray(image) for image, _ in images])


def default_root():
    """Where Tiny ImageNet is looked for when no folder is named."""
    return paths.data_folder() / "tiny-imagenet-200"


def _files_by_class(root, split):
    if split not in ("train", "val"):
        raise ValueError(f"split is {split!r}: name 'train' or 'val', the two that have labels.")
    if not (root / split).is_dir():
        raise FileNotFoundError(
            f"Tiny ImageNet was not found in {root}: get tiny-imagenet-200.zip from Stanford "
            "CS231n, unpack it, and name its folder in root= or put it there."
        )
    if split == "train":
        return {
            folder.name: list((folder / "images").glob("n*.JPEG"))
            for folder in (root / "train").iterdir()
        }
    files_of = {}
    annotations = (root / "val" / "val_annotations.txt").read_text(encoding="utf-8")
    for line in annotations.splitlines():
        file, wnid = line.split("\t")[:2]
        files_of.setdefault(wnid, []).append(root / "val" / "images" / file)
    return files_of


def _number(file):
    return int(file.stem.rsplit("_", 1)[1])


TRAIN_PER_CLASS = 40
