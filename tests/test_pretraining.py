"""Pre-training: resumed, written whole; batch normalisations folded in, put back, estimated."""

import hashlib
import json
from unittest import mock

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file
from torch import nn
from torch.nn.modules.module import register_module_forward_hook
from torchvision.transforms.v2 import functional as transforms

from scripts.remake import pretraining, runner
from tlcourse.datasets import photos
from tlcourse.networks import sources
from tlcourse.networks.batch_norm import calibrate, with_batch_norm
from tlcourse.networks.layers import small_vgg_backbone
from tlcourse.networks.small_vgg import MEAN, STD, as_input, fold_batch_norm, small_vgg

pytestmark = pytest.mark.usefixtures("one_thread")
CYCLES = [{"epochs": 1, "peak_learning_rate": 0.02, "augmentation": a} for a in (1.0, 0.4)]
RECIPE = {**sources.RECIPE, "cycles": CYCLES, "batch_size": 20}


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """Tiny ImageNet's layout: of the 41 natural classes an image to train on, one to validate."""
    root, random, lines = tmp_path_factory.mktemp("tiny"), np.random.default_rng(0), []
    for label, wnid in enumerate(photos.class_names("natural")):
        for file in (f"train/{wnid}/images/{wnid}_0.JPEG", f"val/images/val_{label}.JPEG"):
            (root / file).parent.mkdir(parents=True, exist_ok=True)
            noise = random.integers(0, 256, (64, 64, 3), dtype=np.uint8)
            Image.fromarray(noise).save(root / file)
        lines.append(f"val_{label}.JPEG\t{wnid}\t0\t0\t62\t62\n")
    (root / "val" / "val_annotations.txt").write_text("".join(lines), encoding="utf-8")
    return root


def train(root, folder, **changes):
    return pretraining.pretrain("natural", root, folder, {**RECIPE, **changes}, progress=False)


@pytest.fixture(scope="module")
def trained(root, tmp_path_factory):
    return train(root, tmp_path_factory.mktemp("whole"))


def interrupt_at_batch(monkeypatch, number):
    effects = [*[mock.DEFAULT] * (number - 1), KeyboardInterrupt]
    watched = mock.Mock(wraps=pretraining.augment, side_effect=effects)
    monkeypatch.setattr(pretraining, "augment", watched)


def test_an_interrupted_run_ends_the_same(root, trained, tmp_path, monkeypatch, capsys):
    for batch in (2, 4):
        assert list(tmp_path.iterdir()) == []  # not one epoch
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            interrupt_at_batch(patch, batch)
            train(root, tmp_path)
    load = mock.Mock(wraps=torch.load)
    monkeypatch.setattr(torch, "load", load)
    network, measured = train(root, tmp_path)
    assert "Going on after epoch 1." in capsys.readouterr().out
    (call,) = load.call_args_list
    assert call.kwargs["map_location"] == "cpu"  # whatever device the checkpoint is of
    torch.manual_seed(RECIPE["seed"])
    start, wanted = small_vgg(41, batch_norm=True).state_dict(), trained[0].state_dict()
    for name, tensor in network.state_dict().items():
        assert torch.equal(tensor, wanted[name]), name
        assert not torch.equal(tensor, start[name]), name
    accuracy = "source_validation_accuracy"
    assert measured[accuracy] == trained[1][accuracy]


@pytest.mark.parametrize("precision", pretraining.PRECISIONS)
def test_precision_is_of_the_arithmetic_and_another_recipe_is_refused(precision, root, tmp_path):
    seen = set()

    def note(layer, _, scores):
        if layer.training and isinstance(layer, nn.Linear):
            seen.add(scores.dtype)

    hook = register_module_forward_hook(note)
    network, _ = train(root, tmp_path, cycles=CYCLES[:1], precision=precision)
    hook.remove()
    assert seen == {pretraining.PRECISIONS[precision]}
    assert {parameter.dtype for parameter in network.parameters()} == {torch.float32}
    before = (tmp_path / "natural.checkpoint.pt").read_bytes()
    (other,) = set(pretraining.PRECISIONS) - {precision}
    for change in ({"precision": precision}, {"cycles": CYCLES[:1], "precision": other}):
        with pytest.raises(ValueError, match=r"checkpoint.pt has another recipe: delete it"):
            train(root, tmp_path, **change)
    assert (tmp_path / "natural.checkpoint.pt").read_bytes() == before


