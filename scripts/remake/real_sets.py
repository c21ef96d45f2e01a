"""Make the features of the real sets under ``imagenet``, from photographs that are not shipped.

``--folder`` holds a folder a set, as ``tlcourse/datasets/real_sets.toml`` says. Of each are made
``data/features/imagenet/{set}-{train,test}.npz``, every layer in 8 bits, and last a card: what it
is, with C, accuracy and predictions of the SVM on the features as extracted. Extraction goes into
the user's cache, so that a command that is started again reads what is there.
"""

import hashlib
import json
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

import numpy as np

from scripts.remake.runner import Step
from tlcourse import paths
from tlcourse.classifiers.score import choose_C, evaluate_features
from tlcourse.datasets.folder import ImageFiles
from tlcourse.datasets.real_sets import OFFICIAL_CLASSES, REAL_SETS, SAMPLE, drawn
from tlcourse.features import cache
from tlcourse.features.embedding import full_network_embedding
from tlcourse.features.extraction import Features, extract_features, shipped_card
from tlcourse.features.normalization import HIGH, LOW, Standardizer
from tlcourse.networks import weights
from tlcourse.networks.backbones import load_backbone

BACKBONE, LAST = "imagenet", ["head"]
RAW_PIXELS = "raw pixels"
REPRESENTATIONS = {  # layers (None: all) and normalization
    "last layer": (LAST, "L2 per image"),
    "all layers, L2": (None, "L2 by layer"),
    "all layers, standardized": (None, "standardized"),
    "all layers, ternary": (None, "discretized"),
}
FLOORS = {name: (name,) for name in ("natural", "manmade", "photos")}
FLOORS |= {"random weights": (BACKBONE, "random"), RAW_PIXELS: ()}


def add_arguments(parser):
    parser.add_argument("--folder", type=Path, required=True, help="holds a folder a real set")


def steps(options):
    """A step a set, done where its card is of the backbone's weights, and one a floor of it."""
    wanted = weights.read_card(BACKBONE)["sha256"]
    for name, real in REAL_SETS.items():
        is_done = _read(name).get("weights_sha256") == wanted
        yield Step(name, is_done, partial(ship_set, real, options.folder))
        for floor in FLOORS if name != SAMPLE else ():
            is_done = floor in _read(name).get("scores", ())
            yield Step(f"{name}, {floor}", is_done, partial(add_floor, real, options.folder, floor))


def ship_set(real, root):
    """Extract one set, write its features, then its card; returns a line on it."""
    whole = real.images(root)
    parts = [_extracted(images) for images in whole if len(images)]
    about, scores = _about(real, whole), {}
    if real.benchmark:
        scores = _ship_official(real.name, parts)
        whole = list(map(_some, whole, real.per_class))
        parts = list(map(_extracted, whole))
        about["every_layer"] = {"classes": OFFICIAL_CLASSES, **_counts(whole)}
    _write(real.name, parts)
    for name, how in REPRESENTATIONS.items() if len(parts) == 2 else ():
        scores[name] = _scored(*parts, *how, real.name)
    _write_card(real.name, about | {"scores": scores})
    return ", ".join(f"{name} {score['accuracy']:.1%}" for name, score in scores.items())


def add_floor(real, root, floor):
    """What the same images give by other means than the backbone, into the set's card."""
    whole = real.images(root)
    if real.benchmark:
        whole = list(map(_some, whole, real.per_class))
    raw = floor == RAW_PIXELS
    parts = [_pixels(images) if raw else _extracted(images, *FLOORS[floor]) for images in whole]
    score = _scored(*parts, None, "standardized" if raw else "discretized")
    card = _read(real.name)
    card["scores"][floor] = score
    _write_card(real.name, card)
    return f"{score['accuracy']:.1%}"


def _read(name):
    try:
        return shipped_card(name, BACKBONE)
    except ValueError:
        return {}


