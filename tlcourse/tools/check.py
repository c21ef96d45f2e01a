"""What this machine has for the course, and what to do about what is missing."""

import itertools
import os
import platform
import shutil
import sys
from dataclasses import dataclass, replace
from importlib import import_module, metadata
from pathlib import Path

from tlcourse import _torchvision_pair, paths


@dataclass(frozen=True)
class Finding:
    """One line of the report."""

    what: str
    found: str
    remedy: str = ""
    essential: bool = False


def findings():
    """Look at everything the course uses."""
    libraries = library_findings()
    torch_runs = not any(finding.essential and finding.remedy for finding in libraries)
    return [
        Finding("Python", f"{platform.python_version()} in {sys.prefix}"),
        *libraries,
        *([*device_findings(), *shipped_findings()] if torch_runs else []),
        tiny_imagenet_finding(),
        *([*benchmark_findings(), places365_finding()] if torch_runs else []),
        cache_finding(),
        disk_finding(),
        memory_finding(),
    ]


def report():
    """Print the findings, then what to do; 1 if the course cannot run, else 0."""
    found = findings()
    width = max(len(finding.what) for finding in found)
    for finding in found:
        print(f"{finding.what:<{width}}  {finding.found}")
    missing = [finding for finding in found if finding.remedy]
    print("\nTo do:" if missing else "\nNothing is missing.")
    for finding in missing:
        need = "needed" if finding.essential else "optional"
        print(f"- {finding.what} ({need}): {finding.remedy}")
    return int(any(finding.essential for finding in missing))


def library_findings():
    """numpy, torch, torchvision (with whether the pair fits) and what shows the course."""
    names = ("torch", "torchvision", "scikit-learn", "jupyterlab", "ipywidgets", "anywidget")
    return [_imported("numpy"), _imported("torch"), _torchvision(), *map(_installed, names[2:])]


def _installed(name):
    try:
        return Finding(name, metadata.version(name))
    except metadata.PackageNotFoundError:
        return Finding(name, "missing", _AGAIN, essential=True)


_AGAIN = "remove the folder .venv and run start.py again."


def _imported(name):
    """Another numpy or torch that PYTHONPATH brings comes before the environment's own."""
    try:
        return Finding(name, import_module(name).__version__)
    except Exception as problem:
        first = str(problem).strip().partition("\n")[0] or type(problem).__name__
    folders = filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))
    others = [Path(folder, each) for folder in folders for each in ("numpy", name)]
    brings = [f"{path.name} from {path.parent}" for path in others if path.is_dir()]
    remedy = f"unset PYTHONPATH, which brings {brings[0]}, and try again." if brings else _AGAIN
    return Finding(name, f"does not import: {first}", remedy, essential=True)


def _torchvision():
    finding = _imported("torchvision")
    if finding.remedy:
        return finding
    if not _torchvision_pair._libraries:
        return replace(finding, found=f"{finding.found} (fits torch)")
    found = f"{finding.found} (built for another torch, works after import tlcourse)"
    remedy = (
        "without tlcourse imported before, 'import torchvision' fails: remove the folder .venv "
        "and run start.py again, which takes torch and torchvision from one index."
    )
    return Finding("torchvision", found, remedy)


def device_findings():
    from tlcourse.devices import best_device, devices

    for device in devices():
        default = " (used by default)" if device.name == best_device() else ""
        found = f"{device.label}{default}" if device.available else f"no: {device.reason}"
        yield Finding(f"device {device.name}", found)


def shipped_findings():
    """The bundled networks' weights, hashed, and the features of the target families."""
    from tlcourse.datasets.photos import FAMILIES, PHOTO_SOURCES
    from tlcourse.datasets.real_sets import REAL_SETS
    from tlcourse.features.cache import shipped_file
    from tlcourse.networks.backbones import BUNDLED

    entries = list(itertools.product(PHOTO_SOURCES, FAMILIES, ("train", "test")))
    entries += [("imagenet", name, "train") for name in REAL_SETS]
    files = [shipped_file(*entry) for entry in entries]
    return [*map(_bundled, BUNDLED), _shipped_features(files)]


