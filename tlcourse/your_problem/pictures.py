"""The pictures of your problem: a folder of your own, or a drawn family, checked and in memory."""

import hashlib
import re
from collections import Counter
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

import numpy as np
from PIL import Image

from tlcourse.datasets.class_folders import list_classes, shown
from tlcourse.datasets.drawn import DrawnImages
from tlcourse.datasets.folder import check_class, progress_bar, read_until, read_with_size

MOST_A_CLASS, MOST_CLASSES = 200, 60
DRAWN_PER_CLASS = 30
KEPT_SIDE = 128  # pixels of the shorter side that are kept: twice what the backbones look at
SMALL_SIDE = 48
UNEVEN = 4  # times as many images in the largest class as in the smallest
SPLIT = re.compile(  # train, Test_Set, val2017, testA, fold 3, hold-out
    r"({0})*(train(ing|val)?|trn|val(id(ation)?)?|test(ing)?|tst|dev(elopment)?|eval(uation)?"
    r"|(hold|held)[\W_]*out|folds?|splits?)({0})*".format(
        r"[\W\d_]|sets?|data|images?|imgs?|pictures?|photos?|parts?|[ab](?![^\W\d_])"
    ),
    re.IGNORECASE,
)


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
    listed, left_out = list_classes(root)
    _refuse_splits(root, listed)
    if len(listed) > MOST_CLASSES:
        raise ValueError(
            f"{shown(root)} has {len(listed)} classes and this page is for {MOST_CLASSES} at "
            "most: keep those that you confuse, or begin with one level of a hierarchy."
        )
    for each in listed:
        check_class(root, each.name, len(each.files), each.left_out)
    rng, first_of, copies = np.random.default_rng(seed), {}, []
    files, items, sizes = [], [], []
    with progress_bar(listed, most) as bar:
        for label, each in enumerate(listed):
            kept, bad, doubles = _read_class(root, label, each.files, most, rng, first_of, bar)
            left_out += each.left_out + bad
            copies += doubles
            if doubles and not kept:
                raise ValueError(
                    f"Every image of class {each.name!r} is also in another class: decide where "
                    "each belongs."
                )
            check_class(root, each.name, len(kept), each.left_out + bad)
            for file, picture, size in kept:
                files.append(_name(root, file))
                items.append((picture, label))
                sizes.append(size)
    pictures = ProblemPictures(items, [each.name for each in listed])
    left_out = [(_name(root, file), why) for file, why in left_out + copies]
    problem = Problem(shown(root.resolve().name), pictures, files, np.array(sizes), left_out)
    problem.notes = _sampled(listed, most, seed) + _notes(problem, copies)
    problem.command = f"open_problem({root.name!r}, per_class={most}, seed={seed})"
    problem.place = str(root.resolve())
    return problem


def _refuse_splits(root, listed):
    listed = [each for each in listed if each.files] or listed
    names = [each.name for each in listed]
    here = f"The sub-folders of {shown(root)} are {_few(names)}"
    if all(map(SPLIT.fullmatch, names)):
        raise ValueError(
            f"{here}: these are splits, not classes. Give {shown(root / names[0])}, or put the "
            "images of a class together; they are split here."
        )
    inner = Counter(chain.from_iterable(_inner_names(root, each.files) for each in listed))
    shared = sorted(name for name, n in inner.items() if n > 1 and name[0].isalpha())
    if len(shared) > 1:
        raise ValueError(
            f"{here}, and several of them have sub-folders {_few(shared)}: if these are the "
            f"classes, give one split, such as {shown(root / names[0])}; if not, put the images "
            "of each class straight into its folder."
        )


def _inner_names(root, files):
    """Names of the sub-folders of a class that have images in them."""
    folders = {file.parent.relative_to(root).parts for file in files}
    return {parts[1] for parts in folders if len(parts) > 1}


def _few(names, most=5):
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if names[most:] else "")


def _read_class(root, label, files, most, rng, first_of, bar):
    """At most so many (file, picture, size), drawn by lot; (file, reason) of others; of copies."""
    if len(files) > most:
        files = [files[row] for row in rng.permutation(len(files))]
    kept, bad, copies = [], [], []
    for file, found, why in read_until(most, kept, files, _look, bar):
        if why:
            bad.append((file, why))
            continue
        pixels, picture, size = found
        first, of = first_of.setdefault(pixels, (file, label))
        if first is file:
            kept.append((file, picture, size))
        else:
            elsewhere = "" if of == label else ", in another class"
            copies.append((file, f"same as {_name(root, first)}{elsewhere}"))
    return sorted(kept, key=lambda item: (item[0].parent.as_posix(), item[0].name)), bad, copies


def _look(file):
    """Digest of a file's pixels, the picture as it is kept, and its (width, height) in the file."""
    picture, size = read_with_size(file)
    pixels = hashlib.sha256(f"{picture.size}".encode() + picture.tobytes()).digest()
    return pixels, _shrunk(picture), size


def _sampled(listed, most, seed):
    """A sentence where a class is larger."""
    larger = [f"{name} ({len(files):,})" for name, files, _ in listed if len(files) > most]
    said = f"Of {_few(larger)} a sample of {most} images was taken, by seed {seed}."
    return [said] if larger else []


def _notes(problem, copies):
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
    deep = sorted({name.split("/")[0] for name in problem.files if name.count("/") > 1})
    if deep:
        notes.append(
            f"Images in folders inside {', '.join(deep[:3])} count as images of that class."
        )
    if copies:
        notes.append(
            f"Copies of another picture were left out ({len(copies)}): a copy "
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
