"""The pictures of your problem: a folder of your own, or a drawn family, checked and in memory."""

import hashlib
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from tlcourse.datasets.class_folders import list_classes, shown
from tlcourse.datasets.drawn import DrawnImages
from tlcourse.datasets.folder import check_class, progress_bar, read_until, read_with_size
from tlcourse.plots.pictures import PictureRows

MOST_CLASSES, MOST_A_CLASS, MOST = 60, 200, 2400  # MOST in all, in memory
DRAWN_PER_CLASS = 24
KEPT_SIDE = 256  # pixels of the shorter side that are kept: the largest backbone looks at them
SMALL_SIDE, UNEVEN = 48, 4
SPLIT = re.compile(  # train, Test_Set, val2017, testA, fold 3, hold-out
    r"({0})*(train(ing|val)?|trn|val(id(ation)?)?|test(ing)?|tst|dev(elopment)?|eval(uation)?"
    r"|(hold|held)[\W_]*out|folds?|splits?)({0})*".format(
        r"[\W\d_]|sets?|data|images?|imgs?|pictures?|photos?|parts?|[ab](?![^\W\d_])"
    ),
    re.IGNORECASE,
)


@dataclass
class Problem:
    """A target task, a data set of (picture, label) in memory, and what was noticed of it.

    ``file_names``, ``targets`` (an index into ``classes``) and ``sizes`` (width, height) have a
    value a picture; ``left_out`` are (file, why); ``command`` opens it again.
    """

    name: str
    pictures: list
    targets: list[int]
    classes: list[str]
    file_names: list[str]
    sizes: np.ndarray
    left_out: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    command: str = ""
    place: str = ""

    def __len__(self):
        return len(self.pictures)

    def __getitem__(self, row):
        """The picture (PIL, RGB) and its label."""
        return self.pictures[row], self.targets[row]

    @property
    def labels(self):
        """``targets`` as an array, of shape (n,)."""
        return np.array(self.targets)

    @property
    def counts(self):
        """Pictures of each class, as {class: number}."""
        numbers = Counter(self.targets)
        return {name: numbers[label] for label, name in enumerate(self.classes)}

    @property
    def facts(self):
        """Sentences: how many, how large, what was noticed, what was left out."""
        few, many = min(self.counts.values()), max(self.counts.values())
        sides = self.sizes.min(axis=1)
        each = f"{few}" if few == many else f"{few} to {many}"
        bad = [f"{name} ({why})" for name, why in self.left_out]
        more = f" and {len(bad) - 8} more" if len(bad) > 8 else ""
        return [
            f"{len(self):,} pictures of {len(self.classes)} classes, {each} a class; the shorter "
            f"side has {np.median(sides):.0f} pixels in the median, {sides.min()} at least.",
            *self.notes,
            *([f"Left out, {len(bad)}: {'; '.join(bad[:8])}{more}."] if bad else []),
        ]

    def __repr__(self):
        return "\n".join([self.name, *self.facts])

    def sheet(self, shown=8, most_classes=12):
        """PictureRows of the first classes, so many pictures each, taken by lot."""
        rng, rows = np.random.default_rng(0), {}
        for label, name in enumerate(self.classes[:most_classes]):
            found = rng.permutation(np.flatnonzero(self.labels == label))[:shown]
            pictures = [thumbnail(self.pictures[row]) for row in sorted(found)]
            blank = Image.new("RGB", pictures[0].size, "white")
            rows[name] = pictures + [blank] * (shown - len(pictures))
        return PictureRows(rows, f"{shown} pictures of each class, taken by lot.")


def thumbnail(picture, side=64):
    """The middle of a picture as a square (PIL, RGB): what a backbone sees of it."""
    return ImageOps.fit(picture, (side, side))


