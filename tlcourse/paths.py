"""Where things are: files shipped with the course, and the user's own cache and data."""

import os
from contextlib import contextmanager
from pathlib import Path

import platformdirs

PROJECT = Path(__file__).resolve().parent.parent
SHIPPED = PROJECT / "data"
SHIPPED_WEIGHTS = SHIPPED / "weights"
SHIPPED_FEATURES = SHIPPED / "features"


def cache_folder():
    """The user's cache: ``TLCOURSE_CACHE`` where it is set, else the platform's cache folder."""
    return Path(os.environ.get("TLCOURSE_CACHE") or platformdirs.user_cache_path("tlcourse"))


def data_folder():
    """The user's data sets: ``TLCOURSE_DATA`` where it is set, else ``datasets`` in the cache."""
    return Path(os.environ.get("TLCOURSE_DATA") or cache_folder() / "datasets")


@contextmanager
def written_whole(path):
    """A temporary path beside ``path`` that takes its place only if the block succeeds."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