def test_card_and_weights_are_the_trained_networks(trained, tmp_path):
    returned = pretraining.write_backbone("natural", *trained, RECIPE, tmp_path)
    card = json.loads((tmp_path / "natural.json").read_text(encoding="utf-8"))
    assert card == json.loads(json.dumps(returned))
    weights = (tmp_path / "natural.safetensors").read_bytes()
    assert card["sha256"] == hashlib.sha256(weights).hexdigest()
    assert card["classes"] == list(photos.class_names("natural").values())
    assert card["recipe"] == RECIPE and card["measured"] == trained[1]
    assert len(weights) < 4_000_000
    shipped = small_vgg(41).eval()
    assert card["parameters"] == sum(p.numel() for p in shipped.parameters())
    tensors = load_file(tmp_path / "natural.safetensors")
    assert {tensor.dtype for tensor in tensors.values()} == {torch.float16}
    shipped.load_state_dict(tensors)
    images = torch.randn(4, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        wanted, got = trained[0].eval()(images), shipped(images)
    torch.testing.assert_close(got, wanted, atol=0.02, rtol=0.02)


def test_failure_leaves_the_old_weights_and_no_half_card(trained, tmp_path, monkeypatch):
    def half_written(tensors, path):
        path.write_bytes(b"half")
        raise OSError("No space left on device")

    file = tmp_path / "natural.safetensors"
    file.write_bytes(b"the old weights")
    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space left"):
        patch.setattr(pretraining, "save_file", half_written)
        pretraining.write_backbone("natural", *trained, RECIPE, tmp_path)
    assert file.read_bytes() == b"the old weights"
    with pytest.raises(TypeError):
        measured = {"accuracy": torch.ones(1)}
        pretraining.write_backbone("natural", trained[0], measured, RECIPE, tmp_path)
    assert list(tmp_path.iterdir()) == [file]


def test_augmentation_changes_each_image_by_its_generator_alone():
    image = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    images = image.repeat(16, 1, 1, 1)
    before, state = images.clone(), torch.get_rng_state()
    one, again, other = (
        pretraining.augment(images, torch.Generator().manual_seed(seed)) for seed in (0, 0, 1)
    )
    assert one.shape == images.shape and one.isfinite().all() and torch.equal(images, before)
    assert torch.equal(one, again) and not torch.equal(one, other)
    assert torch.equal(torch.get_rng_state(), state)
    distances = torch.cdist(one.flatten(1), torch.cat([one, image]).flatten(1))
    assert (distances + torch.eye(16, 17) * 100 > 1).all()  # no two change alike


def test_input_and_accuracy_by_hand():
    pixels = torch.randint(0, 256, (2, 3, 8, 8), dtype=torch.uint8)
    scaled = transforms.to_dtype(pixels, torch.float32, scale=True)
    torch.testing.assert_close(as_input(pixels), transforms.normalize(scaled, MEAN, STD))
    images, network = torch.zeros(600, 3, 1, 1, dtype=torch.uint8), nn.Flatten()
    images[:150, 1] = images[150:, 0] = 255  # the largest of three scores is the second, the first
    assert pretraining.measure_accuracy(network, images, torch.ones(600)) == pytest.approx(0.25)
    assert not network.training


class TestCommand:
    @pytest.mark.parametrize(
        ("options", "words"),
        [
            (["natural", "--data", "nowhere"], "Tiny ImageNet was not found in .*nowhere"),
            (["drawn", "--epochs", "0"], "^0 epochs train nothing"),
            (["drawn", "--device", "gpu"], "^'gpu' is not a device"),
        ],
    )
    def test_what_cannot_be_trained_is_said_first(self, options, words, tmp_path, monkeypatch):
        monkeypatch.setattr(pretraining, "as_tensors", lambda *_: pytest.fail("pictures were made"))
        with pytest.raises(SystemExit, match=words):
            runner.main(["pretraining", *options, "--out", str(tmp_path), "--quiet"])
        assert list(tmp_path.iterdir()) == []

    def test_weights_and_card_are_written(self, root, tmp_path, monkeypatch, capsys):
        monkeypatch.setitem(sources.SOURCES["natural"].recipe, "batch_size", 20)
        options = "--data", str(root), "--out", str(tmp_path), "--epochs", "1", "--quiet"
        runner.main(["pretraining", "natural", *options])
        names = ["natural.checkpoint.pt", "natural.json", "natural.safetensors"]
        assert sorted(file.name for file in tmp_path.iterdir()) == names
        card = json.loads((tmp_path / "natural.json").read_text(encoding="utf-8"))
        assert card["command"].startswith("python -m scripts.remake pretraining natural")
        out, err = capsys.readouterr()
        assert "natural: epoch 1 of 1, loss" in out and err == ""


@torch.no_grad()
def test_the_folded_network_is_the_trained_one():
    """A network whose batch normalisations have seen data: no statistic is at its start."""
    torch.manual_seed(0)
    trained = small_vgg(5, batch_norm=True).train()
    for module in trained.modules():
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 2)
            nn.init.uniform_(module.bias, -1, 1)
    for _ in range(2):
        trained(2 * torch.randn(8, 3, 64, 64) + 0.5)
    before = {name: tensor.clone() for name, tensor in trained.state_dict().items()}
    folded, images = fold_batch_norm(trained), torch.randn(8, 3, 64, 64)
    assert all(torch.equal(before[name], tensor) for name, tensor in trained.state_dict().items())
    assert not any(module.training for module in folded.modules())
    assert [n for n, _ in folded.named_children()] == [n for n, _ in small_vgg(5).named_children()]
    scores = folded(images)
    torch.testing.assert_close(scores, trained.eval()(images), atol=1e-4, rtol=1e-4)
    assert scores.shape == (8, 5) and scores.std() > 0.1


@pytest.fixture(scope="module")
def images():
    generator = torch.Generator().manual_seed(0)
    return torch.randn(12, 3, 64, 64, generator=generator), torch.arange(12) % 2


@torch.no_grad()
def test_the_function_stays_and_on_the_images_of_the_statistics_in_train_mode_too(natural, images):
    restored = with_batch_norm(natural, images)
    network, others = restored.network, images[0][:3].flip(3)
    expected = natural.network.eval()(others)
    torch.testing.assert_close(network(others), expected, rtol=1e-4, atol=1e-4)
    expected = network[:2](images[0])
    network.train()
    torch.testing.assert_close(network[:2](images[0]), expected, rtol=1e-3, atol=1e-3)
    with pytest.raises(ValueError, match="without batch normalisation"):
        with_batch_norm(restored, images)


@torch.no_grad()
def test_calibrated_statistics_are_those_of_the_images(images):
    start = small_vgg_backbone()
    found = calibrate(start, images).network
    expected = start.network.conv1_1(images[0]).mean((0, 2, 3))
    torch.testing.assert_close(found.bn1_1.running_mean, expected, rtol=1e-4, atol=1e-5)
    assert not start.network.bn1_1.running_mean.any()
    assert not found.training and not any(module.training for module in found.modules())