def _write_card(name, card):
    file = cache.shipped_file(BACKBONE, name, "card").with_suffix(".json")
    paths.write_text(file, json.dumps(card, indent=1) + "\n")


def _ship_official(name, parts):
    """Last layer and embedding of every image of the official split; their scores."""
    train, test = parts
    last = [part.restricted_to(LAST) for part in parts]
    embedding = full_network_embedding().fit(train.matrix)
    embedded = [replace(part, matrix=embedding.transform(part.matrix)) for part in parts]
    _write(f"{name} last layer", last)
    _write(f"{name} embedding", embedded)
    scores = {
        "official last layer": _scored(*last, LAST, "L2 per image", f"{name} last layer"),
        "official embedding": _scored(train, test, None, "discretized", f"{name} embedding"),
    }
    scores["official embedding"]["normalization"] = "none"  # what is shipped is discretized
    return scores


def _extracted(images, *source):
    backbone = load_backbone(*source or (BACKBONE,))
    return extract_features(backbone, images, device="cpu", precision="float32")


def _write(name, parts):
    """In 8 bits; what is discretized by the training images' statistics stays the same."""
    statistics = Standardizer().fit(parts[0].matrix)
    edges = statistics.mean_ + np.outer((LOW, HIGH), statistics.scale_)
    for part, split in zip(parts, ("train", "test"), strict=False):
        part.about["weights_sha256"] = weights.read_card(BACKBONE)["sha256"]
        file = cache.shipped_file(BACKBONE, name, split)
        cache.write_file(file, **vars(part), eight_bits=True, edges=edges)


def _scored(train, test, layers, normalization, features=None):
    """C, accuracy and predictions on features as extracted; ``features`` are those shipped."""
    asked = layers or list(train.layer_sizes)
    C = choose_C(train, asked, normalization)
    result = evaluate_features(train, test, asked, 0, C, normalization)
    shipped = {"features": features} if features else {}
    return shipped | {
        "layers": layers,
        "normalization": normalization,
        "C": C,
        "accuracy": round(result.accuracy, 4),
        "predicted": " ".join(map(str, result.predicted)),
    }


def _pixels(images):
    """The 64 pixels that the small networks see."""
    resize, cut = load_backbone("natural").preprocess.transforms[:2]
    matrix = raw_pixels(np.stack([np.asarray(cut(resize(image))) for image, _ in images]))
    labels = np.asarray(images.targets)
    return Features(matrix, labels, images.classes, {"pixels": matrix.shape[1]})


def raw_pixels(pictures):
    """Pixels averaged two by two, a row a picture: (n, side, side, 3) -> (n, d), from 0 to 1."""
    n, side = pictures.shape[:2]
    blocks = pictures.reshape(n, side // 2, 2, side // 2, 2, 3)
    return (blocks.mean(axis=(2, 4)) / 255).reshape(n, -1)


def _some(images, per_class):
    """A few images each of classes that are spread evenly over all."""
    chosen = np.linspace(0, len(images.classes) - 1, OFFICIAL_CLASSES).round().astype(int)
    rows = np.flatnonzero(np.isin(images.targets, chosen))
    kept = images.subset(rows[drawn(np.array(images.targets)[rows], per_class)])
    labels = np.searchsorted(chosen, kept.targets).tolist()
    return ImageFiles(kept.files, labels, [images.classes[label] for label in chosen])


def _about(real, parts):
    """The card but for its scores."""
    known = {key: value for key, value in asdict(real).items() if value}
    seen = set(map(_digest, parts[0].files))
    return known | {
        "classes": len(parts[0].classes),
        **_counts(parts),
        "test_images_that_train_too": sum(each in seen for each in map(_digest, parts[1].files)),
        "weights_sha256": weights.read_card(BACKBONE)["sha256"],
    }


def _counts(parts):
    return {"train_images": len(parts[0]), "test_images": len(parts[1])}


def _digest(file):
    return hashlib.sha256(file.read_bytes()).digest()