def _bundled(name):
    from tlcourse.networks.weights import WeightsError, read_bundled

    try:
        parameters = sum(tensor.numel() for tensor in read_bundled(name).values())
    except WeightsError as problem:
        return Finding(f"backbone {name}", "no weights", str(problem), essential=True)
    return Finding(f"backbone {name}", f"{parameters / 1e6:.1f} million parameters, hash checked")


def _shipped_features(files):
    missing = [file for file in files if not file.exists()]
    if missing:
        remedy = f"run 'git checkout -- data': {missing[0]} and {len(missing) - 1} others are gone."
        found = f"{len(missing)} of {len(files)} files missing"
        return Finding("shipped features", found, remedy, essential=True)
    size = sum(file.stat().st_size for file in files)
    return Finding("shipped features", f"{len(files)} files, {size / 1e6:.1f} MB")


def tiny_imagenet_finding():
    """The photographs behind the shipped features: only needed to recompute or pre-train."""
    folder = paths.data_folder() / "tiny-imagenet-200"
    if (folder / "train").is_dir() and (folder / "val").is_dir():
        return Finding("Tiny ImageNet", str(folder))
    remedy = (
        "only to recompute the shipped features or pre-train: unpack tiny-imagenet-200.zip of "
        f"Stanford CS231n into {folder.parent}, or name its parent folder in TLCOURSE_DATA."
    )
    return Finding("Tiny ImageNet", f"not in {folder.parent}", remedy)


def benchmark_findings():
    """Each of the nine data sets that is there, and one line for those that are not."""
    from tlcourse.datasets.benchmarks import BENCHMARKS, state_of

    states = {name: state_of(name) for name in BENCHMARKS}
    absent = [name for name, state in states.items() if state.word == "absent"]
    there = [_benchmark(name, state) for name, state in states.items() if name not in absent]
    return [*there, _absent("data sets", absent, "to measure on them")] if absent else there


def _benchmark(name, state):
    if state.word == "complete":
        return Finding(f"data set {name}", state.found)
    remedy = f"{state.found.rstrip('.')}: move it away, then run 'python3 start.py fetch {name}'."
    return Finding(f"data set {name}", "not complete", remedy)


def _absent(what, names, purpose):
    remedy = f"only {purpose}: 'python3 start.py fetch {names[0]}' brings one."
    return Finding(what, f"not there: {', '.join(names)}", remedy)


def places365_finding():
    """The networks of Places365, by whether their files are there."""
    from tlcourse.networks import places365

    absent = [name for name in places365.NAMES if not places365.file_of(name).exists()]
    if absent:
        return _absent("Places365", absent, "to start from scenes")
    return Finding("Places365", f"{len(places365.NAMES)} networks in {paths.data_folder()}")


def cache_finding():
    folder = paths.cache_folder()
    there = next(filter(os.path.exists, (folder, *folder.absolute().parents)), folder)
    if not os.path.isdir(there) or not os.access(there, os.W_OK):
        remedy = "make it a folder that can be written, or name another one in TLCOURSE_CACHE."
        return Finding("cache", f"{folder} cannot be written", remedy)
    if there != folder:
        return Finding("cache", f"{folder} (empty)")
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    return Finding("cache", f"{folder}, {size / 1e6:.1f} MB")


def disk_finding():
    free = shutil.disk_usage(paths.PROJECT).free / 1e9
    remedy = "make room: features and weights want 1 GB." if free < 1 else ""
    return Finding("free disk", f"{free:.1f} GB", remedy)


def memory_finding():
    import psutil

    memory = psutil.virtual_memory()
    remedy = "close other programs: the notebooks want 2 GB." if memory.total < 2e9 else ""
    found = f"{memory.total / 1e9:.1f} GB, {memory.available / 1e9:.1f} GB of it free"
    return Finding("memory", found, remedy)
