"""From the files of each data set, as published, to images, labels and folds.

torchvision's loaders find files and labels for four of the nine; the others are read here. No
image is opened.
"""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tlcourse.datasets.benchmarks.protocols import Fold, repeated_draws, stratified_folds
from tlcourse.datasets.class_folders import list_classes


@dataclass
class Listing:
    """What the lists of a data set say."""

    classes: list[str]
    files: list[Path] = field(default_factory=list)
    targets: list[int] = field(default_factory=list)
    folds: list[Fold] = field(default_factory=list)

    def rows_of(self, pairs):
        """Rows of some (file, target), sorted; those that are not listed yet are added."""
        known, rows = {file: row for row, file in enumerate(self.files)}, set()
        for file, target in pairs:
            if file not in known:
                known[file] = len(self.files)
                self.files.append(file)
                self.targets.append(int(target))
            rows.add(known[file])
        return np.array(sorted(rows), dtype=int)

    def add_official(self, name, train, test):
        """A fold of two lists of (file, target)."""
        self.folds.append(Fold(name, self.rows_of(train), self.rows_of(test)))


def mit67(root):
    folder = root / "mit67"
    lists = [_lines(folder / f"{part}Images.txt") for part in ("Train", "Test")]
    classes = sorted({line.split("/")[0] for lines in lists for line in lines})
    parts = [
        [(folder / "Images" / line, classes.index(line.split("/")[0])) for line in lines]
        for lines in lists
    ]
    return _official(classes, "official lists", *parts)


def cub200(root):
    folder = root / "cub200" / "CUB_200_2011"
    names, images, labels, trains = (
        dict(line.split() for line in _lines(folder / file))
        for file in ("classes.txt", "images.txt", "image_class_labels.txt", "train_test_split.txt")
    )
    row_of = {number: row for row, number in enumerate(names)}
    parts = {"1": [], "0": []}
    for number, image in images.items():
        parts[trains[number]].append((folder / "images" / image, row_of[labels[number]]))
    classes = [name.split(".", 1)[-1] for name in names.values()]
    return _official(classes, "official split", *parts.values())


def sdogs(root):
    from scipy.io import loadmat

    folder, names, parts = root / "sdogs", {}, []
    for file in ("train_list.mat", "test_list.mat"):
        content = loadmat(folder / file, squeeze_me=True)
        rows = list(zip(content["file_list"].tolist(), content["labels"] - 1, strict=True))
        parts.append([(folder / "Images" / image, label) for image, label in rows])
        names |= {label: image.split("/")[0] for image, label in rows}
    classes = [names[label].split("-", 1)[-1] for label in range(len(names))]
    return _official(classes, "official lists", *parts)


def wood(root):
    folder = root / "wood"
    pairs = [line.split()[:2] for line in _lines(folder / "names.txt")]
    classes = sorted({name for _, name in pairs})
    pairs = [(folder / file, classes.index(name)) for file, name in pairs]
    return _divided(classes, pairs, stratified_folds)


def flowers102(root):
    train, val, test = (_theirs("Flowers102", root, part) for part in ("train", "val", "test"))
    return _official(train.classes, "official split", _together(train, val), _together(test))


def cats_dogs(root):
    train, test = (_theirs("OxfordIIITPet", root, part) for part in ("trainval", "test"))
    parts = (zip(part._images, part._labels, strict=True) for part in (train, test))
    return _official(train.classes, "official lists", *parts)


def caltech101(root):
    """As torchvision's loader, which takes whatever lies among the classes for one of them."""
    found, _ = list_classes(root / "caltech101" / "101_ObjectCategories")
    found = [each for each in found if each.name != "BACKGROUND_Google"]
    pairs = [(file, label) for label, each in enumerate(found) for file in each.files]
    return _divided([each.name for each in found], pairs, repeated_draws)


def food101(root):
    theirs = _theirs("Food101", root, "test")
    return _divided(theirs.classes, _together(theirs), stratified_folds)


def textures(root):
    listing = Listing([])
    for number in range(1, 11):
        parts = [_theirs("DTD", root, part, number) for part in ("train", "val", "test")]
        listing.classes = _spaced(parts[0].classes)
        listing.add_official(f"partition {number}", _together(*parts[:2]), _together(parts[2]))
    return listing


def _spaced(names):
    return [name.replace("_", " ") for name in names]


def _official(classes, name, train, test):
    """One fold, of two lists of (file, target)."""
    listing = Listing(_spaced(classes))
    listing.add_official(name, train, test)
    return listing


def _divided(classes, pairs, divide):
    """All (file, target), in folds that ``divide`` makes of the targets."""
    listing = Listing(_spaced(classes))
    listing.rows_of(pairs)
    listing.folds = divide(listing.targets)
    return listing


def _theirs(name, *arguments):
    """A data set as torchvision's loader finds it; it downloads nothing."""
    from torchvision import datasets

    return getattr(datasets, name)(*arguments)


def _together(*parts):
    return [pair for part in parts for pair in zip(part._image_files, part._labels, strict=True)]


def _lines(file):
    return [line.strip() for line in file.read_text("utf-8").splitlines() if line.strip()]


_ALL = mit67, cub200, flowers102, cats_dogs, sdogs, caltech101, food101, textures, wood
READERS = {reader.__name__.replace("_", "-"): reader for reader in _ALL}
