"""The devices that a network can run on, and why the others cannot be used here."""

import os
import shutil
from dataclasses import dataclass

FASTEST_FIRST = ("cuda", "mps", "cpu")


@dataclass(frozen=True)
class Device:
    """A kind of device."""

    name: str
    label: str
    available: bool
    reason: str


def devices():
    """All kinds of devices, those that are missing too: cpu, cuda, mps, as a list of Device."""
    return [
        Device("cpu", f"CPU, {_cores()}", True, ""),
        _described("cuda", _why_no_cuda(), "NVIDIA GPU", _cuda_label),
        _described("mps", _why_no_mps(), "Apple GPU", lambda: "Apple GPU"),
    ]


def best_device():
    """Name of the fastest available device: cuda, then mps, then cpu."""
    available = {device.name for device in devices() if device.available}
    return next(name for name in FASTEST_FIRST if name in available)


def check_device(name):
    """``name`` (cpu, cuda, cuda:1, mps), or the best device for ``"auto"``.

    Raises
    ------
    ValueError
        If there is no such device here; the message says why.
    """
    if name == "auto":
        return best_device()
    kind, _, number = str(name).partition(":")
    device = {device.name: device for device in devices()}.get(kind)
    if device is None:
        raise ValueError(f"{name!r} is not a device: take 'auto', 'cpu', 'cuda' or 'mps'.")
    if not device.available:
        raise ValueError(f"Device {name!r} cannot be used: {device.reason}")
    _check_number(name, kind, number)
    return str(name)


def _check_number(name, kind, number):
    count = _cuda_count() if kind == "cuda" else 1
    if number and not (number.isdecimal() and int(number) < count):
        raise ValueError(
            f"Device {name!r} is not there: this machine has {count} of the kind {kind!r}, "
            "counted from 0."
        )


def _described(name, reason, missing_label, label):
    return Device(name, missing_label if reason else label(), not reason, reason)


def _cores():
    usable = getattr(os, "sched_getaffinity", None)
    count = len(usable(0)) if usable else os.cpu_count() or 1
    return "1 core" if count == 1 else f"{count} cores"


def _why_no_cuda():
    import torch

    if torch.cuda.is_available():
        return ""
    if torch.version.cuda is None and torch.version.hip is None:
        return "This torch build has no CUDA."
    if shutil.which("nvidia-smi") is None:
        return "There is no NVIDIA driver on this machine."
    return (
        f"torch was built for CUDA {torch.version.cuda} and finds no GPU: "
        "update the NVIDIA driver, or check that a GPU is visible."
    )


def _why_no_mps():
    import torch

    if not torch.backends.mps.is_built():
        return "This torch build has no MPS, which is for Macs with Apple silicon."
    if not torch.backends.mps.is_available():
        return "MPS needs Apple silicon and macOS 14 or newer."
    return ""


def _cuda_count():
    import torch

    return torch.cuda.device_count()


def _cuda_label():
    import torch

    properties = torch.cuda.get_device_properties(0)
    return f"{properties.name}, {properties.total_memory / 2**30:.0f} GB"
