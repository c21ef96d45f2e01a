"""Features: the activations of named layers for every image, as one matrix."""

import copy
import json
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import torch
from torch.nn import functional as F
from tqdm import tqdm

from tlcourse import paths
from tlcourse.datasets.class_folders import shown
from tlcourse.datasets.items import class_names, is_of_files, read_item
from tlcourse.devices import check_device
from tlcourse.features import cache as feature_cache
from tlcourse.networks import weights
from tlcourse.networks.backbones import recorded_means
from tlcourse.networks.imagenet.onnx_pass import onnx_pass

SAFE_COSINE = 0.999
WORTHWHILE_SPEEDUP, WORTHWHILE_SECONDS, EXPORT_SECONDS = 1.2, 20, 5
BATCH_SIZE = {"cpu": 32, "cuda": 256, "mps": 64}

REDUCED = {"cpu": torch.bfloat16, "cuda": torch.bfloat16, "mps": torch.float16}


@dataclass
class Features:
    """One row an image, the columns of each layer side by side.

    Attributes
    ----------
    matrix : ndarray of float32, shape (images, features)
        Of a shipped embedding int8.
    labels : ndarray of int, shape (images,)
        Index into ``classes``.
    layer_sizes : dict of int
        Layer -> number of its columns, in the order of the columns.
    about : dict
        Backbone, weights, activation ("after ReLU"), precision, engine, device, seconds of each
        stage, fingerprint, left-out images.
    """

    matrix: np.ndarray
    labels: np.ndarray
    classes: list[str]
    layer_sizes: Mapping[str, int]
    about: dict = field(default_factory=dict)

    def __repr__(self):
        images, columns = self.matrix.shape
        layers = ", ".join(self.layer_sizes)
        activation = self.about.get("activation", "")
        return f"Features of {images} images: {columns} columns, {layers} ({activation})"

    def columns(self, layer):
        """The columns of one layer, as a slice."""
        if layer not in self.layer_sizes:
            names = ", ".join(self.layer_sizes)
            raise ValueError(f"There are no features of layer {layer!r}: choose from {names}.")
        names = list(self.layer_sizes)
        start = sum(self.layer_sizes[name] for name in names[: names.index(layer)])
        return slice(start, start + self.layer_sizes[layer])

    def select(self, layers):
        """The matrix of some layers only, in the order of the network: shape (images, d').

        A view where the layers lie side by side, else a copy.
        """
        layers = [layers] if isinstance(layers, str) else list(layers)
        if not layers:
            raise ValueError(f"Choose at least one layer from {', '.join(self.layer_sizes)}.")
        slices = sorted((self.columns(layer) for layer in set(layers)), key=lambda part: part.start)
        if all(left.stop == right.start for left, right in zip(slices, slices[1:], strict=False)):
            return self.matrix[:, slices[0].start : slices[-1].stop]
        return np.hstack([self.matrix[:, part] for part in slices])

    def restricted_to(self, layers):
        """The same images with some layers only, as ``Features``."""
        kept = {name: size for name, size in self.layer_sizes.items() if name in set(layers)}
        return Features(self.select(layers), self.labels, self.classes, kept, self.about)


