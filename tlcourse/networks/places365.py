"""Places365's official PyTorch checkpoints: scenes instead of objects as the source.

Zhou et al. 2017 publish AlexNet, ResNet-18, ResNet-50 and DenseNet-161 for PyTorch (VGG16 for Caffe
only). The files are pickles that Python 2 and PyTorch 0.2 wrote: tensors alone are read from them,
never objects, and their names are brought to those of today's torchvision.
"""

import re

import torch

from tlcourse import downloads, paths
from tlcourse.networks.weights import WeightsError, read_file

N_CLASSES = 365
SIZES = {"alexnet": 234, "resnet18": 46, "resnet50": 97, "densenet161": 116}

HOST = "http://places2.csail.mit.edu/models_places365"
PAGE = "https://github.com/CSAILVision/places365"
TERMS = "CC BY, with credit to Zhou et al. 2017 or http://places2.csail.mit.edu"
NAMES = tuple(f"{architecture}_places365" for architecture in SIZES)


def torchvision_names(state):
    """A state dict under the names, and with the counters, of today's torchvision."""
    state = {re.sub(r"(^|\.)module\.", r"\1", name): tensor for name, tensor in state.items()}
    dense = re.compile(r"(denselayer\d+\.(?:norm|relu|conv))\.(\d)")
    renamed = {dense.sub(r"\1\2", name): tensor for name, tensor in state.items()}
    variances = [name for name in renamed if name.endswith(".running_var")]
    counters = [name.replace("running_var", "num_batches_tracked") for name in variances]
    return {name: torch.tensor(0) for name in counters} | renamed


def checkpoint_file(architecture):
    """The fetched checkpoint of a network."""
    if architecture not in SIZES:
        raise WeightsError(
            f"Places365 has no PyTorch weights of {architecture}: choose from {', '.join(SIZES)}."
        )
    file = file_of(f"{architecture}_places365")
    if not file.exists():
        raise WeightsError(
            f"{file} is not on this machine: run 'python3 start.py fetch {architecture}_places365'."
        )
    return file


def fetch_places365(name):
    """Download one of the checkpoints, such as "alexnet_places365", unless it is there; its Path.

    It is read once: raises WeightsError if what came holds anything but tensors, and DownloadError
    if nothing came.
    """
    file = file_of(name)
    was_there = file.exists()
    remote = downloads.RemoteFile(f"{HOST}/{name}.pth.tar", SIZES[name.removesuffix("_places365")])
    downloads.download(remote, file.parent, PAGE)
    try:
        read_file(file)
    except WeightsError:
        if not was_there:
            file.unlink()
            downloads.recorded_checksum(file).unlink(missing_ok=True)
        raise
    return file


def terms_of(name):
    """What a user agrees to before the download starts, as text of a few lines."""
    return "\n".join(
        [
            f"{name}: a network of Places365, 365 kinds of scenes (Zhou et al. 2017)",
            f"  source    {PAGE}",
            f"  terms     {TERMS}",
            f"  download  {SIZES[name.removesuffix('_places365')]} MB",
            "  checksum  none published: not checked, the first download's SHA-256 is kept",
        ]
    )


def file_of(name):
    """Where a checkpoint is kept, whether it is there or not."""
    return paths.data_folder() / "places365" / f"{name}.pth.tar"
