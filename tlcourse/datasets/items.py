"""Items of any data set: a picture and a label, whatever they come as.

An item is (picture, label, ...) or a dict with both. A picture is a PIL image of any mode, or an
array or tensor (h, w), (h, w, c) or (c, h, w) of 1, 3 or 4 channels, uint8 or floats from 0 to 1; a
label is one whole number, also in an array.
"""

from collections.abc import Mapping

import numpy as np
import torch
from PIL import Image

from tlcourse.datasets.folder import _as_rgb

PICTURE_KEYS, LABEL_KEYS = ("image", "img"), ("label", "labels", "target")
CHANNELS = (), (1,), (3,), (4,)
MOST_LABELS = 10**6  # where no classes are named


def read_item(dataset, index):
    """Picture (PIL, RGB, a copy) and label (int) of one item; a ValueError says what is wrong."""
    try:
        picture, label = _pair(dataset[index])
        return _picture(picture), _label(label, len(_names(dataset)))
    except OSError as problem:
        raise ValueError(
            f"Image {index} of the data set cannot be read ({problem}): take it out, or read "
            "the folder with tlcourse.datasets.ImageFolder, which lists and leaves out such."
        ) from problem
    except _NotPlain as problem:
        raise ValueError(f"Item {index} of the data set {problem}.") from None


class _NotPlain(Exception):
    """What an item is, and what it should be, after "Item 3 of the data set"."""


def _pair(item):
    if isinstance(item, Mapping):
        found = [next((k for k in keys if k in item), None) for keys in (PICTURE_KEYS, LABEL_KEYS)]
        if None in found:
            raise _NotPlain(f"has {', '.join(map(str, item))}: give 'image' and 'label'")
        return [item[key] for key in found]
    if not isinstance(item, tuple | list) or len(item) < 2:
        raise _NotPlain(
            f"is one {type(item).__name__}: give an image and its label, (image, label)"
        )
    return item[:2]


def _picture(picture):
    if not isinstance(picture, Image.Image):
        picture = Image.fromarray(_pixels(_array(picture)))
    if not all(picture.size):
        raise _NotPlain("has an image without pixels: take it out")
    try:
        return _as_rgb(picture)
    except (ValueError, SyntaxError) as problem:  # of Pillow
        raise _NotPlain(f"has an image that gives no picture ({problem}): take it out") from None


def _array(value):
    return value.detach().cpu().numpy() if torch.is_tensor(value) else np.asarray(value)


def _pixels(array):
    """An array as uint8 (h, w), (h, w, 3) or (h, w, 4)."""
    shape, kind = array.shape, array.dtype
    if array.ndim == 3 and shape[2] not in (1, 3, 4):
        array = np.moveaxis(array, 0, 2)
    if kind.kind == "f" and array.size and array.min() >= 0 and array.max() <= 1:
        array = np.rint(array * 255).astype(np.uint8)
    if kind.kind == "b":
        array = array.astype(np.uint8) * 255
    if array.dtype != np.uint8 or array.ndim not in (2, 3) or array.shape[2:] not in CHANNELS:
        raise _NotPlain(
            f"has a {kind} of shape {shape} for an image: give a PIL image, or (h, w), (h, w, 3) "
            "or (3, h, w) as uint8 or as floats from 0 to 1, not normalised yet"
        )
    return array[..., 0] if array.shape[2:] == (1,) else array


def _label(label, n_classes):
    number = _array(label)
    if number.size != 1 or number.dtype.kind not in "biuf" or number.item() % 1:
        what = f"of shape {number.shape}" if number.size > 1 else repr(label)
        raise _NotPlain(f"has the label {what}: give one whole number, the index of its class")
    number, most = int(number.item()), (n_classes or MOST_LABELS) - 1
    if not 0 <= number <= most:
        raise _NotPlain(
            f"has the label {number}: labels go from 0 to {most}, leave out what has none"
        )
    return number


def is_of_files(dataset):
    """Whether each item is what its file says: read by the course's own classes, unchanged."""
    read = getattr(type(dataset), "__getitem__", None)
    inner = getattr(dataset, "dataset", None)
    own = getattr(read, "__module__", "").startswith("tlcourse.") and hasattr(dataset, "files")
    return own and (inner is None or is_of_files(inner))


def class_names(dataset, labels):
    """The data set's own names, those behind a ``Subset`` too; numbers where it has none."""
    return _names(dataset) or [str(number) for number in range(int(labels.max()) + 1)]


def _names(dataset):
    while not hasattr(dataset, "classes") and hasattr(dataset, "dataset"):
        dataset = dataset.dataset
    names = getattr(dataset, "classes", None)
    return [] if names is None else [str(name) for name in names]
