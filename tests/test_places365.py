"""Places365's checkpoints: pickles of Python 2 and PyTorch 0.2, tensors only, today's names."""

import pickle
import re
from types import SimpleNamespace

import pytest
import torch
from torch import nn
from torchvision import models

from tlcourse.networks import backbones, places365, weights
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
        if len(content) < 256:
            self.write(pickle.SHORT_BINSTRING + bytes([len(content)]) + content)
        else:
            self.write(pickle.BINSTRING + len(content).to_bytes(4, "little") + content)
        self.memoize(text)

    dispatch[str] = save_str


def dump(thing, stream, protocol):
    Python2Pickler(stream, protocol).dump(thing)


PYTHON2 = SimpleNamespace(__name__="cPickle", Pickler=Python2Pickler, dump=dump)


def save_as_published(state, file, **more):
    """As ``train_placesCNN.py`` of 2017 saved it."""
    checkpoint = {"epoch": 90, "arch": "r\xe9seau", "best_prec1": 54.7, "state_dict": state, **more}
    file.parent.mkdir(parents=True, exist_ok=True)
    options = {"pickle_protocol": 2, "_use_new_zipfile_serialization": False}
    torch.save(checkpoint, file, pickle_module=PYTHON2, **options)
    return file


def as_of_2017(state, architecture):
    """The names that PyTorch 0.2 gave to the tensors of today."""
    old = {}
    for name, tensor in state.items():
        if name.endswith("num_batches_tracked"):
            continue
        name = re.sub(r"(denselayer\d+\.(?:norm|conv))(\d)", r"\1.\2", name)
        inside = architecture == "alexnet" and name.startswith("features.")
        name = name.replace("features.", "features.module.", 1) if inside else f"module.{name}"
        old[name if inside or architecture != "alexnet" else name.removeprefix("module.")] = tensor
    return old


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.setenv("TLCOURSE_DATA", str(tmp_path))
    return tmp_path


@pytest.fixture(scope="module")
def network():
    return models.resnet18(weights=None, num_classes=365)


@pytest.mark.parametrize("architecture", places365.SIZES)
def test_names_of_2017_become_those_of_today(architecture):
    with torch.device("meta"):
        today = models.get_model(architecture, weights=None, num_classes=365).state_dict()
    old = as_of_2017(today, architecture)
    assert all("module." in name for name in old if "classifier" not in name)
    renamed = torchvision_names(old)
    assert renamed.keys() == today.keys()
    assert all(renamed[name] is today[name] for name in old.keys() & today.keys())
    assert all(renamed[name].shape == tensor.shape for name, tensor in today.items())


def test_alexnets_prefix_sits_inside_the_names():
    tensors = torch.zeros(2), torch.ones(2)
    old = {"features.module.0.weight": tensors[0], "classifier.1.weight": tensors[1]}
    assert torchvision_names(old) == {
        "features.0.weight": tensors[0],
        "classifier.1.weight": tensors[1],
    }


def test_names_of_today_stay(network):
    state = network.state_dict()
    renamed = torchvision_names(state)
    assert renamed.keys() == state.keys()
    assert all(renamed[name] is state[name] for name in state)
    counted = {
        "module.bn1.running_var": torch.ones(1),
        "module.bn1.num_batches_tracked": torch.ones(1),
    }
    assert torchvision_names(counted)["bn1.num_batches_tracked"] == 1


def test_a_published_file_loads_and_measures(data, network):
    from benchmark_archives import picture

    from tlcourse.datasets import ImageFolder
    from tlcourse.features.extraction import extract_features

    state = as_of_2017(network.state_dict(), "resnet18")
    save_as_published(state, places365.file_of("resnet18_places365"))
    backbone = load_backbone("resnet18", "places365")
    loaded = backbone.network.state_dict()
    assert all(torch.equal(loaded[name], tensor) for name, tensor in network.state_dict().items())
    for kind, colour in (("red", (200, 30, 30)), ("blue", (30, 30, 200))):
        (data / "own" / kind).mkdir(parents=True)
        (data / "own" / kind / "0.jpg").write_bytes(picture(colour))
    features = extract_features(
        backbone, ImageFolder(data / "own"), ["avgpool"], precision="float32", cache=False
    )
    assert features.matrix.shape == (2, 512) and features.matrix.any(axis=1).all()


def test_preprocessing_is_that_of_the_paper_and_not_the_newest_of_torchvision(data, monkeypatch):
    file = places365.file_of("resnet50_places365")
    file.parent.mkdir()
    file.touch()
    monkeypatch.setattr(backbones, "_load_own", lambda network, file: None)
    preprocess = load_backbone("resnet50", "places365").preprocess
    assert (preprocess.resize_size, preprocess.crop_size) == ([256], [224])
    assert models.ResNet50_Weights.DEFAULT.transforms().resize_size == [232]


def test_a_file_by_its_path(tmp_path, network):
    state = as_of_2017(network.state_dict(), "resnet18")
    file = save_as_published(state, tmp_path / "resnet18_places365.pth.tar")
    assert load_backbone("resnet18", file, n_classes=365).weights == str(file)
    with pytest.raises(WeightsError, match=r"\(and n_classes\)"):
        load_backbone("resnet18", file)


def test_objects_are_never_loaded(tmp_path):
    file = save_as_published({}, tmp_path / "evil.pth.tar", optimizer=nn.Linear(1, 1))
    with pytest.raises(WeightsError, match="holds pickled objects, which are never loaded"):
        weights.read_file(file)


def test_truncated(data, network):
    file = save_as_published({"module.a": torch.zeros(999)}, data / "cut.pth.tar")
    file.write_bytes(file.read_bytes()[:-999])
    with pytest.raises(WeightsError, match="cut.pth.tar is truncated or not a weights file"):
        weights.read_file(file)


def test_absent(data):
    with pytest.raises(WeightsError, match="run 'python3 start.py fetch alexnet_places365'"):
        load_backbone("alexnet", "places365")
    with pytest.raises(WeightsError, match="no PyTorch weights of vgg16: choose from alexnet"):
        load_backbone("vgg16", "places365")
    assert "fetch alexnet_places365" in check.places365_finding().remedy


class TestFetch:
    @pytest.fixture
    def host(self, data, monkeypatch):
        from file_server import file_server

        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        with file_server() as server:
            monkeypatch.setattr(places365, "HOST", server.address)
            file = save_as_published({"module.fc.weight": torch.ones(3)}, data / "made")
            server.files["alexnet_places365.pth.tar"] = file.read_bytes()
            yield server

    def test_terms_first_then_the_file(self, host, data, capsys):
        from tlcourse import cli

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
        with pytest.raises(WeightsError, match="never loaded"):
            places365.fetch_places365("alexnet_places365")
        assert not list((data / "places365").iterdir())
