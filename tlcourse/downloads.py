"""Files from their official hosts: resumed where they broke off, checked, whole or not at all.

``torch.hub.download_url_to_file``, torchvision and pooch begin anew after an interruption, which a
file of gigabytes cannot afford. Here ``requests`` speaks HTTP (redirects, certificates, the
proxies of the environment); what is added is the part file that goes on by a ``Range`` request.
"""

import hashlib
import os
import re
import time
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import requests
from filelock import FileLock, Timeout
from tqdm import tqdm

from tlcourse import paths

TRIES = 4
CHUNK = 2**16
PATIENCE = 15, 30  # seconds for a connection, and for the next bytes
AGAIN_LATER = {408, 425, 429, 500, 502, 503, 504}


class DownloadError(RuntimeError):
    """A file that cannot be had: the message names it, the cause and the remedy."""


@dataclass(frozen=True)
class RemoteFile:
    """One file of an official host: about ``size`` megabytes; a checksum as published, or empty.

    ``sha256`` may be its first digits only.
    """

    url: str
    size: float = 0
    md5: str = ""
    sha256: str = ""

    @property
    def name(self):
        return self.url.rsplit("/", 1)[1]


@contextmanager
def alone(folder, name, lock=".lock"):
    """DownloadError if another process is in such a block: both would spoil the same part file."""
    paths.writable_folder(folder)
    try:
        with FileLock(folder / lock, timeout=0):
            yield
    except Timeout:
        raise DownloadError(
            f"Another process is fetching {name} into {folder}: wait for it."
        ) from None


def download(remote, folder, page, tries=TRIES, pause=1.0, variable="TLCOURSE_DATA"):
    """The file in ``folder``, downloaded unless it is there; its content is checked either way.

    An interrupted download stays as ``NAME.part`` and goes on from its end. Where no checksum is
    published, the SHA-256 of the first download is recorded in ``NAME.sha256``.

    Parameters
    ----------
    remote : RemoteFile
    folder : path
        Made if it is not there. A file that was put there by hand is taken.
    page : str
        Where a person finds the file, for the message.
    tries : int
        Failures in a row, without a byte gained, after which it gives up.
    pause : float
        Seconds before the second try; doubled before each further one.
    variable : str
        What names the folder, for the message.

    Returns
    -------
    Path

    Raises
    ------
    DownloadError
        If the file cannot be had or written, or is not the published one, which is not kept.
    """
    file = Path(folder) / remote.name
    part = file.with_name(f"{file.name}.part")
    try:
        if file.exists():
            _check_content(remote, file, file, "delete it, then fetch again")
            return file
        file.parent.mkdir(parents=True, exist_ok=True)
        _download_part(remote, part, tries, pause)
        _check_content(remote, part, file, "it was not kept, fetch again")
        os.replace(part, file)
        _version_of(part).unlink(missing_ok=True)
    except _Moved as problem:
        raise DownloadError(
            f"{remote.name} could not be downloaded from {remote.url} ({problem}): the address may "
            f"have moved. Get the file from {page} by hand, put it into {file.parent} under the "
            "same name, and run the same command again."
        ) from problem
    except requests.RequestException as problem:
        raise DownloadError(
            f"{remote.name} could not be downloaded from {remote.url} ({_cause(problem)}): with a "
            f"network, run the same command again and it goes on, or put the file of {page} into "
            f"{file.parent} by hand."
        ) from problem
    except OSError as problem:
        raise DownloadError(
            f"{file} cannot be written ({problem.strerror or problem}): make room or name another "
            f"folder in {variable}."
        ) from problem
    return file


class _Moved(Exception):
    """What the address answers is not the file, and will not be at the next try."""


def _download_part(remote, part, tries, pause):
    """``part`` complete; a failure counts only if it brought nothing."""
    failures = 0
    while True:
        before = _size(part)
        try:
            return _go_on(remote, part)
        except requests.RequestException:
            failures = 0 if _size(part) > before else failures + 1
            if failures >= tries:
                raise
            time.sleep(pause * 2 ** max(failures - 1, 0))


