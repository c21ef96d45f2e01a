"""The real sets: photographs of others, read from folders; what is shipped are their features."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tlcourse.datasets.benchmarks import read_benchmark
from tlcourse.datasets.folder import ImageFiles

SAMPLE = "imagenet sample"
OFFICIAL_CLASSES = 30  # of the official sets, for which every layer is shipped


@dataclass(frozen=True)
class RealSet:
    """An entry of ``real_sets.toml``, which says what each of these is."""

    name: str
    title: str
    per_class: tuple[int, int]
    repository: str
    commit: str
    path: str
    overlap: str
    terms: str
    folder: str = ""
    pattern: str = ""
    train: str = ""
    test: str = ""
    names: str = ""
    benchmark: bool = False

    def images(self, root):
        """Training and test images (ImageFiles, ImageFiles): as drawn, or of the official split.

        ``root`` holds the folder. Raises FileNotFoundError if it is not there, and ValueError if a
        class has too few images."""
        if self.benchmark:
            official = read_benchmark(self.name, root)
            return official.train(), official.test()
        images, parts = self._listed(Path(root) / self.folder)
        few, rest = self.per_class
        train = drawn(images.targets, few, rows=np.flatnonzero(parts == self.train))
        others = np.setdiff1d(np.flatnonzero(parts == self.test), train)
        short = set(images.targets) - {images.targets[row] for row in others} if rest else set()
        if short or len(train) < few * len(images.classes):
            raise ValueError(
                f"{self.name} has a class with under {few} training images or no test image in "
                f"{Path(root) / self.folder}: bring {self.repository} again."
            )
        return images.subset(train), images.subset(drawn(images.targets, rest, rows=others))

    def _listed(self, folder):
        """Every image of the folder that the pattern finds, and which part each belongs to."""
        if not folder.is_dir():
            raise FileNotFoundError(
                f"{self.name} is not there: put {self.path!r} of the repository {self.repository} "
                f"at commit {self.commit} into {folder}."
            )
        paths = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.*"))
        found = [match for path in paths if (match := re.fullmatch(self.pattern, path))]
        classes = sorted({match["label"] for match in found})
        targets = [classes.index(match["label"]) for match in found]
        parts = np.array([match.groupdict().get("part", "") for match in found])
        names = [self.names.split(", ")[int(label)] if self.names else label for label in classes]
        names = [name.replace("_", " ") for name in names]
        return ImageFiles([folder / match[0] for match in found], targets, names), parts


def drawn(targets, per_class, seed=0, rows=None):
    """Rows of at most ``per_class`` images of each class, drawn from ``rows``, sorted."""
    rows = np.random.default_rng(seed).permutation(len(targets) if rows is None else rows)
    labels = np.asarray(targets)[rows]
    return np.sort(np.concatenate([rows[labels == y][:per_class] for y in np.unique(targets)]))


def _real_sets():
    known = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    for name, entry in known.items():
        entry = known.get(entry.pop("like", ""), {}) | entry
        yield name, RealSet(name, **entry)


REAL_SETS = dict(_real_sets())
