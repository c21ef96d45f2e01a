"""The feature cache: one file format for the shipped features and for the user's own.

An entry is a ``.npz`` file: ``values`` (float16, or 8 bits with one ``scale`` a feature, and its
``lowest`` value where that is below 0) or ``packed`` (-1, 0, 1, five a byte); ``labels``; and
``about``, a JSON text with layer names and sizes, class names and fingerprints.
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
from tlcourse.datasets.items import is_of_files, read_item

FORMAT = 1
ARRAYS = {"about", "labels", "values", "scale", "lowest", "packed"}
READING = 2  # of pictures and layers: an entry of another is stale

_FLOAT16_MAX = float(np.finfo(np.float16).max)
_POWERS = 3 ** np.arange(5)


def _fit_float16(matrix):
    return -_FLOAT16_MAX <= matrix.min() and matrix.max() <= _FLOAT16_MAX


def round_in_place(matrix, rows=1024):
    """Make float32 values those that the cache gives back: rounded to float16 where all fit."""
    if _fit_float16(matrix):
        for start in range(0, len(matrix), rows):
            part = matrix[start : start + rows]
            part[:] = part.astype(np.float16)


def entry_key(backbone, dataset, precision):
    """Fingerprint of the weights, the images, the preprocessing and the libraries' versions."""
    libraries = torch.__version__, torchvision.__version__, PIL.__version__
    about = backbone.name, backbone.fingerprint, images_fingerprint(dataset), precision
    parts = (FORMAT, READING, *about, *libraries)
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:24]


def images_fingerprint(dataset):
    """Of the files (names, sizes, times, labels) where they tell all, else of every pixel."""
    digest = hashlib.sha256()
    if is_of_files(dataset):
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
            whole = about.pop("arrays", entry.files) == entry.files  # older files do not say
            if about.pop("format") != FORMAT or not whole or not ARRAYS.issuperset(entry.files):
                return None
            columns = sum(about["layer_sizes"].values())
            if "packed" in entry:
                matrix = _unpacked(entry["packed"], columns)
            else:
                values = entry["values"]
                matrix = values.astype(np.float32)
                if values.dtype.itemsize == 1:
                    matrix *= entry["scale"]
                if "lowest" in entry:
                    matrix += entry["lowest"]
            labels = entry["labels"].astype(np.int64)
        if matrix.shape != (len(labels), columns):
            return None
    except Exception:  # damaged files raise nearly anything from inside zipfile
        return None
    return {"matrix": matrix, "labels": labels, **about}


def write_file(file, matrix, labels, classes, layer_sizes, about, eight_bits=False, edges=()):
    """Write an entry; it appears only when whole.

    ``eight_bits``: compressed, with a scale a feature; integers are an embedding's, and packed.
    ``edges`` are values (features,) that rounding to 8 bits puts no value on the other side of.
    """
    text = {"format": FORMAT, "classes": classes, "layer_sizes": dict(layer_sizes), "about": about}
    width = np.int16 if labels.max() <= np.iinfo(np.int16).max else np.int64
    arrays = {"labels": labels.astype(width)}
    if eight_bits and matrix.dtype.kind == "i":
        arrays["packed"] = _packed(matrix)
    elif eight_bits:
        lowest = np.minimum(matrix.min(axis=0), 0)
        scale = np.maximum(matrix.max(axis=0) - lowest, np.finfo(np.float32).tiny) / 255
        codes = np.rint((matrix - lowest) / scale)
        for edge in edges:
            codes += (matrix > edge).astype(int) - (codes * scale + lowest > edge)
        arrays["values"] = np.asfortranarray(codes.astype(np.uint8))
        arrays["scale"] = scale
        if lowest.any():
            arrays["lowest"] = lowest
    else:
        arrays["values"] = matrix.astype(np.float16 if _fit_float16(matrix) else np.float32)
    text["arrays"] = [*arrays, "about"]
    arrays["about"] = np.array(json.dumps(text))
    with paths.write_whole(file) as temporary, temporary.open("wb") as stream:
        (np.savez_compressed if eight_bits else np.savez)(stream, **arrays)


def _packed(ternary):
    """Values of -1, 0, 1 (n, d), five a byte: uint8 (n, d / 5, rounded up), column after column."""
    padded = np.pad(ternary + 1, ((0, 0), (0, -ternary.shape[1] % 5)))
    fives = padded.reshape(len(ternary), -1, 5) @ _POWERS
    return np.asfortranarray(fives.astype(np.uint8))


def _unpacked(fives, n_columns):
    values = fives[:, :, None] // _POWERS.astype(np.uint8) % 3
    return values.reshape(len(fives), -1)[:, :n_columns].astype(np.int8) - 1
