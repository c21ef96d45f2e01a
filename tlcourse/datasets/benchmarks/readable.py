"""Which files give a picture: every image is decoded once, and the answer is remembered."""

import hashlib
import json
import os
from functools import partial
from pathlib import Path

from tqdm.contrib.concurrent import thread_map

from tlcourse import paths
from tlcourse.datasets.folder import UnreadableImage, read_image


def left_out(files, name):
    """The files that are missing or give no picture, with the reason."""
    missing = {file: "not there" for file in files if not file.is_file()}
    files = [file for file in files if file not in missing]
    record = paths.cache_folder() / "benchmarks" / f"{name}-{_fingerprint(files)}.json"
    try:
        known = json.loads(record.read_text("utf-8"))
        return missing | {Path(file): why for file, why in known.items()}
    except (OSError, ValueError, AttributeError):
        pass
    look = partial(thread_map, max_workers=min(4, os.cpu_count() or 1), delay=2, leave=False)
    reasons = look(_reason, files, desc=f"checking images of {name}")
    bad = {file: why for file, why in zip(files, reasons, strict=True) if why}
    with paths.warn_if_not_kept():
        paths.write_text(record, json.dumps({str(file): why for file, why in bad.items()}))
    return missing | bad


def _reason(file):
    try:
        read_image(file)
    except UnreadableImage as problem:
        return problem.reason
    return ""


def _fingerprint(files):
    digest = hashlib.sha256()
    for file in files:
        status = file.stat()
        digest.update(os.fsencode(f"{file} {status.st_size} {status.st_mtime_ns}\n"))
    return digest.hexdigest()[:16]