def _go_on(remote, part):
    """Bring what ``part`` lacks, or all of it where the host's file is no longer the same."""
    version = _version_of(part)
    have = _size(part) if version.exists() else 0
    headers = {"Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
        headers["If-Range"] = version.read_text(encoding="utf-8")
    with requests.get(remote.url, headers=headers, stream=True, timeout=PATIENCE) as answer:
        start, total = _range(answer)
        if answer.status_code != 416:
            _check_answer(answer)
            if answer.status_code != 206 or start != have:
                have = _begin_anew(answer, part, version)
            _append(answer, part, have, remote.name)
        elif total != have:
            version.unlink()
            raise requests.HTTPError("the host's file has become shorter")


def _check_answer(answer):
    status = f"{answer.status_code} {answer.reason}"
    if answer.status_code in AGAIN_LATER:
        raise requests.HTTPError(status)
    if answer.status_code not in (200, 206):
        raise _Moved(status)
    if "text/html" in answer.headers.get("Content-Type", ""):
        raise _Moved("a web page came instead of the file")


def _begin_anew(answer, part, version):
    """Forget what there is; keep the mark by which the host tells its file's versions apart."""
    part.unlink(missing_ok=True)
    version.unlink(missing_ok=True)
    mark = answer.headers.get("ETag", "")
    if not mark or mark.startswith("W/"):
        mark = answer.headers.get("Last-Modified")
    if mark:
        version.write_text(mark, encoding="utf-8")
    return 0


def _append(answer, part, have, name):
    length = answer.headers.get("Content-Length")
    total = have + int(length) if length else None
    bar = tqdm(total=total, initial=have, unit="B", unit_scale=True, desc=name, delay=1)
    with bar, part.open("ab") as stream:
        for chunk in answer.iter_content(CHUNK):
            stream.write(chunk)
            bar.update(len(chunk))
    if total is not None and _size(part) != total:
        raise requests.ConnectionError(f"{_size(part)} of {total} bytes came")


def _range(answer):
    """First byte and total that the ``Content-Range`` header names; None where it does not."""
    header = answer.headers.get("Content-Range", "")
    first = re.match(r"bytes (\d+)-", header)
    total = re.search(r"/(\d+)$", header)
    return first and int(first[1]), total and int(total[1])


def _version_of(part):
    return part.with_name(f"{part.name}.version")


def _size(file):
    return file.stat().st_size if file.exists() else 0


def _cause(problem):
    """The innermost of an exception's reasons, which requests and urllib3 wrap in each other."""
    while isinstance(getattr(problem, "reason", None) or next(iter(problem.args), None), Exception):
        problem = getattr(problem, "reason", None) or problem.args[0]
    return str(problem) or type(problem).__name__


def _check_content(remote, content, file, remedy):
    """Compare with the published checksum, else with the recorded one, else record it."""
    recorded, kind = recorded_checksum(file), "MD5" if remote.md5 else "SHA-256"
    what, expected = "the published checksum", remote.md5 or remote.sha256
    if not expected:
        what, expected = f"the first download, recorded in {recorded.name}", _recorded(recorded)
        remedy += f", and delete {recorded.name} too if the host's file has been renewed"
    found = digest(content, kind.replace("-", "").lower())
    if not remote.md5:
        found = found[: len(remote.sha256) or None]
    if not expected:
        paths.write_text(recorded, f"{found}  {file.name}\n")
    elif found != expected:
        if content != file:
            content.unlink()
            _version_of(content).unlink(missing_ok=True)
        raise DownloadError(
            f"{file} does not have the content of {what} ({kind} {expected}): it is truncated or "
            f"altered; {remedy}."
        )


def _recorded(file):
    """The checksum in a file; empty where there is none."""
    text = file.read_text(encoding="utf-8", errors="replace") if file.exists() else ""
    return text.partition(" ")[0].strip()


def recorded_checksum(file):
    """Where the SHA-256 of a file's first download is kept, in the form of ``sha256sum``."""
    return file.with_name(f"{file.name}.sha256")


def digest(file, algorithm):
    """Checksum of a file's content, as hexadecimal text."""
    with Path(file).open("rb") as stream:
        new = partial(hashlib.new, algorithm, usedforsecurity=False)
        return hashlib.file_digest(stream, new).hexdigest()
