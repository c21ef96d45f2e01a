"""Your own images: a folder with one sub-folder a class, whatever its files turn out to be.

What ``read_image`` makes of a file: transparency is put on white, 16-bit grey scaled to 8 bits, 32
bits stretched from smallest to largest value; of an animation the first frame; EXIF orientation
applied. JPEGs with a shorter side over 2 x 1024 pixels are decoded smaller, never below 1024.
"""

import os
import threading
import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError
from torch.utils.data import Dataset
from tqdm import tqdm

DRAFT_SIDE = 1024
MOST_PIXELS = 90_000_000
NOT_YOURS = {"thumbs.db", "desktop.ini", "__macosx"}
_FILTERS = threading.Lock()  # of warnings: of the process, and pictures are read in threads


class UnreadableImage(ValueError):
    """A file that gives no picture; ``.reason`` says why, without the file's name."""

    def __init__(self, path, reason):
        super().__init__(path, reason)
        self.path, self.reason = path, reason

    def __str__(self):
        return f"{shown(self.path)}: {self.reason}."


def shown(path):
    """A path for people, also where bytes of a file's name are no text: ``\\udce9``."""
    return str(path).encode("utf-8", "backslashreplace").decode()


def read_image(path):
    """One file -> its picture (PIL, RGB, upright), or an UnreadableImage that says why not."""
    return read_with_size(path)[0]


def read_with_size(path):
    """As ``read_image``, and the upright picture's (width, height) in the file."""
    try:
        with _opened(path) as image:
            size = image.size
            image.draft(None, (DRAFT_SIDE, DRAFT_SIDE))
            drafted = image.size
            if image.width * image.height > MOST_PIXELS:
                raise Image.DecompressionBombError
            ImageOps.exif_transpose(image, in_place=True)
            return _as_rgb(image), size if image.size == drafted else size[::-1]
    except Exception as problem:  # damaged files raise nearly anything from inside Pillow
        raise UnreadableImage(path, _reason(path, problem)) from problem


def _opened(path):
    with _FILTERS, warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        return Image.open(path)


def _as_rgb(image):
    if image.mode.startswith(("I", "F")):
        grey = np.nan_to_num(np.asarray(image, dtype=np.float64))
        low, high = 0, 65535
        if image.mode == "F" or grey.min() < low or grey.max() > high:
            low, high = grey.min(), grey.max()
        grey = np.rint((grey - low) * (255 / (high - low or 1)))
        return Image.fromarray(grey.astype(np.uint8)).convert("RGB")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    return image.convert("RGB")


def _reason(path, problem):
    if isinstance(problem, Image.DecompressionBombError):
        return f"too large, over {MOST_PIXELS // 10**6} million pixels: make it smaller"
    if isinstance(problem, UnidentifiedImageError):
        empty = Path(path).stat().st_size == 0
        return "empty, zero bytes" if empty else "not an image, or only the beginning of one"
    if "truncated" in str(problem).lower():
        return "truncated: the end of the file is missing, copy it again"
    if getattr(problem, "strerror", None):
        return f"cannot be opened ({problem.strerror})"
    return f"cannot be decoded ({str(problem) or type(problem).__name__})"


class ImageFiles(Dataset):
    """Images by their ``files``, with ``targets``, an index into ``classes`` for each."""

    def __init__(self, files, targets, classes):
        self.files, self.targets, self.classes = list(files), list(targets), list(classes)

    def __len__(self):
        return len(self.files)

    def __getitem__(self, index):
        """The image (PIL, RGB, of its own size) and its label."""
        return read_image(self.files[index]), self.targets[index]

    def subset(self, rows):
        """The images of some rows, in the order of ``rows``."""
        files, targets = ([values[row] for row in rows] for values in (self.files, self.targets))
        return ImageFiles(files, targets, self.classes)


