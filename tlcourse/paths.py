"""Where things are: files shipped with the course, and the user's own cache and data."""

import csv
import hashlib
import json
import os
import secrets
import warnings
from contextlib import contextmanager
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
SHIPPED = PROJECT / "data"
SHIPPED_WEIGHTS = SHIPPED / "weights"
SHIPPED_FEATURES = SHIPPED / "features"
LOCK_SECONDS = 30


class CannotWrite(OSError, ValueError):
    """A folder cannot be written; the message is one sentence that says what to do."""


def cache_folder():
    """The user's cache: ``TLCOURSE_CACHE`` where it is set, else the platform's cache folder."""
    import platformdirs  # later than the verbs: they run before anything is installed

    named = os.environ.get("TLCOURSE_CACHE")
    return Path(named).expanduser() if named else platformdirs.user_cache_path("tlcourse")


def data_folder():
    """The user's data sets: ``TLCOURSE_DATA`` where it is set, else ``datasets`` in the cache."""
    return Path(os.environ.get("TLCOURSE_DATA") or cache_folder() / "datasets").expanduser()


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
    folder = Path(folder).expanduser()
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".{os.getpid()}.probe"
        try:
            probe.write_bytes(bytes(4096))  # a disk that is full takes an empty file
        finally:
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
    path = Path(path).expanduser()
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    with writing(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield temporary
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)


def write_text(file, text):
    """Write a text (UTF-8), whole; CannotWrite as ``write_whole``."""
    with write_whole(file) as temporary:
        temporary.write_text(text, encoding="utf-8")


def read_csv(file):
    """The rows of a table that is shipped, as a list of dict of str."""
    with Path(file).open(newline="", encoding="utf-8") as rows:
        return list(csv.DictReader(rows))


@contextmanager
def warn_if_not_kept():
    """Around what is only kept for the next time: where it cannot be written, a warning."""
    try:
        yield
    except CannotWrite as problem:
        warnings.warn(f"Not kept for the next time: {problem}", stacklevel=3)


@contextmanager
def locked(file):
    """One process or thread at a time between reading ``file`` and writing it; else CannotWrite."""
    from filelock import FileLock, Timeout

    with writing(file.parent):
        file.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(file.with_name(f".{file.name}.lock"))
        try:
            held = lock.acquire(timeout=LOCK_SECONDS)
        except Timeout:
            raise OSError(f"another process holds {lock.lock_file}") from None
        with held:
            yield


def write_json(file, content):
    """Write what JSON can hold, whole, with a checksum, so that a damaged file is not used."""
    content = json.loads(json.dumps(content))
    text = json.dumps({"sha256": _seal(content), "content": content}, indent=1, ensure_ascii=False)
    write_text(file, text + "\n")


def read_sealed(file):
    """What ``write_json`` wrote; OSError, or ValueError if the file was altered."""
    try:
        saved = json.loads(Path(file).read_text(encoding="utf-8"))
        if saved["sha256"] == _seal(saved["content"]):
            return saved["content"]
    except (KeyError, TypeError, RecursionError):
        pass
    raise ValueError("it is truncated or altered")


def _seal(content):
    text = json.dumps(content, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def read_json(file, parse):
    """``parse`` of what ``write_json`` wrote; None where there is no file.

    A file that cannot be read or parsed is moved aside, as ``NAME.unreadable-N``, with a warning.
    """
    try:
        return parse(read_sealed(file))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        with warn_if_not_kept(), locked(file):
            return _read_or_move_aside(file, parse)


def update_json(file, parse, change):
    """Write ``change(parse(content))``, of what the file holds by now, or None if it is new."""
    with locked(file):
        write_json(file, change(_read_or_move_aside(file, parse)))


def _read_or_move_aside(file, parse):
    try:
        return parse(read_sealed(file))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as problem:
        number = 1
        while (aside := file.with_name(f"{file.name}.unreadable-{number}")).exists():
            number += 1
        file.rename(aside)
        warnings.warn(
            f"{file} cannot be read ({problem}): it was moved aside to {aside.name}, and begins "
            "anew.",
            stacklevel=4,
        )
        return None
