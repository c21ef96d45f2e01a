"""Where each class of photographs lies in one common feature space: what similarity is made of.

    python -m tlcourse.class_means --backbone photos --data path/to/tiny-imagenet-200

keeps the mean of ``fc7`` over the 50 validation photographs of every class, of the sources and of
the targets alike, in ``data/measured/class_means.npz``: the photographs are not shipped, and two
domains can be compared only where both were seen by the same network.
"""

import argparse
import json
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from tlcourse import paths, weights
from tlcourse.backbones import WeightsError, load_backbone
from tlcourse.datasets.photos import (
    EVERY_SOURCE_CLASS,
    FAMILIES,
    TinyImageNet,
    class_names,
    default_root,
)
from tlcourse.features import extract_features

LAYER = "fc7"
FORMAT = 1
FILE = paths.SHIPPED / "measured" / "class_means.npz"
ROLES = (EVERY_SOURCE_CLASS, *FAMILIES)


@dataclass(frozen=True)
class ClassMeans:
    """Mean feature vector of each class of photographs.

    Attributes
    ----------
    wnids : list of str
        WordNet ids of the classes.
    means : ndarray of float64, shape (classes, features)
    counts : ndarray of int, shape (classes,)
        Photographs that each mean is taken over.
    about : mapping
        ``backbone``, ``weights_sha256``, ``layer``, ``data``, ``date``.
    """

    wnids: list[str]
    means: np.ndarray
    counts: np.ndarray
    about: Mapping

    def of(self, role, every=1):
        """Means and counts of the classes of a source or family; ``every`` as for a ``Source``.

        Returns
        -------
        means : ndarray of shape (classes, features)
        counts : ndarray of shape (classes,)
        """
        rows = [self.wnids.index(wnid) for wnid in list(class_names(role))[::every]]
        return self.means[rows], self.counts[rows]


def measure_class_means(backbone, root=None, progress=True):
    """The means of one backbone's ``fc7``, from the photographs.

    Parameters
    ----------
    backbone : Backbone
    root : path, optional
        Tiny ImageNet.

    Returns
    -------
    ClassMeans

    Raises
    ------
    FileNotFoundError
        If the photographs are not there.
    """
    parts = [_means_of_role(backbone, role, root, progress) for role in ROLES]
    about = {
        "backbone": backbone.name,
        "weights_sha256": weights.read_card(backbone.name)["sha256"],
        "layer": LAYER,
        "data": "Tiny ImageNet, 50 validation photographs a class",
        "date": date.today().isoformat(),
    }
    wnids, means, counts = zip(*parts, strict=True)
    return ClassMeans(sum(wnids, []), np.concatenate(means), np.concatenate(counts), about)


def _means_of_role(backbone, role, root, progress):
    options = {"device": "cpu", "precision": "float32", "progress": progress, "cache": False}
    features = extract_features(backbone, TinyImageNet(role, "val", root), [LAYER], **options)
    members = features.labels == np.arange(len(features.classes))[:, None]
    counts = members.sum(axis=1)
    means = members @ features.matrix.astype(np.float64) / counts[:, None]
    return list(class_names(role)), means, counts


def write_class_means(found, file=FILE):
    """Keep them in 16 bits; the file appears only when whole."""
    about = np.array(json.dumps({"format": FORMAT, **found.about}))
    arrays = {"means": found.means.astype(np.float16), "counts": found.counts.astype(np.int16)}
    with paths.written_whole(file) as temporary, temporary.open("wb") as stream:
        np.savez_compressed(stream, about=about, wnids=np.array(found.wnids), **arrays)


def read_class_means(file=FILE):
    """The shipped means, once they are those of the bundled weights.

    Raises
    ------
    RuntimeError
        If the file is missing, truncated, or was made by other weights.
    """
    found = _read(file)
    if found is None:
        problem = "is missing or truncated"
    elif found.about["weights_sha256"] != weights.read_card(found.about["backbone"])["sha256"]:
        problem = f"was made by other weights than those of {found.about['backbone']}"
    else:
        return found
    raise RuntimeError(
        f"{file} {problem}: run 'git checkout -- data' to bring the shipped one back, or make it "
        "again by 'python -m tlcourse.class_means'."
    )


def _read(file):
    try:
        with np.load(file, allow_pickle=False) as entry:
            about = json.loads(str(entry["about"]))
            found = ClassMeans(
                entry["wnids"].tolist(),
                entry["means"].astype(np.float64),
                entry["counts"].astype(int),
                about,
            )
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    whole = about.get("format") == FORMAT and {"backbone", "weights_sha256", "layer"} <= set(about)
    return found if whole else None


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m tlcourse.class_means", description=__doc__)
    parser.add_argument("--backbone", default="photos", help="whose fc7 is the common space")
    parser.add_argument("--data", type=Path, default=default_root(), help="folder of Tiny ImageNet")
    parser.add_argument("--out", type=Path, default=FILE, help="by default the shipped file")
    options = parser.parse_args(arguments)
    try:
        found = measure_class_means(load_backbone(options.backbone), options.data)
    except (FileNotFoundError, ValueError, WeightsError) as problem:
        sys.exit(str(problem))
    write_class_means(found, options.out)
    print(f"{len(found.wnids)} classes, {found.means.shape[1]} features of {options.backbone}")


if __name__ == "__main__":
    main()
