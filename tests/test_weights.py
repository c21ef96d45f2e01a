"""Weights from torchvision's host, and from files of one's own, whoever wrote them."""

import hashlib
from types import SimpleNamespace

import pytest
import torch
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
    def host(self, server, monkeypatch, tmp_path):
        monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
        monkeypatch.setattr(downloads.time, "sleep", lambda seconds: None)
        monkeypatch.setattr(downloads, "CHUNK", 50)
        content = bytes(range(256)) * 4
        name = f"net-{hashlib.sha256(content).hexdigest()[:8]}.pth"
        server.files[name] = content
        server.file = tmp_path / "checkpoints" / name
        enum = SimpleNamespace(url=server.url(name))
        server.fetch = lambda: weights.fetch_torchvision(enum, "net")
        return server

    def test_a_host_that_stalls_is_not_waited_for_without_end(self, host, monkeypatch):
        monkeypatch.setattr(downloads, "PATIENCE", (1, 0.05))
        host.marks, host.stalls = False, 400
        with pytest.raises(WeightsError, match="could not be downloaded .*timed out"):
            host.fetch()
        assert len(host.asked) == downloads.TRIES + 1 and not host.file.exists()

    def test_one_process_at_a_time_unless_it_is_there(self, host):
        host.file.parent.mkdir()
        with FileLock(host.file.with_name(f".{host.file.name}.lock")):
            with pytest.raises(WeightsError, match="Another process is fetching net"):
                host.fetch()
            host.file.write_bytes(host.files[host.file.name])
            assert host.fetch() == host.file
        assert host.asked == []


@pytest.fixture(scope="module")
def squeezenet():
    return models.squeezenet1_1(weights=None).eval().state_dict()


def under(owner, state):
    """Each name of a state dict behind another."""
    return {owner + key: state[key] for key in state}


OWNERS = ["module.", "_orig_mod.module.", "model.", "model.backbone.", "my.own_name."]
WRAPPINGS = {
    **{owner: lambda state, _, owner=owner: under(owner, state) for owner in OWNERS},
    "a part that was compiled": lambda state, _: {
        key.replace("features.", "features._orig_mod."): state[key] for key in state
    },
    "model_state_dict": lambda state, _: {"model_state_dict": state, "loss": 0.5},
    "two of them": lambda state, _: {"model": {"state_dict": state}, "optimizer": {"state": {}}},
    "with a loss": lambda state, _: {
        "state_dict": {**under("model.", state), "criterion.weight": torch.ones(2)}
    },
    "average of PyTorch": lambda state, other: {
        "model": other,
        "model_ema": {"n_averaged": torch.tensor(9), **under("module.module.", state)},
    },
    "another average": lambda state, other: {"state_dict": other, "state_dict_ema": state},
}


@pytest.mark.parametrize("wrapping", WRAPPINGS)
def test_usual_wrappings_and_owners_before_the_networks_names(tmp_path, squeezenet, wrapping):
    other = {key: torch.zeros_like(value) for key, value in squeezenet.items()}
    torch.save(WRAPPINGS[wrapping](squeezenet, other), tmp_path / "own.pth")
    loaded = load_backbone("squeezenet1_1", tmp_path / "own.pth").network.state_dict()
    assert all(torch.equal(loaded[key], squeezenet[key]) for key in squeezenet)


def test_two_networks_in_one_file_are_not_chosen_from(tmp_path, squeezenet):
    both = under("teacher.", squeezenet) | under("student.", squeezenet)
    torch.save(both, tmp_path / "own.pth")
    with pytest.raises(WeightsError, match=r"more than one such network \(teacher\., student\.\)"):
        load_backbone("squeezenet1_1", tmp_path / "own.pth")


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
@pytest.mark.parametrize("name", ["net.pth", "net.safetensors"])
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
