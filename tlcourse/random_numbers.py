"""torch's own random numbers, which all threads of a process share: kept, and seeded."""

import threading
from contextlib import contextmanager

import torch

_ONE_THREAD = threading.RLock()


@contextmanager
def kept(device="cpu"):
    """The block may seed and draw; afterwards the CPU's and the device's numbers go on as before.

    One thread at a time is in such a block: a run in the background and the notebook do not
    change each other's numbers.
    """
    kind = torch.device(device).type
    own = [] if kind == "cpu" else [device]
    with _ONE_THREAD, torch.random.fork_rng(devices=own, device_type=kind):
        yield


def seed(number, device="cpu"):
    """Seed the CPU's generator and the device's."""
    kind = torch.device(device).type
    torch.default_generator.manual_seed(number)
    if kind == "cuda":
        with torch.cuda.device(device):
            torch.cuda.manual_seed(number)
    elif kind == "mps":
        torch.mps.manual_seed(number)
