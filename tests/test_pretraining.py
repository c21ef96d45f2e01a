"""Pre-training: interrupted and resumed, written whole, and the same function after folding."""

import hashlib
import json

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file
from torchvision.transforms.v2 import functional as transforms

from scripts.remake import pretraining, runner
from tlcourse.datasets import photos
from tlcourse.datasets.drawn import HybridImages
from tlcourse.networks import sources
from tlcourse.networks.small_vgg import FC_WIDTH, MEAN, STD, as_input, small_vgg

pytestmark = pytest.mark.usefixtures("one_thread")
CYCLES = [{"epochs": 1, "peak_learning_rate": 0.02, "augmentation": a} for a in (1.0, 0.4)]
RECIPE = {**sources.RECIPE, "cycles": CYCLES, "batch_size": 20}


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """Tiny ImageNet's layout: of the 41 natural classes an image to train on, one to validate."""
    root, random = tmp_path_factory.mktemp("tiny"), np.random.default_rng(0)
    (root / "val" / "images").mkdir(parents=True)
    lines = []
    for label, wnid in enumerate(photos.class_names("natural")):
        folder = root / "train" / wnid / "images"
        folder.mkdir(parents=True)
        for file in (folder / f"{wnid}_0.JPEG", root / "val" / "images" / f"val_{label}.JPEG"):
            Image.fromarray(random.integers(0, 256, (64, 64, 3), dtype=np.uint8)).save(file)
        lines.append(f"val_{label}.JPEG\t{wnid}\t0\t0\t62\t62\n")
    (root / "val" / "val_annotations.txt").write_text("".join(lines), encoding="utf-8")
    return root


def train(root, folder, **changes):
    return pretraining.pretrain("natural", root, folder, {**RECIPE, **changes}, progress=False)


@pytest.fixture(scope="module")
def trained(root, tmp_path_factory):
    return train(root, tmp_path_factory.mktemp("whole"))


def interrupt_at_batch(monkeypatch, number):
    calls, augment = [], pretraining.augment

    def interrupted(*arguments):
        calls.append(1)
        if len(calls) == number:
            raise KeyboardInterrupt
        return augment(*arguments)

    monkeypatch.setattr(pretraining, "augment", interrupted)


class TestResuming:
    def test_interrupted_run_ends_with_the_same_weights(
        self, root, trained, tmp_path, monkeypatch, capsys
    ):
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            interrupt_at_batch(patch, 2)
            train(root, tmp_path)
        assert list(tmp_path.iterdir()) == []  # not one epoch
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            interrupt_at_batch(patch, 4)
            train(root, tmp_path)
        places, load = [], torch.load
        monkeypatch.setattr(
            torch, "load", lambda *a, **k: (places.append(k["map_location"]), load(*a, **k))[1]
        )
        network, measured = train(root, tmp_path)
        assert "Going on after epoch 1." in capsys.readouterr().out
        assert places == ["cpu"]  # whatever device the checkpoint is of
        torch.manual_seed(RECIPE["seed"])
        start, wanted = small_vgg(41, batch_norm=True).state_dict(), trained[0].state_dict()
        for name, tensor in network.state_dict().items():
            assert torch.equal(tensor, wanted[name]), name
            assert not torch.equal(tensor, start[name]), name
        accuracy = "source_validation_accuracy"
        assert measured[accuracy] == trained[1][accuracy]

    @pytest.mark.parametrize("change", [{"cycles": CYCLES}, {"precision": "bfloat16"}])
    def test_another_recipe_is_refused(self, root, tmp_path, change):
        once = {"cycles": CYCLES[:1]}
        train(root, tmp_path, **once)
        before = (tmp_path / "natural.checkpoint.pt").read_bytes()
        with pytest.raises(ValueError, match=r"checkpoint.pt has another recipe: delete it"):
            train(root, tmp_path, **{**once, **change})
        assert (tmp_path / "natural.checkpoint.pt").read_bytes() == before


@pytest.mark.parametrize("precision", pretraining.PRECISIONS)
def test_precision_is_of_the_arithmetic_and_not_of_the_weights(
    precision, root, tmp_path, monkeypatch
):
    seen = set()

    def note(layer, _, scores):
        if layer.training:
            seen.add(scores.dtype)

    def watched(*arguments, **options):
        network = small_vgg(*arguments, **options)
        network.fc8.register_forward_hook(note)
        return network

    monkeypatch.setattr(pretraining, "small_vgg", watched)
    network, _ = train(root, tmp_path, cycles=CYCLES[:1], precision=precision)
    assert seen == {pretraining.PRECISIONS[precision]}
    assert {parameter.dtype for parameter in network.parameters()} == {torch.float32}