def extract_features(
    backbone,
    dataset,
    layers=None,
    device="auto",
    batch_size=None,
    precision="auto",
    progress=True,
    cache=True,
):
    """One pass over the images, one matrix for any set of layers.

    Activations are taken in eval mode, after ReLU where ``backbone.activation`` says so, and
    averaged over space. The result is cached: asking again, or for some of the layers, reads it.

    Parameters
    ----------
    dataset : Dataset of (image, label)
        With ``classes`` where it has them; ``tlcourse.datasets.items`` says what an item may be.
        It bears to be read more than once, ``dataset[i]`` giving the same each time: items are read
        one after the other in the calling thread, those of the course's folders in two others.
    layers : list of str, optional
        By default ``backbone.default_layers``.
    device : {"auto", "cpu", "cuda", "mps"}
    precision : {"auto", "float32", "reduced"}
        "float32" is PyTorch's forward pass. "auto" takes ONNX Runtime where it is installed and
        the pass would last over 5 s on the CPU, or 16 bits where over 20 s, if a trial on eight
        images is clearly faster and every layer's cosine to "float32" is at least 0.999.

    Returns ``Features`` of these layers, rows in the order of the dataset, values rounded to
    float16 where they fit. Raises ValueError if the data set is empty, a layer or the device is not
    there, or an item is unreadable or its meaning is not plain.
    """
    layers = asked = backbone.check_layers(layers or backbone.default_layers)
    device = check_device(device)
    if not len(dataset):
        raise ValueError("The data set is empty: there is no image to extract features from.")
    key = feature_cache.entry_key(backbone, dataset, precision) if cache else None
    found = feature_cache.read(key) if cache else None
    if found and set(asked) <= set(found["layer_sizes"]):
        found["classes"] = class_names(dataset, found["labels"])
        return Features(**found).restricted_to(asked)
    if found:
        layers = backbone.check_layers([*layers, *found["layer_sizes"]])

    run = _prepared_pass(backbone, dataset, layers, device, precision)
    batch_size = batch_size or BATCH_SIZE[_kind(device)]
    matrix, labels, seconds = _stream(backbone, run, dataset, layers, batch_size, progress)
    feature_cache.round_in_place(matrix)
    features = Features(
        matrix,
        labels,
        class_names(dataset, labels),
        {layer: backbone.layer_sizes[layer] for layer in layers},
        {
            "backbone": backbone.name,
            "weights": backbone.weights,
            "activation": f"{backbone.activation}, averaged over space, eval mode",
            "sides": {layer: backbone.activation_of(layer) for layer in layers},
            "precision": run.precision,
            "engine": run.engine,
            "device": device,
            "seconds": seconds,
            "fingerprint": backbone.fingerprint,
            "left_out": [shown(file) for file, _ in getattr(dataset, "left_out", [])],
        },
    )
    if cache:
        with paths.warn_if_not_kept():
            feature_cache.write_file(feature_cache.user_file(key), **vars(features))
    return features.restricted_to(asked)


class TorchPass:
    """Means of layers by the network's own forward pass, on a device, in its precision."""

    engine = "PyTorch"

    def __init__(self, backbone, network, layers, device):
        self.network, self.device, self.outputs = network, device, backbone.outputs
        self.modules = {layer: backbone.layers[layer] for layer in layers}
        self.dtype = next(network.parameters()).dtype
        self.precision = str(self.dtype).removeprefix("torch.")

    def __call__(self, images):
        """(n, 3, side, side) -> {layer: float32 tensor (n, features) on the CPU}."""
        form = {"dtype": self.dtype, "memory_format": torch.channels_last}
        with (
            torch.inference_mode(),
            recorded_means(self.network, self.modules, self.outputs) as means,
        ):
            self.network(images.to(self.device, **form))
        return {layer: mean.cpu() for layer, mean in means.items()}


def _stream(backbone, run, dataset, layers, batch_size, progress):
    """Every batch through the network, every layer into its columns of one matrix; timed."""
    sizes = [backbone.layer_sizes[layer] for layer in layers]
    edges = np.cumsum([0, *sizes])
    matrix = np.empty((len(dataset), edges[-1]), dtype=np.float32)
    labels = np.empty(len(dataset), dtype=np.int64)
    silent = {} if progress else {"disable": True}  # so that TQDM_DISABLE counts where it is {}
    with tqdm(total=len(dataset), unit="image", desc=backbone.name, delay=2, **silent) as bar:
        started, forward = time.perf_counter(), 0.0
        for rows, images, batch_labels in _batches(dataset, backbone.preprocess, batch_size):
            ready = time.perf_counter()
            means = run(images)
            for layer, start, stop in zip(layers, edges, edges[1:], strict=False):
                matrix[rows, start:stop] = means[layer].numpy()
            labels[rows] = batch_labels
            forward += time.perf_counter() - ready
            bar.update(len(images))
        waiting = time.perf_counter() - started - forward
    return matrix, labels, {"read and prepare images": waiting, "forward passes": forward}


def _batches(dataset, preprocess, batch_size):
    """Batches in the order of the data set; the next is prepared while one is computed on."""
    of_files = is_of_files(dataset)
    with ThreadPoolExecutor(max_workers=2) as pool:

        def submit(start):
            rows = range(start, min(start + batch_size, len(dataset)))
            items = ((row, None if of_files else read_item(dataset, row)) for row in rows)
            jobs = [pool.submit(_prepared_image, dataset, preprocess, *item) for item in items]
            return slice(rows.start, rows.stop), jobs

        upcoming = submit(0)
        for start in range(0, len(dataset), batch_size):
            (rows, jobs), upcoming = upcoming, submit(start + batch_size)
            images, labels = zip(*(job.result() for job in jobs), strict=True)
            yield rows, torch.stack(images), labels


