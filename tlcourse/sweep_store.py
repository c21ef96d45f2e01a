"""The store of a sweep: one small file a finished cell, written whole, never trusted unread.

A cell's file is named by the fingerprint of everything that its result depends on, so that a result
of other features or settings is not found, and a truncated or altered one is not used.
"""

import hashlib
import json
from pathlib import Path

from tlcourse import paths

FORMAT = "tlcourse sweep 1"


class SweepStore:
    """Finished cells in a folder.

    Parameters
    ----------
    folder : path, optional
        By default ``sweeps`` in the user's cache.

    Raises
    ------
    ValueError
        If the folder is a file, or cannot be written.
    """

    def __init__(self, folder=None):
        self.folder = Path(folder or paths.cache_folder() / "sweeps")
        try:
            paths.writable_folder(self.folder)
        except paths.CannotWrite as problem:
            raise ValueError(
                f"The store {self.folder} is not a folder that can be written "
                f"({problem.strerror}): name another folder in store=."
            ) from problem

    def read(self, key):
        """The result stored under a key as a dict; None if absent, truncated or of something else.

        Parameters
        ----------
        key : str
        """
        try:
            record = json.loads(self._file(key).read_text(encoding="utf-8"))
            whole = record["check"] == _check(key, record["result"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return record["result"] if whole else None

    def write(self, key, result):
        """Keep a result, a dict that JSON can hold, whole; a warning where that fails."""
        record = {"format": FORMAT, "result": result, "check": _check(key, result)}
        with paths.told_if_not_kept(), paths.written_whole(self._file(key)) as temporary:
            temporary.write_text(json.dumps(record) + "\n", encoding="utf-8")

    def _file(self, key):
        return self.folder / f"{key}.json"


class NoStore:
    """Keeps nothing."""

    def read(self, key):
        return None

    def write(self, key, result):
        pass


def key_of(*parts):
    """A name for what a result depends on, from the text of each part."""
    return hashlib.sha256(repr((FORMAT, *parts)).encode()).hexdigest()[:24]


def _check(key, result):
    text = json.dumps([FORMAT, key, result], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
