"""Features of 15 layers of VGG16 (random weights, 224 px, CPU) against three other ways.

``fne`` 1.6.5 (GPL-3, see benchmarks/requirements.txt), torchvision's ``create_feature_extractor``
with the same layers averaged, and the bare forward pass in the same precision.
"""

import copy
import dataclasses
import importlib.util
import subprocess
import sys

import numpy as np
import torch
from side_by_side import (
    alternating,
    arguments,
    at_least,
    at_most,
    peak_memory,
    show,
    speedup,
    timed,
)

from tlcourse.features.extraction import WORTHWHILE_SPEEDUP, extract_features
from tlcourse.networks.backbones import load_backbone

BATCH = 8
CONTENDERS = ("ours", "bare", "torchvision", "fne")
NO_FNE = "fne is not installed: pip install --no-deps -r benchmarks/requirements.txt"


class Noise(torch.utils.data.Dataset):
    """Images of 256 x 256 random pixels, prepared by ``prepare`` where it is given."""

    classes = ("noise",)

    def __init__(self, n_images, prepare=None):
        self.n_images, self.prepare = n_images, prepare

    def __len__(self):
        return self.n_images

    def __getitem__(self, index):
        from PIL import Image

        pixels = np.random.default_rng(index).integers(0, 256, (256, 256, 3), dtype=np.uint8)
        image = Image.fromarray(pixels)
        return (self.prepare(image) if self.prepare else image), 0


def loader(backbone, n_images):
    return torch.utils.data.DataLoader(Noise(n_images, backbone.preprocess), batch_size=BATCH)


def ours(backbone, n_images, precision):
    """``extract_features``, images prepared from PIL inside the time, no cache."""
    options = {"batch_size": BATCH, "precision": precision, "progress": False, "cache": False}
    return lambda: extract_features(backbone, Noise(n_images), device="cpu", **options).matrix


def bare(backbone, n_images, precision):
    """The network alone, on images prepared before the time starts."""
    dtype = torch.float32 if precision == "float32" else torch.bfloat16
    placement = {"dtype": dtype, "memory_format": torch.channels_last}
    network = backbone.network.to(**placement)
    batches = [images.to(**placement) for images, _ in loader(backbone, n_images)]

    @torch.inference_mode()
    def run():
        for images in batches:
            network(images)

    return run


def torchvision(backbone, n_images, precision):
    """``create_feature_extractor``, each map averaged over space; always float32."""
    from torchvision.models import vgg16
    from torchvision.models.feature_extraction import create_feature_extractor

    network = vgg16().eval()
    state = backbone.network.state_dict().values()
    network.load_state_dict(dict(zip(network.state_dict(), state, strict=True)))
    modules = network.named_modules()
    extractor = create_feature_extractor(
        network, [name for name, module in modules if isinstance(module, torch.nn.ReLU)]
    )

    @torch.inference_mode()
    def run():
        rows = []
        for images, _ in loader(backbone, n_images):
            maps = extractor(images).values()
            rows.append(torch.cat([m.mean((2, 3)) if m.ndim == 4 else m for m in maps], dim=1))
        return torch.cat(rows).numpy()

    return run


def fne(backbone, n_images, precision):
    """The extraction of ``fne``, without its normalisation and classifier; always float32."""
    from fne.fne_torch import FullNetworkEmbedding

    embedding = FullNetworkEmbedding(backbone.network, list(backbone.default_layers), None)

    @torch.inference_mode()
    def run():
        return embedding._extract_features(loader(backbone, n_images), train=False)[0].numpy()

    return run


def contender(name, backbone, n_images, precision):
    """A function without arguments; it may convert the network in place."""
    return globals()[name](backbone, n_images, precision)


def own_copy(backbone):
    return dataclasses.replace(backbone, network=copy.deepcopy(backbone.network))


def available():
    return [name for name in CONTENDERS if name != "fne" or importlib.util.find_spec("fne")]


def faster_precision(backbone):
    """What ``precision="auto"`` would take, and how many times faster 16 bits are."""
    full, reduced = (
        contender("bare", own_copy(backbone), BATCH, p) for p in ("float32", "reduced")
    )
    for run in (full, reduced):
        run()
    ratio = min(timed(full) for _ in range(3)) / min(timed(reduced) for _ in range(3))
    return ("reduced" if ratio >= WORTHWHILE_SPEEDUP else "float32"), ratio


def peak_in_own_process(name, n_images, precision):
    """Peak resident memory in bytes, of a process that does nothing else."""
    command = [sys.executable, __file__, "--peak", name, precision, "--images", str(n_images)]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def compare(backbone, n_images, rounds):
    """Rows of the table, and notes."""
    precision, gain = faster_precision(backbone)
    reason = f"16 bits are {gain:.2f} x float32 on this CPU"
    # torchvision and fne copy the network before ours settles it in channels-last
    runs = {name: contender(name, own_copy(backbone), n_images, precision) for name in available()}
    seconds = alternating(runs, rounds)
    target = 1.8 if precision == "reduced" else 1.0
    rows = [
        at_least(f"speed against {name}", speedup(seconds, "ours", name), goal, reason)
        for name, goal in (("fne", target), ("torchvision", 1.0), ("bare", 0.9))
        if name in seconds
    ]
    peaks = {name: peak_in_own_process(name, n_images, precision) for name in runs}
    rows.append(at_most("peak memory / bare", peaks["ours"] / peaks["bare"], 1.1, "x"))
    per_image = {name: 1000 * np.median(times) / n_images for name, times in seconds.items()}
    notes = [f"Precision {precision}: {reason}."]
    notes += [
        f"{name}: {per_image[name]:.0f} ms an image, peak {peaks[name] / 2**20:.0f} MB"
        for name in runs
    ]
    difference = abs(runs["ours"]() - runs["torchvision"]()).max()
    notes.append(f"Largest difference of a feature to torchvision's: {difference:.1e}.")
    return rows, notes if "fne" in runs else [*notes, NO_FNE]


def main():
    parser = arguments(__doc__)
    parser.add_argument("--images", type=int, default=16, help="default: 16")
    parser.add_argument("--peak", nargs=2, metavar=("CONTENDER", "PRECISION"))
    options = parser.parse_args()
    backbone = load_backbone("vgg16", weights="random")
    if options.peak:
        name, precision = options.peak
        contender(name, backbone, options.images, precision)()
        print(peak_memory())
        return
    rows, notes = compare(backbone, options.images, options.rounds)
    show("Features of 15 layers of VGG16, 224 px, CPU", rows, notes)


if __name__ == "__main__":
    main()
