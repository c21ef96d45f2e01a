"""Weights from torchvision's host, and from files of one's own, whoever wrote them."""

import hashlib
import os
from types import SimpleNamespace

import pytest
import torch
from file_server import file_server
from filelock import FileLock
from safetensors.torch import save_file
from torchvision import models

from tlcourse import downloads
from tlcourse.networks import weights
from tlcourse.networks.backbones import load_backbone
from tlcourse.networks.weights import WeightsError


class TestFetchOfTorchvisionsWeights:
    """Against a host of this machine that breaks off, stalls, or sends something else."""

    @pytest.fixture
    def host(self, monkeypatch, tmp_path):
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
        monkeypatch.setattr(downloads.time, "sleep", lambda seconds: None)
        monkeypatch.setattr(downloads, "CHUNK", 50)
        with file_server() as server:
            content = bytes(range(256)) * 4
            name = f"net-{hashlib.sha256(content).hexdigest()[:8]}.pth"
            server.files[name] = content
            server.enum = SimpleNamespace(url=server.url(name))
            server.file = tmp_path / "checkpoints" / name
            yield server

    def fetch(self, host):
        return weights.fetch_torchvision(host.enum, "net")

    def test_an_interrupted_one_goes_on(self, host):
        host.breaks, host.statuses = [400], [0, 404]
        with pytest.raises(WeightsError, match="404 .*python3 start.py fetch net"):
            self.fetch(host)
        part = host.file.with_name(f"{host.file.name}.part")
        assert part.stat().st_size == 400 and not host.file.exists()
        assert self.fetch(host) == host.file
        assert host.file.read_bytes() == host.files[host.file.name]
        assert [asked for _, asked in host.asked] == ["", "bytes=400-", "bytes=400-"]

    def test_a_host_that_stalls_is_not_waited_for_without_end(self, host, monkeypatch):
        monkeypatch.setattr(downloads, "PATIENCE", (1, 0.05))
        host.marks, host.stalls = False, 400
        with pytest.raises(WeightsError, match="could not be downloaded .*timed out"):
            self.fetch(host)
        assert len(host.asked) == downloads.TRIES + 1 and not host.file.exists()

    def test_other_content_is_not_kept(self, host):
        host.files[host.file.name] = b"other"
        with pytest.raises(WeightsError, match="published checksum .SHA-256.*it was not kept"):
            self.fetch(host)
        assert not list(host.file.parent.glob("net*"))

    def test_one_process_at_a_time(self, host):
        host.file.parent.mkdir()
        with FileLock(host.file.with_name(f".{host.file.name}.lock")):
            with pytest.raises(WeightsError, match="Another process is fetching net"):
                self.fetch(host)
        assert self.fetch(host) == host.file

    @pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root writes everywhere")
    def test_what_is_there_is_used_from_a_folder_that_cannot_be_written(self, host):
        self.fetch(host).parent.chmod(0o500)
        assert self.fetch(host) == host.file


@pytest.fixture(scope="module")
def squeezenet():
    return models.squeezenet1_1(weights=None).eval()


def loaded_equals(file, network):
    loaded = load_backbone("squeezenet1_1", file).network.state_dict()
    return all(torch.equal(loaded[key], value) for key, value in network.state_dict().items())


@pytest.mark.parametrize(
    "owner",
    ["module.", "_orig_mod.", "_orig_mod.module.", "module._orig_mod.", "model.", "net."]
    + ["backbone.", "model.backbone.", "my.own_name."],
)
def test_owners_names_before_those_of_the_network(tmp_path, squeezenet, owner):
    state = {owner + key: value for key, value in squeezenet.state_dict().items()}
    torch.save(state, tmp_path / "own.pth")
    assert loaded_equals(tmp_path / "own.pth", squeezenet)


def test_a_part_that_was_compiled(tmp_path, squeezenet):
    state = squeezenet.state_dict()
    state = {key.replace("features.", "features._orig_mod."): state[key] for key in state}
    torch.save(state, tmp_path / "own.pth")
    assert loaded_equals(tmp_path / "own.pth", squeezenet)


def test_two_networks_in_one_file_are_not_chosen_from(tmp_path, squeezenet):
    state = squeezenet.state_dict()
    both = {owner + key: state[key] for owner in ("teacher.", "student.") for key in state}
    torch.save(both, tmp_path / "own.pth")
    with pytest.raises(WeightsError, match=r"more than one such network \(teacher\., student\.\)"):
        load_backbone("squeezenet1_1", tmp_path / "own.pth")


@pytest.mark.parametrize(
    "wrap",
    [
        lambda state, other: {"state_dict": state},
        lambda state, other: {"model": state, "epoch": 1, "optimizer": {"state": {}}},
        lambda state, other: {"model_state_dict": state, "loss": 0.5},
        lambda state, other: {"model": {"state_dict": state}},
        lambda state, other: {
            "state_dict": {"model." + key: state[key] for key in state}
            | {"criterion.weight": torch.ones(2)}
        },
        lambda state, other: {"model": other, "model_ema": state},
        lambda state, other: {
            "model": other,
            "model_ema": {"n_averaged": torch.tensor(9)}
            | {"module.module." + key: state[key] for key in state},
        },
        lambda state, other: {"state_dict": other, "state_dict_ema": state},
    ],
)
def test_usual_wrappings_of_a_checkpoint(tmp_path, squeezenet, wrap):
    state = squeezenet.state_dict()
    other = {key: torch.zeros_like(value) for key, value in state.items()}
    torch.save(wrap(state, other), tmp_path / "checkpoint.pth")
    assert loaded_equals(tmp_path / "checkpoint.pth", squeezenet)


def test_bundled_and_lecture_names_have_owners_too(tmp_path):
    natural = load_backbone("natural").network.state_dict()
    torch.save({"module." + key: natural[key] for key in natural}, tmp_path / "natural.pth")
    loaded = load_backbone("natural", tmp_path / "natural.pth").network.state_dict()
    assert all(torch.equal(loaded[key], natural[key]) for key in natural)


@pytest.mark.parametrize(
    "content, said",
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "pointer of Git"),
        (b"\r\n<!DOCTYPE html><html><body>Sign in</body></html>", "is a web page and not"),
        (b"\xef\xbb\xbf<html lang='de'>", "is a web page and not the weights: download the file"),
        (b'{"error": "quota exceeded"}', r"is text and not weights \(it begins '\{.error"),
        (b"", "is empty, zero bytes"),
    ],
)
@pytest.mark.parametrize("name", ["net.pth", "net.safetensors", "net.bin"])
def test_what_is_no_weights_file_is_named(tmp_path, name, content, said):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(WeightsError, match=said):
        load_backbone("natural", tmp_path / name)


@pytest.mark.parametrize("damage", ["int32", "nan", "inf"])
def test_values_that_are_no_weights_are_not_used(tmp_path, damage):
    state = load_backbone("natural", "random").network.state_dict()
    if damage == "int32":
        state["fc7.weight"] = state["fc7.weight"].view(torch.int32)
    else:
        state["fc7.weight"][0, 0] = float(damage)
    save_file(state, tmp_path / "own.safetensors")
    with pytest.raises(WeightsError, match="altered: tensor 'fc7.weight' (is of type|has values)"):
        load_backbone("natural", tmp_path / "own.safetensors")
