"""Where things are: files shipped with the course, and the user's own cache and data."""

import os
import warnings
from contextlib import contextmanager
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
SHIPPED = PROJECT / "data"
SHIPPED_WEIGHTS = SHIPPED / "weights"
SHIPPED_FEATURES = SHIPPED / "features"


class CannotWrite(OSError, ValueError):
    """A folder cannot be written; the message is one sentence that says what to do."""


def cache_folder():
    """The user's cache: ``TLCOURSE_CACHE`` where it is set, else the platform's cache folder."""
    import platformdirs  # later than the verbs: they run before anything is installed

    return Path(os.environ.get("TLCOURSE_CACHE") or platformdirs.user_cache_path("tlcourse"))


def data_folder():
    """The user's data sets: ``TLCOURSE_DATA`` where it is set, else ``datasets`` in the cache."""
    return Path(os.environ.get("TLCOURSE_DATA") or cache_folder() / "datasets")


@contextmanager
def writing(folder):
    """Raise CannotWrite, which names ``folder``, for an OSError of the block."""
    try:
        yield
    except OSError as problem:
        why = problem.strerror or problem
        refusal = CannotWrite(f"{folder} cannot be written ({why}): {_remedy(Path(folder))}.")
        refusal.strerror = str(why)
        raise refusal from problem


def _remedy(folder):
    for variable, root in (("TLCOURSE_DATA", data_folder()), ("TLCOURSE_CACHE", cache_folder())):
        if folder.is_relative_to(root):
            return f"set {variable} to a folder that can be written"
    return "name another folder"


def writable_folder(folder):
    """``folder`` as a Path, made if need be; CannotWrite if nothing can be written into it."""
    folder = Path(folder)
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".{os.getpid()}.probe"
        probe.touch()
        probe.unlink(missing_ok=True)
    return folder


@contextmanager
def write_whole(path):
    """A temporary path beside ``path`` that takes its place only if the block succeeds.

    Raises
    ------
    CannotWrite
        If the folder cannot be made or the block cannot write.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    with writing(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield temporary
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)


@contextmanager
def warn_if_not_kept():
    """Around what is only kept for the next time: where it cannot be written, a warning."""
    try:
        yield
    except CannotWrite as problem:
        warnings.warn(f"Not kept for the next time: {problem}", stacklevel=3)