class ImageFolder(ImageFiles):
    """A folder of images, one sub-folder a class, as torchvision's, that survives bad files.

    Every image is decoded once when the data set is made (with a progress bar over 2 s). Files that
    give no picture are left out, listed with the reason in ``left_out``, and named in one warning.
    Hidden files and those that systems leave behind (``.DS_Store``) are passed over; images may lie
    deeper inside a class's folder. ``per_class`` keeps the first readable images of each class, by
    name. ``files`` and ``targets`` are a value an image, class after class; ``classes`` are sorted.
    Raises FileNotFoundError if there is no such folder, and ValueError if there are fewer than two
    classes, or a class has no readable image or fewer than ``per_class``.
    """

    def __init__(self, root, per_class=None):
        self.root = Path(root)
        if per_class is not None and per_class < 1:
            raise ValueError(f"per_class is {per_class}: ask for 1 image a class or more.")
        files_of, self.left_out = _files_by_class(self.root)
        super().__init__([], [], files_of)
        n_files = sum(map(len, files_of.values()))
        with tqdm(total=n_files, desc="checking images", delay=2, leave=False) as bar:
            for label, (name, files) in enumerate(files_of.items()):
                readable, bad = _readable(files, per_class, bar)
                self._check_class(name, readable, bad, per_class)
                self.left_out += bad
                self.files += readable
                self.targets += [label] * len(readable)
        if self.left_out:
            warnings.warn(
                f"Files of {self.root} that were left out ({len(self.left_out)}): "
                f"{self._listed(self.left_out)}. All are in .left_out.",
                stacklevel=2,
            )

    def _check_class(self, name, readable, bad, per_class):
        if len(readable) >= (per_class or 1):
            return
        asked = f"and per_class={per_class} asks for more" if per_class else "and needs one"
        why = f" Left out: {self._listed(bad)}." if bad else ""
        raise ValueError(
            f"Class {name!r} of {self.root} has {len(readable)} readable images {asked}: "
            f"add images, {'lower per_class' if per_class else 'or remove its folder'}.{why}"
        )

    def _listed(self, left_out, most=10):
        relative = [(file.relative_to(self.root), why) for file, why in left_out]
        named = [f"{shown(file.as_posix())} ({why})" for file, why in relative]
        more = [f"and {len(named) - most} more"] if len(named) > most else []
        return ", ".join(named[:most] + more)


def _files_by_class(root):
    if not root.is_dir():
        raise FileNotFoundError(f"There is no folder {root}: check its path.")
    entries = sorted((entry for entry in root.iterdir() if _is_yours(entry)), key=lambda e: e.name)
    folders = [entry for entry in entries if entry.is_dir()]
    loose = [entry for entry in entries if not entry.is_dir()]
    form = "make one sub-folder a class and put that class's images in it"
    if not entries:
        raise ValueError(f"The folder {root} is empty: {form}.")
    if not folders:
        raise ValueError(f"The folder {root} has files but no sub-folders: {form}.")
    if len(folders) == 1:
        raise ValueError(
            f"The folder {root} has one class only, {folders[0].name!r}: there is nothing to tell "
            "apart, add the sub-folder of a second class."
        )
    left_out = [(file, "not in the sub-folder of a class") for file in loose]
    return {shown(folder.name): _files_below(folder) for folder in folders}, left_out


def _files_below(folder):
    files, seen = [], set()
    for place, inner, names in os.walk(folder, followlinks=True):
        inner[:] = [name for name in inner if _is_yours(Path(name))]
        if os.path.realpath(place) in seen:
            inner.clear()
            continue
        seen.add(os.path.realpath(place))
        files += [Path(place, name) for name in names if _is_yours(Path(name))]
    return sorted(files, key=lambda file: (file.parent.as_posix(), file.name))


def _is_yours(path):
    return not path.name.startswith(".") and path.name.lower() not in NOT_YOURS


def _readable(files, per_class, bar):
    readable, bad = [], []
    for file in files:
        if len(readable) == per_class:
            break
        try:
            _check_extension(file)
            read_image(file)
            readable.append(file)
        except UnreadableImage as problem:
            bad.append((file, problem.reason))
        bar.update()
    return readable, bad


def _check_extension(file):
    Image.init()
    extension = file.suffix.lower()
    if Image.registered_extensions().get(extension) not in Image.OPEN:
        what = f"{extension} is not an image format" if extension else "no extension"
        raise UnreadableImage(file, f"{what} that Pillow reads" if extension else what)
