"""Images ready for training: tensors, labels, and what a frozen network says of them."""

import time
import zlib
from dataclasses import dataclass, field

import torch
from tqdm import tqdm

from tlcourse.datasets.items import class_names, read_item
from tlcourse.networks.small_vgg import as_input

PASS = 100  # images in one pass through a frozen network
KEPT = 4  # frozen outputs of one set of images that are remembered


@dataclass(eq=False)
class PreparedImages:
    """Images as a backbone takes them, all in memory.

    ``inputs``, float32 (n, 3, side, side), are standardised; ``labels`` (n,) index ``classes``.
    """

    inputs: torch.Tensor
    labels: torch.Tensor
    classes: list[str]
    _kept: dict = field(default_factory=dict, repr=False)

    def __len__(self):
        return len(self.labels)

    def subset(self, rows):
        """Some of the images, by their rows, of the same classes."""
        rows = torch.as_tensor(rows)
        return PreparedImages(self.inputs[rows], self.labels[rows], self.classes)

    def digest(self):
        """Tells one set of images from another, by some of their pixels and all labels."""
        total = self.inputs[..., ::8, ::8].sum(dtype=torch.float64).item()
        return f"{len(self)} images {total!r} {zlib.crc32(self.labels.numpy().tobytes())}"

    def passed_through(self, bottom, key, device="cpu", progress=True):
        """What a frozen network says of each image, computed once for each ``key``."""
        if key not in self._kept:
            while len(self._kept) >= KEPT:
                self._kept.pop(next(iter(self._kept)))
            self._kept[key] = _timed_pass(bottom, self.inputs, device, progress)
        return self._kept[key]


def prepare_images(backbone, images, progress=True):
    """Any images as tensors for a backbone, a ``PreparedImages``; done once, they serve many runs.

    ``images`` is a Dataset of images and labels (``tlcourse.datasets.items``), PreparedImages, or a
    pair of tensors: images (n, 3, side, side), uint8 or already standardised, and labels (n,).
    Raises ValueError if there is no image, one cannot be read, or labels do not fit.
    """
    if isinstance(images, PreparedImages):
        return images
    if is_empty(images):
        raise ValueError("There is no image: give a data set of images and labels, or tensors.")
    if isinstance(images, tuple):
        return _from_tensors(*images)
    silent = {} if progress else {"disable": True}
    rows = tqdm(range(len(images)), "preparing", unit="image", delay=2, **silent)
    items = [read_item(images, row) for row in rows]
    inputs = torch.stack([backbone.preprocess(image) for image, _ in items])
    labels = torch.tensor([label for _, label in items])
    return PreparedImages(inputs, labels, class_names(images, labels))


def is_empty(images):
    """Whether there is no image in what should be images."""
    if images is None or not len(images):
        return True
    return isinstance(images, tuple) and not len(images[0])


def _from_tensors(inputs, labels):
    labels = torch.as_tensor(labels).long()
    if inputs.ndim != 4 or inputs.shape[1] != 3 or len(inputs) != len(labels):
        raise ValueError(
            f"Images are {tuple(inputs.shape)} and labels {tuple(labels.shape)}: give (n, 3, side, "
            "side) and (n,)."
        )
    if labels.min() < 0:
        raise ValueError(f"A label is {labels.min()}: labels go from 0 on, leave such images out.")
    inputs = as_input(inputs) if inputs.dtype == torch.uint8 else inputs.float()
    return PreparedImages(inputs, labels, class_names(None, labels))


@torch.no_grad()
def _timed_pass(bottom, inputs, device, progress):
    silent = {} if progress else {"disable": True}
    started, started_cpu = time.perf_counter(), time.process_time()
    batches = tqdm(inputs.split(PASS), "frozen layers", delay=2, **silent)
    outputs = torch.cat([bottom(to_device(batch, device)).cpu() for batch in batches])
    return outputs, time.perf_counter() - started, time.process_time() - started_cpu


def to_device(batch, device):
    """A batch on its device; images with their channels last, which convolutions like."""
    layout = torch.channels_last if batch.ndim == 4 else torch.preserve_format
    return batch.to(device, memory_format=layout)
