"""The feature cache: one file format for the shipped features and for the user's own.

An entry is a ``.npz`` file: ``values`` (float16, or 8 bits with one ``scale`` a feature),
``labels``, and ``about``, a JSON text with layer names and sizes, class names and fingerprints.
A stale, truncated or foreign entry is never used: its name is the fingerprint of what it depends
on, and what cannot be read whole counts as absent.
"""

import hashlib
import json
import os
from pathlib import Path

import numpy as np
import PIL
import torch
import torchvision

from tlcourse import paths
from tlcourse.datasets.folder import read_item

FORMAT = 1

_FLOAT16_MAX = float(np.finfo(np.float16).max)


def round_in_place(matrix, rows=1024):
    """Make float32 values those that the cache gives back: rounded to float16 where all fit."""
    if matrix.max() <= _FLOAT16_MAX:
        for start in range(0, len(matrix), rows):
            part = matrix[start : start + rows]
            part[:] = part.astype(np.float16)


def entry_key(backbone, dataset, precision):
    """Fingerprint of the weights, the images, the preprocessing and the libraries' versions."""
    libraries = torch.__version__, torchvision.__version__, PIL.__version__
    about = backbone.name, backbone.fingerprint, images_fingerprint(dataset), precision
    parts = (FORMAT, *about, *libraries)
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:24]


def images_fingerprint(dataset):
    """Of the files (names, sizes, times, labels) where there are files, else of every pixel."""
    digest = hashlib.sha256()
    if hasattr(dataset, "files"):
        for file, label in zip(dataset.files, dataset.targets, strict=True):
            status = Path(file).stat()
            line = f"{file} {status.st_size} {status.st_mtime_ns} {label}\n"
            digest.update(os.fsencode(line))
    else:
        for index in range(len(dataset)):
            image, label = read_item(dataset, index)
            pixels = np.ascontiguousarray(image)
            digest.update(f"{pixels.shape} {label}\n".encode())
            digest.update(pixels)
    return digest.hexdigest()[:16]


def user_file(key):
    return paths.cache_folder() / "features" / f"{key}.npz"


def shipped_file(backbone_name, family, split):
    return paths.SHIPPED_FEATURES / backbone_name / f"{family.replace(' ', '-')}-{split}.npz"


def read(key):
    """The user's entry of that key, as keyword arguments of ``Features``; None if there is none."""
    return read_file(user_file(key))


def read_file(file):
    """One entry, as keyword arguments of ``Features``; None if absent, truncated or foreign."""
    try:
        with np.load(file, allow_pickle=False) as entry:
            if entry.zip.testzip():  # numpy stops before the checksum where a size was altered
                return None
            about = json.loads(str(entry["about"]))
            if about.pop("format") != FORMAT:
                return None
            values = entry["values"]
            matrix = values.astype(np.float32)
            if values.dtype.itemsize == 1:
                matrix *= entry["scale"]
            labels = entry["labels"].astype(np.int64)
        if matrix.shape != (len(labels), sum(about["layer_sizes"].values())):
            return None
    except Exception:  # damaged files raise nearly anything from inside zipfile
        return None
    return {"matrix": matrix, "labels": labels, **about}


def write(key, entry):
    """Keep an entry in the user's cache; a warning where it cannot be written."""
    with paths.warn_if_not_kept():
        write_file(user_file(key), **entry)


def write_file(file, matrix, labels, classes, layer_sizes, about, eight_bits=False):
    """Write an entry; it appears only when whole. ``eight_bits``: a scale a feature, compressed."""
    text = {"format": FORMAT, "classes": classes, "layer_sizes": dict(layer_sizes), "about": about}
    arrays = {"labels": labels.astype(np.int16), "about": np.array(json.dumps(text))}
    if eight_bits:
        scale = np.maximum(matrix.max(axis=0), np.finfo(np.float32).tiny) / 255
        arrays["values"] = np.asfortranarray(np.rint(matrix / scale).astype(np.uint8))
        arrays["scale"] = scale
    else:
        fits = matrix.max() <= _FLOAT16_MAX
        arrays["values"] = matrix.astype(np.float16 if fits else np.float32)
    with paths.write_whole(file) as temporary, temporary.open("wb") as stream:
        (np.savez_compressed if eight_bits else np.savez)(stream, **arrays)
