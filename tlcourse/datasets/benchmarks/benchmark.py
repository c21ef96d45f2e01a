"""A benchmark: its images, its folds, and what one has to know before believing a result."""

import warnings
from pathlib import Path

import numpy as np

from tlcourse import paths
from tlcourse.datasets.benchmarks.catalogue import card_of
from tlcourse.datasets.benchmarks.listings import READERS
from tlcourse.datasets.benchmarks.protocols import Fold
from tlcourse.datasets.benchmarks.readable import left_out
from tlcourse.datasets.folder import ImageFiles

SHOWN = 10


class Benchmark:
    """One of the nine data sets, with the splits that results on it are reported on.

    ``images`` has every image of the protocol once; ``folds`` are rows of it; ``left_out`` are
    (file, reason); ``notes`` what a user should know: contamination, overlap, wrong counts.
    """

    def __init__(self, card, listing, bad):
        self.name, self.card, self.classes = card.name, card, listing.classes
        kept = [row for row, file in enumerate(listing.files) if file not in bad]
        self.images = ImageFiles(listing.files, listing.targets, listing.classes).subset(kept)
        self.folds = [_restricted(fold, kept, len(listing.files)) for fold in listing.folds]
        self.left_out = list(bad.items())
        self.notes = [*_warnings(self), *_listed(self.left_out, card.name)]
        for fold in self.folds:
            self._check(fold)

    def __repr__(self):
        return f"Benchmark({self.name!r}, {len(self.images)} images, {len(self.folds)} folds)"

    def train(self, fold=0):
        """The training images of one fold, counted from 0."""
        return self.images.subset(self._fold(fold).train)

    def test(self, fold=0):
        """The test images of one fold, counted from 0."""
        return self.images.subset(self._fold(fold).test)

    def _fold(self, number):
        if number not in range(len(self.folds)):
            raise ValueError(
                f"{self.name} has no fold {number!r}: it has {len(self.folds)}, counted from 0."
            )
        return self.folds[number]

    def _check(self, fold):
        targets = np.asarray(self.images.targets, dtype=int)
        for part, rows in (("training", fold.train), ("test", fold.test)):
            absent = np.setdiff1d(np.arange(len(self.classes)), targets[rows])
            if len(absent):
                raise ValueError(
                    f"{self.name} is incomplete: class {self.classes[absent[0]]!r} has no {part} "
                    f"image in {fold.name}. {' '.join(self.notes)}"
                )


def load_benchmark(name, root=None):
    """One of the nine data sets, such as "mit67", in ``root`` or the user's data folder.

    Every image is decoded the first time. Raises ValueError (no such name, or files are damaged) or
    FileNotFoundError (absent; how to get it). ``.notes`` come as warnings.
    """
    benchmark = read_benchmark(name, root)
    for note in benchmark.notes:
        warnings.warn(note, stacklevel=2)
    return benchmark


def read_benchmark(name, root=None):
    """As ``load_benchmark``, without warnings."""
    card, root = card_of(name), Path(root or paths.data_folder())
    listing = read_listing(card, root)
    return Benchmark(card, listing, left_out(listing.files, name))


def read_listing(card, root):
    """Images, labels and folds as the data set's own files list them; no image is opened."""
    folder = Path(root) / card.folder
    if not folder.is_dir():
        raise FileNotFoundError(
            f"{card.name} is not in {root}: run 'python3 start.py fetch {card.name}', or name in "
            f"root= the folder that holds its folder {card.folder!r}."
        )
    try:
        listing = READERS[card.name](Path(root))
        if len(listing.classes) < 2:
            raise ValueError("its lists name fewer than two classes")
    except Exception as problem:  # whatever half a data set does to torchvision and SciPy
        why = str(problem).rstrip(".") or type(problem).__name__
        raise ValueError(
            f"{card.name} in {folder} is damaged or incomplete ({why}): move the folder "
            f"away and run 'python3 start.py fetch {card.name}'."
        ) from problem
    return listing


def wrong_counts(card, n_images, n_classes, first_fold):
    """What differs from the published numbers, as a phrase; empty if nothing does."""
    counts = (
        ("images", n_images, card.images),
        ("classes", n_classes, card.classes),
        ("training images", len(first_fold.train), card.train),
        ("test images", len(first_fold.test), card.test),
    )
    return ", ".join(
        f"{found:,} {what} where {expected:,} are expected"
        for what, found, expected in counts
        if found != expected
    )


def _restricted(fold, kept, n_listed):
    """A fold whose rows count only the kept images."""
    new_row = np.full(n_listed, -1)
    new_row[kept] = np.arange(len(kept))
    rows = [new_row[part] for part in (fold.train, fold.test)]
    return Fold(fold.name, *(part[part >= 0] for part in rows))


def _warnings(benchmark):
    card, name = benchmark.card, benchmark.name
    if card.warning:
        yield f"{name}: {card.warning}."
    both = [len(np.intersect1d(fold.train, fold.test)) for fold in benchmark.folds]
    if any(both):
        yield (
            f"{name}: {max(both)} of the test images are training images too; accuracies on it "
            "are too high."
        )
    counts = wrong_counts(card, len(benchmark.images), len(benchmark.classes), benchmark.folds[0])
    if counts:
        yield f"{name}: found {counts}; results are not those of the published data set."


def _listed(bad, name):
    if bad:
        named = ", ".join(f"{file.parent.name}/{file.name} ({why})" for file, why in bad[:SHOWN])
        more = f", and {len(bad) - SHOWN} more" if len(bad) > SHOWN else ""
        yield f"{name}: images left out ({len(bad)}): {named}{more}. All are in .left_out."
