"""Devices: all are listed, the missing ones say why, names resolve to what torch can use."""

import os
from types import SimpleNamespace

import pytest
import torch

from tlcourse import devices as module
from tlcourse.devices import best_device, check_device, devices


@pytest.fixture
def play(monkeypatch):
    """Lets torch and the machine look like another machine's."""

    def play(*, cuda=None, gpus=0, mps_built=False, mps=False, driver=False):
        monkeypatch.setattr(torch.version, "cuda", cuda)
        monkeypatch.setattr(torch.version, "hip", None)
        monkeypatch.setattr(torch.cuda, "is_available", lambda: gpus > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
        card = SimpleNamespace(name="NVIDIA H100", total_memory=80 * 2**30)
        monkeypatch.setattr(torch.cuda, "get_device_properties", lambda number: card)
        monkeypatch.setattr(torch.backends.mps, "is_built", lambda: mps_built)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
        monkeypatch.setattr(module.shutil, "which", lambda name: "there" if driver else None)

    return play


@pytest.mark.parametrize(
    ("machine", "name", "words"),
    [
        ({}, "cuda", "no CUDA"),
        ({"cuda": "13.0"}, "cuda", "no NVIDIA driver"),
        ({"cuda": "13.0", "driver": True}, "cuda", "update the NVIDIA driver"),
        ({}, "mps", "no MPS"),
        ({"mps_built": True}, "mps", "macOS"),
    ],
)
def test_why_a_device_is_missing(play, machine, name, words):
    play(**machine)
    assert words in next(device.reason for device in devices() if device.name == name)
    with pytest.raises(ValueError, match=f"'{name}' cannot be used: .*{words}"):
        check_device(name)


def test_cuda_before_mps_before_cpu(play):
    assert torch.ones(3, device=best_device()).sum().item() == 3  # of this machine
    play()
    assert best_device() == check_device("auto") == "cpu"
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    assert devices()[0].label.split()[1] == str(count)
    play(mps_built=True, mps=True)
    assert best_device() == "mps"
    play(cuda="13.0", gpus=2, mps_built=True, mps=True)
    found = devices()
    assert [device.name for device in found] == ["cpu", "cuda", "mps"]
    assert all(device.available and device.reason == "" for device in found)
    assert best_device() == "cuda" and check_device("cuda:1") == "cuda:1"
    assert found[1].label == "NVIDIA H100, 80 GB"
    for name in ("cuda:2", "cuda:one", "cpu:1"):
        with pytest.raises(ValueError, match="is not there"):
            check_device(name)
    with pytest.raises(ValueError, match="'tpu' is not a device"):
        check_device("tpu")
