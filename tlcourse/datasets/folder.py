"""Your own images: a folder with one sub-folder a class, whatever its files turn out to be.

What ``read_image`` makes of a file: transparency is put on white, grey of more than 8 bits scaled
to 8 as ``tlcourse.datasets.grey`` says; of an animation the first frame; EXIF orientation applied,
other metadata left alone. JPEGs with a shorter side over 2 x 1024 pixels are decoded smaller, never
below 1024; they may have 500 million pixels, all others 90.
"""

import os
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path

from PIL import ExifTags, Image, ImageOps, PngImagePlugin, UnidentifiedImageError
from PIL.JpegImagePlugin import JpegImageFile
from torch.utils.data import Dataset
from tqdm import tqdm

from tlcourse.datasets.class_folders import list_classes, shown
from tlcourse.datasets.grey import as_8_bits

DRAFT_SIDE = 1024
MOST_PIXELS, MOST_OF_A_JPEG = 90_000_000, 500_000_000
BATCH = 1000  # files that threads are given at a time
_FILTERS = threading.Lock()  # of warnings: of the process, and pictures are read in threads


class UnreadableImage(ValueError):
    """A file that gives no picture; ``.reason`` says why, without the file's name."""

    def __init__(self, path, reason):
        super().__init__(path, reason)
        self.path, self.reason = path, reason

    def __str__(self):
        return f"{shown(self.path)}: {self.reason}."


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
            if image.width * image.height > MOST_PIXELS or size[0] * size[1] > MOST_OF_A_JPEG:
                raise Image.DecompressionBombError
            orientation = _orientation(image)
            picture = as_rgb(image)
            picture.info = {"icc_profile": picture.info.get("icc_profile")}
            picture.getexif()[ExifTags.Base.Orientation] = orientation
            ImageOps.exif_transpose(picture, in_place=True)
            return picture, size if picture.size == drafted else size[::-1]
    except Exception as problem:  # damaged files raise nearly anything from inside Pillow
        raise UnreadableImage(path, _reason(path, problem)) from problem


def _opened(path):
    PngImagePlugin.MAX_TEXT_CHUNK = PngImagePlugin.MAX_TEXT_MEMORY  # long texts cost no picture
    with _FILTERS, warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        try:
            return Image.open(path)
        except Image.DecompressionBombError:  # of a JPEG that draft makes small
            with suppress(SyntaxError):
                return JpegImageFile(path)
            raise


def _orientation(image):
    """Of its EXIF tags, and no other metadata is read, whatever is wrong with it; 1 is upright.

    A TIFF is turned by Pillow as it is loaded, so that of its tags the orientation alone is left.
    """
    if image.format != "TIFF":
        image.load()
        with suppress(Exception):
            return image.getexif()[ExifTags.Base.Orientation]
        return 1
    image.filename = ""  # a file that Pillow maps into memory is garbled as it is turned
    exif = image.getexif()
    for tag in set(exif) - {ExifTags.Base.Orientation}:
        del exif[tag]
    return 1


def as_rgb(image):
    if image.mode.startswith(("I", "F")):
        return as_8_bits(image).convert("RGB")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    return image.convert("RGB")


def _reason(path, problem):
    if isinstance(problem, Image.DecompressionBombError):
        most = f"{MOST_PIXELS // 10**6} million pixels (of a JPEG, {MOST_OF_A_JPEG // 10**6})"
        return f"too large, over {most}: make it smaller"
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
    give no picture are left out, listed with the reason in ``left_out``, and named in one warning;
    so are folders that cannot be opened, and those of the system or of thumbnails that hold
    pictures. Images may lie deeper inside a class's folder. ``per_class`` keeps the first readable
    images of each class, by name, and decodes no more. ``files`` and ``targets`` are a value an
    image, class after class; ``classes`` are sorted. Raises FileNotFoundError if there is no such
    folder, and ValueError if it cannot be opened, there are fewer than two classes, or a class has
    no readable image or fewer than ``per_class``.
    """

    def __init__(self, root, per_class=None):
        self.root = Path(root)
        if per_class is not None and per_class < 1:
            raise ValueError(f"per_class is {per_class}: ask for 1 image a class or more.")
        listed, self.left_out = list_classes(self.root)
        super().__init__([], [], [each.name for each in listed])
        for each in listed:
            check_class(self.root, each.name, len(each.files), each.left_out, per_class)
        with progress_bar(listed, per_class) as bar:
            for label, (name, files, bad) in enumerate(listed):
                readable = []
                most = per_class or len(files)
                for file, _, why in read_until(most, readable, files, _check, bar):
                    if why:
                        bad.append((file, why))
                    else:
                        readable.append(file)
                check_class(self.root, name, len(readable), bad, per_class)
                self.left_out += bad
                self.files += readable
                self.targets += [label] * len(readable)
        if self.left_out:
            warnings.warn(
                f"Files of {shown(self.root)} that were left out ({len(self.left_out)}): "
                f"{_listed(self.root, self.left_out)}. All are in .left_out.",
                stacklevel=2,
            )


def check_class(root, name, n, left_out, per_class=None):
    """ValueError if a class has too few images, with what was left out of it."""
    if n >= (per_class or 1):
        return
    asked = f"and per_class={per_class} asks for more" if per_class else "and needs one"
    why = f" Left out: {_listed(root, left_out)}." if left_out else ""
    raise ValueError(
        f"Class {name!r} of {shown(root)} has {n} readable images {asked}: "
        f"add images, {'lower per_class' if per_class else 'or remove its folder'}.{why}"
    )


def _listed(root, left_out, most=10):
    relative = [(file.relative_to(root), why) for file, why in left_out]
    named = [f"{shown(file.as_posix())} ({why})" for file, why in relative]
    more = [f"and {len(named) - most} more"] if len(named) > most else []
    return ", ".join(named[:most] + more)


def progress_bar(listed, per_class=None):
    """Over the images that will be decoded, shown after 2 s."""
    total = sum(min(len(each.files), per_class or len(each.files)) for each in listed)
    return tqdm(total=total, desc="reading images", delay=2, leave=False)


def read_until(most, kept, files, look, bar):
    """Look at files in threads until ``kept``, which the caller fills, holds ``most``.

    Yields (file, what ``look`` gives, "") in their order, or (file, None, why not).
    """
    start = 0
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
        while batch := files[start : start + min(most - len(kept), BATCH)]:
            start += len(batch)
            for file, seen in zip(batch, pool.map(partial(_seen, look), batch), strict=True):
                bar.update()
                yield file, *seen


def _seen(look, file):
    try:
        if not os.path.isfile(file) and os.path.exists(file):
            raise UnreadableImage(file, "not a regular file")  # a pipe would be waited for
        return look(file), ""
    except UnreadableImage as problem:
        return None, problem.reason


def _check(file):
    read_image(file)
