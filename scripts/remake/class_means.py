"""Where each class of photographs lies in one common feature space: what similarity is made of.

The mean of ``fc7`` over 50 photographs of every class that the network was not trained on: of a
source's classes those of the validation folder; of a target's the first of the training folder, as
its others are for the test. The photographs are not shipped, and two domains can be compared only
where both were seen by the same network.
"""

import json
from datetime import date

import numpy as np

from scripts.remake.runner import Step
from tlcourse import paths
from tlcourse.datasets.photos import EVERY_SOURCE_CLASS, TinyImageNet, class_names
from tlcourse.features.extraction import extract_features
from tlcourse.networks import weights
from tlcourse.networks.backbones import load_backbone
from tlcourse.tables.similarity import FILE, FORMAT, LAYER, ROLES, ClassMeans, read_class_means

BACKBONE = "photos"  # its fc7 is the common space
PER_CLASS = 50


def steps(options):
    """One step, done where the file is of the bundled weights."""

    def make():
        write_class_means(measure_class_means(load_backbone(BACKBONE), options.data))
        return FILE.name

    try:
        is_done = read_class_means().about["backbone"] == BACKBONE
    except RuntimeError:
        is_done = False
    yield Step(f"class means of {BACKBONE}", is_done, make)


def measure_class_means(backbone, root=None, progress=True):
    """The means of one backbone's ``fc7``, from the photographs."""
    parts = [_means_of_role(backbone, role, root, progress) for role in ROLES]
    about = {
        "backbone": backbone.name,
        "weights_sha256": weights.read_card(backbone.name)["sha256"],
        "layer": LAYER,
        "data": "Tiny ImageNet, 50 photographs a class: of sources validation, of targets training",
        "date": date.today().isoformat(),
    }
    wnids, means, counts = zip(*parts, strict=True)
    return ClassMeans(sum(wnids, []), np.concatenate(means), np.concatenate(counts), about)


def _means_of_role(backbone, role, root, progress):
    options = {"device": "cpu", "precision": "float32", "progress": progress, "cache": False}
    split = "val" if role == EVERY_SOURCE_CLASS else "train"
    images = TinyImageNet(role, split, root, per_class=PER_CLASS)
    features = extract_features(backbone, images, [LAYER], **options)
    members = features.labels == np.arange(len(features.classes))[:, None]
    counts = members.sum(axis=1)
    means = members @ features.matrix.astype(np.float64) / counts[:, None]
    return list(class_names(role)), means, counts


def write_class_means(found, file=FILE):
    """Keep them in 16 bits; the file appears only when whole."""
    about = np.array(json.dumps({"format": FORMAT, **found.about}))
    arrays = {"means": found.means.astype(np.float16), "counts": found.counts.astype(np.int16)}
    with paths.write_whole(file) as temporary, temporary.open("wb") as stream:
        np.savez_compressed(stream, about=about, wnids=np.array(found.wnids), **arrays)
