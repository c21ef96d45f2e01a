"""The nine data sets from their official hosts: terms first, then all of it or nothing."""

import re
import shutil
from pathlib import Path
from typing import NamedTuple

from tlcourse import paths
from tlcourse.archives import ArchiveError, staging, unpack
from tlcourse.datasets.benchmarks.benchmark import read_listing, wrong_counts
from tlcourse.datasets.benchmarks.catalogue import HostedFile, card_of
from tlcourse.downloads import DownloadError, alone, download, recorded_checksum

ARCHIVES = (".tar", ".tar.gz", ".tgz", ".zip")


class State(NamedTuple):
    """Whether a data set is there: "absent", "complete" or "incomplete", and what was found."""

    word: str
    found: str


def state_of(name, root=None):
    """Look whether every listed image is there (by default in the user's data folder), unopened."""
    card, root = card_of(name), Path(root or paths.data_folder())
    if not (root / card.folder).is_dir():
        return State("absent", f"not in {root}")
    try:
        listing = read_listing(card, root)
    except ValueError as problem:
        return State("incomplete", f"{root / card.folder}: {problem.__cause__}")
    there = sum(file.is_file() for file in listing.files)
    wrong = wrong_counts(card, there, len(listing.classes), listing.folds[0])
    if wrong:
        return State("incomplete", f"{root / card.folder}: {wrong}")
    return State("complete", f"{root / card.folder}, {there:,} images")


def terms_of(name):
    """What a user agrees to before the download starts, as text of a few lines."""
    card = card_of(name)
    checked = all(source.md5 for source in card.sources) and not card.file_list
    lines = [
        f"{card.name}: {card.title}",
        f"  source    {card.page}",
        f"  terms     {card.terms}",
        f"  download  {megabytes(card.size)}, about as much again once unpacked",
        f"  checksum  {'published, will be checked' if checked else _NOT_CHECKED}",
        f"  protocol  {card.protocol}",
        *([f"  beware    {card.warning}"] if card.warning else []),
    ]
    return "\n".join(lines)


_NOT_CHECKED = "none published: not checked, the first download's SHA-256 is kept"


def megabytes(size):
    """A number of megabytes, for people."""
    return f"{size / 1000:.1f} GB" if size >= 1000 else f"{size:.0f} MB"


def fetch_benchmark(name, root=None):
    """Download and unpack a data set unless it is there complete; its folder.

    Downloads stay in ``downloads/NAME`` under the folder of data sets; what was put there by hand
    is taken. The data set's folder appears only once all of it is unpacked and its lists read.
    Raises ValueError (no such data set), CannotWrite, or DownloadError and ArchiveError if a file
    cannot be had, is not to be trusted, or is not the data set.
    """
    card, root = card_of(name), Path(root or paths.data_folder())
    folder, downloads = root / card.folder, root / "downloads" / name
    state = state_of(name, root)
    if state.word == "complete":
        return folder
    if state.word == "incomplete":
        raise DownloadError(
            f"{folder} is there but not complete: move it away or delete it, then fetch again. "
            f"Found: {state.found.rstrip('.')}."
        )
    paths.writable_folder(root)
    with alone(downloads, name):
        _check_room(card, root, downloads)
        files = _downloaded(card, downloads)
        with staging(downloads / "unpacking") as unpacked:
            for source, file in files:
                _place(source, file, unpacked / card.folder)
            _check_lists(card, unpacked, downloads)
            (unpacked / card.folder).rename(folder)
    return folder


def _downloaded(card, downloads):
    """Every file of the data set, as (HostedFile, Path)."""
    files = [(source, download(source, downloads, card.page)) for source in card.sources]
    if not card.file_list:
        return files
    address = card.sources[0].url.rsplit("/", 1)[0]
    listed = (downloads / card.file_list).read_text(encoding="utf-8").split("\n")
    names = [line.split()[0] for line in listed if line.strip()]
    strange = [name for name in names if not re.fullmatch(r"\w[\w.-]*", name)]
    if strange:
        raise DownloadError(f"{card.file_list} names {strange[0]!r}, which is no file beside it.")
    sources = [HostedFile(f"{address}/{name}", size=0) for name in names]
    return files + [(source, download(source, downloads, card.page)) for source in sources]


def _place(source, file, folder):
    folder.mkdir(exist_ok=True)
    if not file.name.endswith(ARCHIVES):
        with paths.writing(folder):
            shutil.copy(file, folder)
        return
    try:
        unpack(file, folder, source.top)
        if source.inner:
            unpack(folder / source.inner, folder)
            (folder / source.inner).unlink()
    except ArchiveError:
        recorded_checksum(file).unlink(missing_ok=True)
        raise


def _check_lists(card, unpacked, downloads):
    try:
        read_listing(card, unpacked)
    except (ValueError, FileNotFoundError) as problem:
        raise DownloadError(
            f"What was downloaded is not {card.name} ({problem.__cause__ or 'no files'}): delete "
            f"{downloads} and fetch again, or get its files from {card.page}."
        ) from problem


def _check_room(card, root, downloads):
    free = shutil.disk_usage(root).free / 1e6
    there = sum(file.stat().st_size for file in downloads.iterdir() if file.is_file()) / 1e6
    needed = max(2.1 * card.size - there, card.size)
    if free < needed:
        raise DownloadError(
            f"{card.name} needs {megabytes(needed)} with its archives and {megabytes(free)} are "
            f"free in {root}: make room, or name another folder in TLCOURSE_DATA."
        )