def open_problem(folder=None, family="flowers", classes=None, per_class=None, seed=0):
    """Your folder of images, a sub-folder a class, or a drawn family without one: a Problem.

    ``classes`` are of the family; ``per_class`` pictures are drawn (24), or kept at most (200, and
    2,400 in all), by the seed. FileNotFoundError without the folder; ValueError if it is empty,
    holds one class, more than 60, or a class without an image, or looks like a folder of splits; if
    the family is unknown; or if per_class is below 1.
    """
    if per_class is not None and per_class < 1:
        raise ValueError(f"per_class is {per_class}: ask for 1 picture a class or more.")
    if folder is None:
        return _drawn(family, classes, per_class or DRAWN_PER_CLASS, seed)
    if classes is not None:
        raise ValueError("classes are for a drawn family: of a folder, every sub-folder is one.")
    return _from_folder(Path(folder).expanduser(), per_class, seed)


def _drawn(family, classes, per_class, seed):
    pictures, targets = zip(*(drawn := DrawnImages(family, classes, per_class, seed)), strict=True)
    files = [f"picture {index}" for index in range(len(pictures))]
    sizes = np.array([picture.size for picture in pictures])
    notes = ["These are drawings made by code: replace them by a folder of your own."]
    command = f"family={family!r}, classes={classes!r}, per_class={per_class}, seed={seed}"
    about = list(targets), drawn.classes, files, sizes, [], notes, f"open_problem({command})"
    return Problem(f"drawn {family}", list(pictures), *about)


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
    most = most or min(MOST_A_CLASS, MOST // len(listed))
    rng, first_of, items, copies = np.random.default_rng(seed), {}, [], []
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
            items += [(_name(root, file), picture, size, label) for file, picture, size in kept]
    files, pictures, sizes, targets = map(list, zip(*items, strict=True))
    names = [each.name for each in listed]
    left_out = [(_name(root, file), why) for file, why in left_out + copies]
    name = shown(root.resolve().name)
    problem = Problem(name, pictures, targets, names, files, np.array(sizes), left_out)
    problem.notes = list(_notes(problem, listed, most, seed, copies))
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
    inner = Counter()  # in how many classes a sub-folder of this name has images in it
    for each in listed:
        folders = {file.parent.relative_to(root).parts for file in each.files}
        inner.update({parts[1] for parts in folders if len(parts) > 1})
    shared = sorted(name for name, n in inner.items() if n > 1 and name[0].isalpha())
    if len(shared) > 1:
        raise ValueError(
            f"{here}, and several of them have sub-folders {_few(shared)}: if these are the "
            f"classes, give one split, such as {shown(root / names[0])}; if not, put the images "
            "of each class straight into its folder."
        )


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
    scale = KEPT_SIDE / min(picture.size)
    if scale < 1:
        kept = tuple(max(1, round(side * scale)) for side in picture.size)
        picture = picture.resize(kept, Image.Resampling.BILINEAR, reducing_gap=3)
    return pixels, picture, size


def _notes(problem, listed, most, seed, copies):
    counts, sides = problem.counts, problem.sizes.min(axis=1)
    larger = [f"{name} ({len(files):,})" for name, files, _ in listed if len(files) > most]
    if larger:
        yield f"Of {_few(larger)} a sample of {most} images was taken, by seed {seed}."
    fewest, largest = min(counts, key=counts.get), max(counts, key=counts.get)
    if counts[largest] >= UNEVEN * counts[fewest]:
        yield (
            f"Classes are uneven: {counts[largest]} images of {largest}, {counts[fewest]} of "
            f"{fewest}. Accuracies are means over classes, so that each counts the same."
        )
    if small := int((sides < SMALL_SIDE).sum()):
        yield f"A side under {SMALL_SIDE} pixels, where little is to be seen: {small} images."
    if deep := sorted({name.split("/")[0] for name in problem.file_names if name.count("/") > 1}):
        yield f"Images in folders inside {', '.join(deep[:3])} count as images of that class."
    if copies:
        yield (
            f"Copies of another picture were left out ({len(copies)}): a copy on both sides of the "
            "split would be counted as learned."
        )


def _name(root, file):
    return shown(Path(file).relative_to(root).as_posix())