def _prepared_image(dataset, preprocess, index, item=None):
    image, label = item or read_item(dataset, index)
    return preprocess(image), label


def _kind(device):
    return torch.device(device).type


def _prepared_pass(backbone, dataset, layers, device, precision):
    """The pass on its device, in the precision asked for or found fastest and safe."""
    if precision not in ("auto", "float32", "reduced"):
        raise ValueError(f"precision is {precision!r}: choose 'auto', 'float32' or 'reduced'.")
    dtype = REDUCED[_kind(device)] if precision == "reduced" else torch.float32
    run = _torch_pass(backbone, layers, device, dtype)
    return _fastest_safe(backbone, run, dataset, layers, device) if precision == "auto" else run


def _torch_pass(backbone, layers, device, dtype):
    network = backbone.network
    if _kind(device) != "cpu" or dtype != torch.float32:
        network = copy.deepcopy(network).to(device, dtype)
    return TorchPass(backbone, network.to(memory_format=torch.channels_last), layers, device)


def _fastest_safe(backbone, full, dataset, layers, device, n_images=8):
    """Another pass if a trial finds it clearly faster and as good, else ``full``."""
    rows = np.linspace(0, len(dataset) - 1, n_images).astype(int)
    prepared = [_prepared_image(dataset, backbone.preprocess, int(row))[0] for row in rows]
    images = torch.stack(prepared)
    seconds, wanted = _trial(full, images)
    lasts = seconds * len(dataset) / n_images
    for other in _others(backbone, layers, device, lasts):
        seconds_other, found = _trial(other, images)
        cosine = min(F.cosine_similarity(wanted[la], found[la]).min().item() for la in layers)
        if seconds >= WORTHWHILE_SPEEDUP * seconds_other and cosine >= SAFE_COSINE:
            return other
    return full


def _others(backbone, layers, device, seconds):
    """The passes that may be faster, where what they take to prepare is little of ``seconds``."""
    if _kind(device) == "cpu" and seconds >= EXPORT_SECONDS:
        exported = onnx_pass(backbone, layers)
        if exported:
            yield exported
    if seconds >= WORTHWHILE_SECONDS:
        yield _torch_pass(backbone, layers, device, REDUCED[_kind(device)])


def _trial(run, images, repeats=3):
    """Seconds of the fastest of a few passes, and each layer's means."""
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        means = run(images)
        times.append(time.perf_counter() - started)
    return min(times), means


@lru_cache(maxsize=64)
def shipped_features(backbone_name, family, splits=("train", "test")):
    """The shipped features (train, test) of one target: real photographs, no download.

    Of "natural" or "manmade" a family: 40 training images a class (of Tiny ImageNet's train split),
    50 test images a class (its val split), all layers conv1_1 ... fc7. Of "imagenet" a real set, as
    its ``shipped_card`` says. Raises ValueError if there is no such entry, RuntimeError if one is
    truncated or was made by other weights.
    """
    parts = []
    for split in splits:
        file = feature_cache.shipped_file(backbone_name, family, split)
        if not file.exists():
            have = sorted({path.parent.name for path in paths.SHIPPED_FEATURES.glob("*/*.npz")})
            raise ValueError(
                f"No features of {family!r} are shipped for {backbone_name!r} (shipped: "
                f"{', '.join(have) or 'none'}): use extract_features on the images."
            )
        entry, card = feature_cache.read_file(file), weights.read_card(backbone_name)
        if entry is None or entry["about"]["weights_sha256"] != card["sha256"]:
            raise RuntimeError(
                f"{file} is truncated or was made by other weights: run 'git checkout -- data' to "
                "bring the shipped one back."
            )
        parts.append(Features(**entry))
    return tuple(parts)


def shipped_card(name, backbone_name="imagenet"):
    """What is known of a real set's shipped features, as a dict; ValueError if none are shipped."""
    file = feature_cache.shipped_file(backbone_name, name, "card").with_suffix(".json")
    if not file.exists():
        have = sorted(path.stem.removesuffix("-card") for path in file.parent.glob("*.json"))
        raise ValueError(f"No real set {name!r} is shipped: choose from {', '.join(have)}.")
    return json.loads(file.read_text(encoding="utf-8"))
