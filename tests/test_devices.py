"""Devices: all are listed, the missing ones say why, names resolve to what torch can use."""

import os
from types import SimpleNamespace

import pytest
import torch

from tlcourse import devices as module
from tlcourse.devices import best_device, check_device, devices


def play(monkeypatch, *, cuda=None, gpus=0, mps_built=False, mps=False, driver=False):
    """Let torch and the machine look like another machine's."""
    monkeypatch.setattr(torch.version, "cuda", cuda)
    monkeypatch.setattr(torch.version, "hip", None)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: gpus > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
    card = SimpleNamespace(name="NVIDIA H100", total_memory=80 * 2**30)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda number: card)
    monkeypatch.setattr(torch.backends.mps, "is_built", lambda: mps_built)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    monkeypatch.setattr(module.shutil, "which", lambda name: "nvidia-smi" if driver else None)


def reason(name):
    return next(device.reason for device in devices() if device.name == name)


def test_every_kind_is_listed_and_only_missing_ones_have_a_reason():
    found = devices()
    assert [device.name for device in found] == ["cpu", "cuda", "mps"]
    for device in found:
        assert device.available == (device.reason == "")
        assert device.available or device.reason.endswith(".")


def test_cpu_is_always_there(monkeypatch):
    play(monkeypatch)
    assert best_device() == "cpu" and check_device("auto") == "cpu"
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    assert devices()[0].label.split()[1] == str(count)


def test_the_best_device_of_this_machine_computes():
    ones = torch.ones(3, device=best_device())
    assert ones.sum().item() == 3


@pytest.mark.parametrize(
    ("machine", "words"),
    [
        ({}, "no CUDA"),
        ({"cuda": "13.0"}, "no NVIDIA driver"),
        ({"cuda": "13.0", "driver": True}, "update the NVIDIA driver"),
    ],
)
def test_why_there_is_no_cuda(monkeypatch, machine, words):
    play(monkeypatch, **machine)
    assert words in reason("cuda")


@pytest.mark.parametrize(("machine", "words"), [({}, "no MPS"), ({"mps_built": True}, "macOS")])
def test_why_there_is_no_mps(monkeypatch, machine, words):
    play(monkeypatch, **machine)
    assert words in reason("mps")


def test_cuda_before_mps_before_cpu(monkeypatch):
    play(monkeypatch, mps_built=True, mps=True)
    assert best_device() == "mps"
    play(monkeypatch, cuda="13.0", gpus=1, mps_built=True, mps=True)
    assert best_device() == "cuda"
    assert devices()[1].label == "NVIDIA H100, 80 GB"


def test_a_missing_device_is_refused_with_its_reason(monkeypatch):
    play(monkeypatch)
    with pytest.raises(ValueError, match="'cuda' cannot be used: This torch build has no CUDA"):
        check_device("cuda")


def test_a_numbered_device_must_exist(monkeypatch):
    play(monkeypatch, cuda="13.0", gpus=2)
    assert check_device("cuda:1") == "cuda:1"
    for name in ("cuda:2", "cuda:one", "cpu:1"):
        with pytest.raises(ValueError, match="is not there"):
            check_device(name)


def test_an_unknown_device_is_refused():
    with pytest.raises(ValueError, match="'tpu' is not a device"):
        check_device("tpu")
