"""Networks of timm (Wightman 2019) under timm's names; weights from the Hugging Face hub, by name.

timm is imported when it is used: it takes half a second.
"""

import difflib
import itertools
import re
from pathlib import Path

from safetensors import SafetensorError

from tlcourse.networks import weights

FILE = "model.safetensors"


def build(name, **options):
    """timm's network of that name; ValueError names some that this timm has."""
    import timm

    if not timm.is_model(name):
        near = ", ".join(difflib.get_close_matches(name, timm.list_models()) or ["convnext_tiny"])
        raise ValueError(
            f"timm {timm.__version__} has no network {name!r}: choose from timm.list_models(), "
            f"such as {near}, and have the timm of requirements.txt."
        )
    return timm.create_model(name, **options)


def build_with_weights(name, **options):
    """timm's network with its published weights, once fetched; else a WeightsError."""
    build(name)
    file = _in_cache(name)
    if file is None:
        raise weights.WeightsError(
            f"The weights of timm:{name} are not on this machine: run 'python3 start.py fetch "
            f"timm:{name}' with a network."
        )
    file = _whole(Path(file), name)
    try:
        return build(name, pretrained=True, pretrained_cfg_overlay={"file": str(file)}, **options)
    except (SafetensorError, RuntimeError, OSError) as problem:
        raise weights.WeightsError(
            f"{file.resolve()} is truncated or of another network ({problem}): {_again(name)}."
        ) from problem


def fetch(name):
    """The weights that timm names for a network, downloaded once into the hub's cache; its Path."""
    import huggingface_hub

    build(name)
    file = _in_cache(name)
    try:
        file = file or huggingface_hub.hf_hub_download(_hub_id(name), FILE)
    except (OSError, RuntimeError) as problem:
        raise weights.WeightsError(
            f"timm:{name} could not be downloaded from {_hub_id(name)} ({problem}): with a "
            f"network, run 'python3 start.py fetch timm:{name}'."
        ) from problem
    return _whole(Path(file), name)


def preparation(network):
    """What turns a PIL image into the network's input, as timm says, and the input's side."""
    import timm.data

    config = timm.data.resolve_model_data_config(network)
    return timm.data.create_transform(**config), config["input_size"][1]


def main_layers(network, layers):
    """Of ``layers``, the outputs of timm's stages and the last features before the classifier."""
    classifiers = network.pretrained_cfg.get("classifier") or ()
    classifiers = (classifiers,) if isinstance(classifiers, str) else classifiers
    scores = tuple(f"{name}." for name in classifiers)
    before = itertools.takewhile(lambda name: not f"{name}.".startswith(scores), layers)
    features = [each for each in before if not any(s.startswith(f"{each}.") for s in scores)]
    stages = [stage["module"] for stage in getattr(network, "feature_info", [])]
    return *(name for name in features[:-1] if name in stages), features[-1]


def _hub_id(name):
    import timm

    card = timm.get_pretrained_cfg(name)
    if card is None or not card.hf_hub_id:
        raise weights.WeightsError(
            f"timm publishes no weights of {name} on the Hugging Face hub: load it with "
            "weights='random' or a file of your own."
        )
    return card.hf_hub_id


def _in_cache(name):
    """The fetched file's path, as text; None where there is none."""
    import huggingface_hub

    file = huggingface_hub.try_to_load_from_cache(_hub_id(name), FILE)
    return file if isinstance(file, str) else None


def _whole(file, name):
    """``file``, if its hash is the one that the hub's cache names it by (not on Windows)."""
    blob = file.resolve()
    if re.fullmatch("[0-9a-f]{64}", blob.name) and weights.sha256(blob) != blob.name:
        raise weights.WeightsError(
            f"{blob} is truncated or altered (its hash is not its name): {_again(name)}."
        )
    return file


def _again(name):
    return f"delete it, then run 'python3 start.py fetch timm:{name}' with a network"
