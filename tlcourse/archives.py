"""Archives from the network: unpacked file by file, and never outside their folder."""

import lzma
import re
import shutil
import tarfile
import zipfile
import zlib
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from tqdm import tqdm
from tqdm.utils import CallbackIOWrapper

# Python 3.11.0 to 3.11.3 have no filters yet; what they forbid is refused below as well.
_FILTER = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
_NO_ZIP = zipfile.BadZipFile, zlib.error, RuntimeError
_NO_TAR = tarfile.TarError, zlib.error, lzma.LZMAError, EOFError
_LINK = 0o120000


class ArchiveError(RuntimeError):
    """An archive that is not unpacked: damaged, or not to be trusted."""


@contextmanager
def staging(folder):
    """``folder``, made empty, and removed at the end: what is whole is moved out of it before."""
    folder = Path(folder)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def unpack(archive, folder, top=""):
    """Write the files of a tar (plain or compressed) or zip archive into ``folder``.

    Only regular files and folders are written. An archive that holds anything else, or a name
    that leads outside the folder, is refused. Call it inside ``staging``, so that nothing of a
    refused or damaged archive stays.

    Parameters
    ----------
    archive : path
    folder : path
    top : str
        Take only what lies below this folder of the archive, and leave the folder's name out.

    Raises
    ------
    ArchiveError
        If the archive is no archive, truncated, damaged, locked, or not to be trusted.
    """
    archive, folder = Path(archive), Path(folder)
    try:
        take_out = _unpack_zip if archive.suffix == ".zip" else _unpack_tar
        take_out(archive, folder, top)
    except ArchiveError:
        raise
    except (*_NO_ZIP, *_NO_TAR, OSError) as problem:
        if getattr(problem, "strerror", None):
            raise ArchiveError(
                f"{archive.name} cannot be unpacked: {problem.strerror}."
            ) from problem
        cause = str(problem).partition("\n")[0].rstrip(":")
        raise ArchiveError(
            f"{archive} is truncated, altered or no archive ({cause}): delete it and fetch again."
        ) from problem


def _unpack_tar(archive, folder, top):
    bar = _bar(archive, total=archive.stat().st_size, unit="B", unit_scale=True)
    with archive.open("rb") as stream, bar:
        counted = CallbackIOWrapper(bar.update, stream, "read")
        with tarfile.open(fileobj=counted, mode="r:*") as members:
            for member in members:
                _check_name(archive, member.name)
                if not (member.isfile() or member.isdir()):
                    kind = "a link" if member.issym() or member.islnk() else "a device or a pipe"
                    _refuse(archive, member.name, f"is {kind}")
                member.name = _below(top, member.name)
                if member.name:
                    members.extract(member, folder, **_FILTER)


def _unpack_zip(archive, folder, top):
    with zipfile.ZipFile(archive) as members:
        for member in _bar(archive, members.infolist(), unit="file"):
            _check_name(archive, member.orig_filename)
            if (member.external_attr >> 16) & 0o170000 == _LINK:
                _refuse(archive, member.filename, "is a link")
            member.filename = _below(top, member.filename)
            if member.filename:
                members.extract(member, folder)


def _bar(archive, *items, **options):
    return tqdm(*items, desc=f"unpacking {archive.name}", delay=2, leave=False, **options)


def _check_name(archive, name):
    """Names are relative, go only downwards, and mean the same on Windows."""
    outside = name.startswith("/") or ".." in PurePosixPath(name).parts
    if outside or "\\" in name or "\0" in name or re.match("[A-Za-z]:", name):
        _refuse(archive, name, "would lie outside its folder")


def _refuse(archive, name, reason):
    raise ArchiveError(
        f"{archive} was not unpacked: its {name!r} {reason}, which no data set needs; delete the "
        "archive and get it from its official page."
    )


def _below(top, name):
    """``name`` without the leading folder ``top``; empty if it does not lie below it."""
    name, above = name.removeprefix("./"), f"{top}/" if top else ""
    return name.removeprefix(above) if name.startswith(above) else ""
