"""Places365's checkpoints: pickles of Python 2 and PyTorch 0.2, tensors only, today's names."""

import pickle
import re
from types import SimpleNamespace

import pytest
import torch
from torch import nn
from torchvision import models

from tlcourse import cli
from tlcourse.networks import backbones, places365
from tlcourse.networks.backbones import load_backbone
from tlcourse.networks.places365 import torchvision_names
from tlcourse.networks.weights import WeightsError
from tlcourse.tools import check

pytestmark = pytest.mark.filterwarnings("error")


class Python2Pickler(pickle._Pickler):
    """Writes text as Python 2 did: bytes without an encoding."""

    dispatch = dict(pickle._Pickler.dispatch)

    def save_str(self, text):
        content = text.encode("latin1")
        kind, width = (pickle.SHORT_BINSTRING, 1) if len(content) < 256 else (pickle.BINSTRING, 4)
        self.write(kind + len(content).to_bytes(width, "little") + content)
        self.memoize(text)

    dispatch[str] = save_str


PYTHON2 = SimpleNamespace(
    __name__="cPickle",
    Pickler=Python2Pickler,
    dump=lambda thing, stream, protocol: Python2Pickler(stream, protocol).dump(thing),
)


def save_as_published(state, file, **more):
    """As ``train_placesCNN.py`` of 2017 saved it."""
    checkpoint = {"epoch": 90, "arch": "r\xe9seau", "best_prec1": 54.7, "state_dict": state, **more}
    file.parent.mkdir(parents=True, exist_ok=True)
    options = {"pickle_protocol": 2, "_use_new_zipfile_serialization": False}
    torch.save(checkpoint, file, pickle_module=PYTHON2, **options)
    return file


def as_of_2017(state, architecture):
    """The names that PyTorch 0.2 gave to the tensors of today; AlexNet's prefix is inside them."""
    old = {}
    for name, tensor in state.items():
        name = re.sub(r"(denselayer\d+\.(?:norm|conv))(\d)", r"\1.\2", name)
        if architecture != "alexnet":
            name = f"module.{name}"
        elif name.startswith("features."):
            name = name.replace("features.", "features.module.", 1)
        if not name.endswith("num_batches_tracked"):
            old[name] = tensor
    return old


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.setenv("TLCOURSE_DATA", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("architecture", places365.SIZES)
def test_names_of_2017_become_those_of_today_which_stay(architecture):
    with torch.device("meta"):
        today = models.get_model(architecture, weights=None, num_classes=365).state_dict()
    old = as_of_2017(today, architecture)
    assert all("module." in name for name in old if "classifier" not in name)
    for known in (old, today):
        renamed = torchvision_names(known)
        assert renamed.keys() == today.keys()
        counters = {name for name in today if name.endswith("num_batches_tracked")}
        assert all(renamed[name] is today[name] for name in today.keys() - counters)
        assert all(renamed[name].shape == () for name in counters)
    if counters:
        counted = {"module.bn1.running_var": 0, "module.bn1.num_batches_tracked": 1}
        assert torchvision_names(counted)["bn1.num_batches_tracked"] == 1


def test_a_published_file_loads_by_its_name_or_its_path(data):
    state = models.resnet18(weights=None, num_classes=365).state_dict()
    old = as_of_2017(state, "resnet18")
    file = save_as_published(old, places365.file_of("resnet18_places365"))
    loaded = load_backbone("resnet18", "places365").network.state_dict()
    assert all(torch.equal(loaded[name], tensor) for name, tensor in state.items())
    moved = file.rename(data / "resnet18_places365.pth.tar")
    assert load_backbone("resnet18", moved, n_classes=365).weights == str(moved)
    with pytest.raises(WeightsError, match=r"\(and n_classes\)"):
        load_backbone("resnet18", moved)


def test_preprocessing_is_that_of_the_paper_and_not_the_newest_of_torchvision(data, monkeypatch):
    file = places365.file_of("resnet50_places365")
    file.parent.mkdir()
    file.touch()
    monkeypatch.setattr(backbones, "_load_own", lambda network, file: None)
    with torch.device("meta"):
        preprocess = load_backbone("resnet50", "places365").preprocess
    assert (preprocess.resize_size, preprocess.crop_size) == ([256], [224])
    assert models.ResNet50_Weights.DEFAULT.transforms().resize_size == [232]


def test_absent(data):
    with pytest.raises(WeightsError, match="run 'python3 start.py fetch alexnet_places365'"):
        load_backbone("alexnet", "places365")
    with pytest.raises(WeightsError, match="no PyTorch weights of vgg16: choose from alexnet"):
        load_backbone("vgg16", "places365")
    assert "fetch alexnet_places365" in check.places365_finding().remedy


class TestFetch:
    @pytest.fixture
    def host(self, server, data, monkeypatch):
        monkeypatch.setattr(places365, "HOST", server.address)
        file = save_as_published({"module.fc.weight": torch.ones(3)}, data / "made")
        server.files["alexnet_places365.pth.tar"] = file.read_bytes()
        return server

    def test_terms_first_then_the_file(self, host, capsys):
        assert cli.main(["fetch", "alexnet_places365"]) == 1
        assert "CC BY" in capsys.readouterr().out and not host.asked
        assert cli.main(["fetch", "--yes", "alexnet_places365"]) == 0
        file = places365.file_of("alexnet_places365")
        assert file.exists() and str(file) in capsys.readouterr().out
        assert cli.main(["fetch", "alexnet_places365"]) == 0
        assert len(host.asked) == 1

    def test_a_file_with_objects_is_refused_and_not_kept(self, host, data):
        file = save_as_published({}, data / "evil", optimizer=nn.Linear(1, 1))
        host.files["alexnet_places365.pth.tar"] = file.read_bytes()
        with pytest.raises(WeightsError, match="holds pickled objects, which are never loaded"):
            places365.fetch_places365("alexnet_places365")
        assert not list((data / "places365").iterdir())
