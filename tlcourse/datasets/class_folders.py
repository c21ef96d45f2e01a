"""The files of a folder with one sub-folder a class, by their names alone: nothing is opened."""

import os
from functools import cache
from pathlib import Path
from typing import NamedTuple

from PIL import Image

# What Windows, macOS, Linux, NAS and sync programs put among files, in lower case; see also
# https://github.com/github/gitignore/tree/main/Global. Whatever begins with a dot is hidden.
NOT_YOURS = {
    *("thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r", "picasa.ini"),
    *("$recycle.bin", "recycler", "system volume information", "found.000"),
    *("__macosx", "network trash folder", "temporary items", "lost+found"),
    *("@eadir", "@tmp", "@recycle", "@recently-snapshot", "@sharesnap", "@synoresource"),
    *("@transcode", "#recycle", "#snapshot", "~snapshot", "_gsdata_", "__pycache__"),
}


class ClassFolder(NamedTuple):
    """A class: its name, its files that are pictures by name, and (path, reason) of the others."""

    name: str
    files: list
    left_out: list


def shown(path):
    """A path for people, also where bytes of a file's name are no text: ``\\udce9``."""
    return str(path).encode("utf-8", "backslashreplace").decode()


def list_classes(root):
    """Class folders of ``root``, by name, and (path, reason) of what is beside them.

    Raises FileNotFoundError if there is no such folder, and ValueError if it cannot be opened, or
    has fewer than two sub-folders.
    """
    try:
        entries = _entries(root)
    except (FileNotFoundError, NotADirectoryError):
        raise FileNotFoundError(f"There is no folder {shown(root)}: check its path.") from None
    except (OSError, ValueError) as problem:
        why = getattr(problem, "strerror", None) or problem
        raise ValueError(
            f"The folder {shown(root)} cannot be opened ({why}): check its path and rights."
        ) from None
    folders, loose, left_out = _sorted_out(entries)
    left_out += [(file, "not in the sub-folder of a class") for file in loose]
    form = "make one sub-folder a class and put that class's images in it"
    if not folders:
        what = "has files but no sub-folders" if loose else "is empty"
        raise ValueError(f"The folder {shown(root)} {what}: {form}.")
    if len(folders) == 1:
        raise ValueError(
            f"The folder {shown(root)} has one class only, {shown(folders[0].name)!r}: there is "
            "nothing to tell apart, add the sub-folder of a second class."
        )
    return [ClassFolder(shown(each.name), *files_below(each)) for each in folders], left_out


def files_below(folder):
    """Files with an image's extension, folder by folder and by name; (path, reason) of others.

    Links are followed, each folder once. A folder that cannot be opened is among the others.
    """
    files_of, left_out, seen, waiting = {}, [], set(), [Path(folder)]
    while waiting:
        place = waiting.pop()
        real = os.path.realpath(place)
        if real in seen:
            continue
        seen.add(real)
        try:
            folders, files, others = _sorted_out(_entries(place))
        except OSError as problem:
            left_out.append((place, f"cannot be opened ({problem.strerror}), nor what is in it"))
            continue
        waiting += folders
        whys = {file: _why_no_image(file.name) for file in files}
        left_out += others + [(file, why) for file, why in whys.items() if why]
        files_of[place.as_posix()] = [file for file, why in whys.items() if not why]
    return [file for place in sorted(files_of) for file in files_of[place]], sorted(left_out)


def _entries(folder):
    with os.scandir(folder) as entries:
        # os.path: False of a link that leads round, or to where we may not look
        return [(Path(folder, entry.name), os.path.isdir(entry)) for entry in entries]


def _sorted_out(entries):
    """Folders, files, and what is not the user's, as (path, reason), where pictures are in it."""
    folders, files, left_out = [], [], []
    for path, is_folder in sorted(entries, key=lambda entry: entry[0].name):
        hidden = path.name.startswith(".")
        if not hidden and path.name.lower() not in NOT_YOURS:
            (folders if is_folder else files).append(path)
        elif _has_images(path) if is_folder else _is_hidden_image(path.name):
            why = "hidden" if hidden else "made by the system or by a program"
            left_out.append((path, why))
    return folders, files, left_out


def _has_images(folder):
    return any(not _why_no_image(name) for _, _, names in os.walk(folder) for name in names)


def _is_hidden_image(name):
    return not name.startswith("._") and not _why_no_image(name)  # ._x is what macOS notes of x


def _why_no_image(name):
    extension = os.path.splitext(name)[1].lower()
    if extension in _readable_extensions():
        return ""
    return f"{extension} is not an image format that Pillow reads" if extension else "no extension"


@cache
def _readable_extensions():
    return {name for name, form in Image.registered_extensions().items() if form in Image.OPEN}