class TestWriting:
    def write(self, trained, folder):
        return pretraining.write_backbone("natural", *trained, RECIPE, folder)

    def test_card_and_weights_are_the_trained_networks(self, trained, tmp_path):
        returned = self.write(trained, tmp_path)
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

    def test_failure_leaves_the_old_weights_and_no_half_card(self, trained, tmp_path, monkeypatch):
        def half_written(tensors, path):
            path.write_bytes(b"half")
            raise OSError("No space left on device")

        (tmp_path / "natural.safetensors").write_bytes(b"the old weights")
        with monkeypatch.context() as patch, pytest.raises(OSError, match="No space left"):
            patch.setattr(pretraining, "save_file", half_written)
            self.write(trained, tmp_path)
        assert (tmp_path / "natural.safetensors").read_bytes() == b"the old weights"
        with pytest.raises(TypeError):
            self.write((trained[0], {"accuracy": torch.ones(1)}), tmp_path)
        assert [file.name for file in tmp_path.iterdir()] == ["natural.safetensors"]


def test_augmentation_changes_each_image_by_its_generator_alone():
    images = torch.rand(16, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    before, state = images.clone(), torch.get_rng_state()
    one, again, other = (
        pretraining.augment(images, torch.Generator().manual_seed(seed)) for seed in (0, 0, 1)
    )
    assert one.shape == images.shape and one.isfinite().all() and torch.equal(images, before)
    assert torch.equal(one, again) and not torch.equal(one, other)
    assert torch.equal(torch.get_rng_state(), state)
    same = images[:1].repeat(16, 1, 1, 1)
    out = pretraining.augment(same, torch.Generator().manual_seed(0))
    distances = torch.cdist(out.flatten(1), torch.cat([out, same[:1]]).flatten(1))
    assert (distances + torch.eye(16, 17) * 100 > 1).all()  # no two change alike


def test_input_and_accuracy_by_hand():
    pixels = torch.randint(0, 256, (2, 3, 8, 8), dtype=torch.uint8)
    scaled = transforms.to_dtype(pixels, torch.float32, scale=True)
    torch.testing.assert_close(as_input(pixels), transforms.normalize(scaled, MEAN, STD))
    images = torch.zeros(600, 3, 2, 2, dtype=torch.uint8)
    images[:150, 0] = 255
    network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(12, 2))
    torch.nn.init.zeros_(network[1].bias)
    network[1].weight.data = torch.tensor([[-1.0], [1.0]]) * torch.tensor([1.0] * 4 + [0.0] * 8)
    assert pretraining.measure_accuracy(network, images, torch.ones(600)) == pytest.approx(0.25)
    assert not network.training


class TestCommand:
    @pytest.mark.parametrize(
        ("options", "words"),
        [
            (["natural", "--data", "nowhere"], "Tiny ImageNet was not found in .*nowhere"),
            (["drawn", "--epochs", "-1"], "^-1 epochs train nothing"),
            (["drawn", "--epochs", "0"], "^0 epochs train nothing"),
            (["drawn", "--device", "gpu"], "^'gpu' is not a device"),
            (["drawn", "--device", "cuda:99"], "^Device 'cuda:99' "),
        ],
    )
    def test_what_cannot_be_trained_is_said_before_any_picture(
        self, options, words, tmp_path, monkeypatch
    ):
        monkeypatch.setattr(pretraining, "as_tensors", lambda *_: pytest.fail("pictures were made"))
        with pytest.raises(SystemExit, match=words):
            runner.main(["pretraining", *options, "--out", str(tmp_path), "--quiet"])
        assert list(tmp_path.iterdir()) == []

    def test_drawn_pictures_need_no_data_set(self, tmp_path, monkeypatch, capsys):
        def few(split):
            """The first picture of ten classes and of the last."""
            images = HybridImages(split, 1)
            labels = [*range(10), len(images) - 1]
            pixels = np.stack([images[label][0] for label in labels])
            images.pixels, images.targets = lambda progress: pixels, labels
            return images

        monkeypatch.setattr(sources, "HybridImages", few)
        monkeypatch.setitem(sources.SHORT, "batch_size", 2)
        runner.main(["pretraining", "drawn", "--out", str(tmp_path), "--epochs", "1", "--quiet"])
        names = ["drawn.checkpoint.pt", "drawn.json", "drawn.safetensors"]
        assert sorted(file.name for file in tmp_path.iterdir()) == names
        card = json.loads((tmp_path / "drawn.json").read_text(encoding="utf-8"))
        assert card["command"] == "python -m scripts.remake pretraining drawn"
        shape = load_file(tmp_path / "drawn.safetensors")["fc8.weight"].shape
        assert shape == (len(card["classes"]), FC_WIDTH)
        out, err = capsys.readouterr()
        assert "drawn: epoch 1 of 1, loss" in out and err == ""
