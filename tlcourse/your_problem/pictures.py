"""The pictures of your problem: a folder of your own, or a drawn family, checked and in memory."""

import hashlib
import warnings
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from tlcourse.datasets.drawn import DrawnImages
from tlcourse.datasets.folder import ImageFolder, read_with_size, shown

MOST_A_CLASS, MOST_CLASSES = 200, 60
DRAWN_PER_CLASS = 30
KEPT_SIDE = 128  # pixels of the shorter side that are kept: twice what the backbones look at
SMALL_SIDE = 48
UNEVEN = 4  # times as many images in the largest class as in the smallest
SPLIT_NAMES = {"train", "training", "test", "testing", "val", "valid", "validation"}


class ProblemPictures(list):
    """Pairs of picture and label in memory, as a data set with ``targets`` and ``classes``."""

    def __init__(self, items, classes):
        super().__init__(items)
        self.classes = list(classes)
        self.targets = [label for _, label in self]

    def subset(self, rows):
        """Some of them, by their rows, of the same classes."""
        return ProblemPictures([self[row] for row in rows], self.classes)


@dataclass
class Problem:
    """A target task, and what was noticed when it was opened."""

    name: str
    pictures: ProblemPictures
    files: list[str]
    sizes: np.ndarray
    left_out: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    command: str = ""
    place: str = ""

    @property
    def classes(self):
        """Names of the classes, which labels index."""
        return self.pictures.classes

    @property
    def labels(self):
        """Label of each picture: ndarray of int, shape (n,)."""
        return np.array(self.pictures.targets)

    @property
    def counts(self):
        """Pictures of each class, as {class: number}."""
        numbers = np.bincount(self.labels, minlength=len(self.classes))
        return dict(zip(self.classes, numbers.tolist(), strict=True))

    def __repr__(self):
        return f"{self.name}: {len(self.pictures)} pictures of {len(self.classes)} classes"


def open_problem(folder=None, family="flowers", classes=None, per_class=None, seed=0):
    """Your folder of images, a sub-folder a class, or a drawn family without one: a Problem.

    ``classes`` are of the family; ``per_class`` pictures are drawn (30), or kept at most (200), by
    the seed. FileNotFoundError without the folder; ValueError if it is empty, holds one class,
    more than 60, or a class without an image, or looks like a folder of splits; if the family is
    unknown; or if per_class is below 1.
    """
    if per_class is not None and per_class < 1:
        raise ValueError(f"per_class is {per_class}: ask for 1 picture a class or more.")
    if folder is None:
        return _drawn(family, classes, per_class or DRAWN_PER_CLASS, seed)
    if classes is not None:
        raise ValueError("classes are for a drawn family: of a folder, every sub-folder is one.")
    return _from_folder(Path(folder).expanduser(), per_class or MOST_A_CLASS, seed)


def _drawn(family, classes, per_class, seed):
    drawn = DrawnImages(family, classes, per_class, seed)
    pictures = ProblemPictures([drawn[index] for index in range(len(drawn))], drawn.classes)
    files = [f"picture {index}" for index in range(len(pictures))]
    sizes = np.array([picture.size for picture, _ in pictures])
    notes = ["These are drawings made by code: replace them by a folder of your own."]
    chosen = f", classes={list(classes)!r}" if classes is not None else ""
    command = f"open_problem(family={family!r}{chosen}, per_class={per_class}, seed={seed})"
    return Problem(f"drawn {family}", pictures, files, sizes, [], notes, command)


def _from_folder(root, most, seed):
    _refuse_splits(root)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # what is left out is told by the Problem
        folder = ImageFolder(root)
    if len(folder.classes) > MOST_CLASSES:
        raise ValueError(
            f"{root} has {len(folder.classes)} classes and this page is for {MOST_CLASSES} at "
            "most: keep those that you confuse, or begin with one level of a hierarchy."
        )
    left_out = [(_name(root, file), why) for file, why in folder.left_out]
    rows, doubles = _without_doubles(folder)
    left_out += doubles
    rows, notes = _sampled(folder, rows, most, seed)
    items, sizes = [], []
    for row in rows:
        picture, size = read_with_size(folder.files[row])
        sizes.append(size)
        items.append((_shrunk(picture), folder.targets[row]))
    files = [_name(root, folder.files[row]) for row in rows]
    pictures, sizes = ProblemPictures(items, folder.classes), np.array(sizes)
    problem = Problem(shown(root.resolve().name), pictures, files, sizes, left_out)
    problem.notes = notes + _notes(problem, files, doubles)
    problem.command = f"open_problem({root.name!r}, per_class={most}, seed={seed})"
    problem.place = str(root.resolve())
    return problem


def _refuse_splits(root):
    if not root.is_dir():
        return
    names = sorted(entry.name for entry in root.iterdir() if entry.is_dir())
    if names and {name.lower() for name in names} <= SPLIT_NAMES:
        raise ValueError(
            f"The sub-folders of {root} are {', '.join(names)}: these are splits, not classes. "
            f"Give {root / names[0]}, or put the images of a class together; they are split here."
        )


def _without_doubles(folder):
    """Rows of the first copy of each file, and the other copies by name."""
    seen, rows, doubles = {}, [], []
    for row, file in enumerate(folder.files):
        first = seen.setdefault(hashlib.sha256(file.read_bytes()).digest(), row)
        if first == row:
            rows.append(row)
            continue
        twin = folder.files[first]
        where = "" if folder.targets[first] == folder.targets[row] else ", in another class"
        doubles.append((_name(folder.root, file), f"same as {_name(folder.root, twin)}{where}"))
    emptied = set(folder.targets) - {folder.targets[row] for row in rows}
    if emptied:
        name = folder.classes[min(emptied)]
        raise ValueError(
            f"Every image of class {name!r} is also in another class: decide where each belongs."
        )
    return rows, doubles


def _sampled(folder, rows, most, seed):
    """At most so many rows of each class, drawn by the seed, and a sentence where some are not."""
    rng, kept, larger = np.random.default_rng(seed), [], []
    labels = np.array(folder.targets)[rows]
    for label, name in enumerate(folder.classes):
        of_class = np.array(rows)[labels == label]
        if len(of_class) > most:
            larger.append(f"{name} ({len(of_class):,})")
            of_class = np.sort(rng.choice(of_class, most, replace=False))
        kept += of_class.tolist()
    if not larger:
        return kept, []
    which = ", ".join(larger[:5]) + (f" and {len(larger) - 5} more" if larger[5:] else "")
    return kept, [f"Of {which} a sample of {most} images was taken, by seed {seed}."]


def _notes(problem, files, doubles):
    counts, notes = problem.counts, []
    fewest, most = min(counts, key=counts.get), max(counts, key=counts.get)
    if counts[most] >= UNEVEN * counts[fewest]:
        notes.append(
            f"Classes are uneven: {counts[most]} images of {most}, {counts[fewest]} of {fewest}. "
            "Accuracy below is the mean over classes, so that each counts the same."
        )
    small = int((problem.sizes.min(axis=1) < SMALL_SIDE).sum())
    if small:
        notes.append(
            f"A side under {SMALL_SIDE} pixels, where little is to be seen: {small} images."
        )
    deep = sorted({file.split("/")[0] for file in files if file.count("/") > 1})
    if deep:
        notes.append(
            f"Images in folders inside {', '.join(deep[:3])} count as images of that class."
        )
    if doubles:
        notes.append(
            f"Copies of another file were left out ({len(doubles)}): a copy "
            "on both sides of the split would be counted as learned."
        )
    return notes


def _shrunk(picture):
    scale = KEPT_SIDE / min(picture.size)
    if scale >= 1:
        return picture
    size = tuple(max(1, round(side * scale)) for side in picture.size)
    return picture.resize(size, Image.Resampling.BILINEAR, reducing_gap=3)


def _name(root, file):
    return shown(Path(file).relative_to(root).as_posix())
