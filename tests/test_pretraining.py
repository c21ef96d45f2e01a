"""Pre-training: interrupted and resumed, written whole, and the same function after folding."""

import hashlib
import json

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file
from torch import nn

from scripts.remake import pretraining, runner
from tlcourse.datasets import photos
from tlcourse.datasets.drawn import FAMILIES, HybridImages, hybrids
from tlcourse.finetuning import loop
from tlcourse.networks import small_vgg as networks_small_vgg
from tlcourse.networks import sources
from tlcourse.networks.small_vgg import FC_WIDTH, small_vgg

pytestmark = pytest.mark.usefixtures("one_thread")
CYCLES = [{"epochs": 1, "peak_learning_rate": 0.02, "augmentation": a} for a in (1.0, 0.4)]
RECIPE = {**sources.RECIPE, "cycles": CYCLES, "batch_size": 20}


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """Tiny ImageNet's layout: the 41 natural classes, 2 images each to train on, 1 to validate."""
    root, random = tmp_path_factory.mktemp("tiny"), np.random.default_rng(0)
    (root / "val" / "images").mkdir(parents=True)
    annotations = root / "val" / "val_annotations.txt"
    with annotations.open("w", encoding="utf-8", newline="\n") as lines:
        for label, wnid in enumerate(photos.class_names("natural")):
            folder = root / "train" / wnid / "images"
            folder.mkdir(parents=True)
            files = [folder / f"{wnid}_{number}.JPEG" for number in range(2)]
            for file in [*files, root / "val" / "images" / f"val_{label}.JPEG"]:
                pixels = random.integers(0, 256, (64, 64, 3), dtype=np.uint8)
                Image.fromarray(pixels).save(file)
            lines.write(f"val_{label}.JPEG\t{wnid}\t0\t0\t62\t62\n")
    return root


def train(root, folder, **changes):
    return pretraining.pretrain("natural", root, folder, {**RECIPE, **changes}, progress=False)


@pytest.fixture(scope="module")
def trained(root, tmp_path_factory):
    return train(root, tmp_path_factory.mktemp("whole"))


def interrupt_at_batch(monkeypatch, number):
    calls, augment = [], loop.augment

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
            interrupt_at_batch(patch, 6)
            train(root, tmp_path)
        network, measured = train(root, tmp_path)
        assert "Going on after epoch 1." in capsys.readouterr().out
        wanted = trained[0].state_dict()
        for name, tensor in network.state_dict().items():
            assert torch.equal(tensor, wanted[name]), name
        accuracy = "source_validation_accuracy"
        assert measured[accuracy] == trained[1][accuracy]

    def test_interrupted_before_the_first_epoch_leaves_nothing(self, root, tmp_path, monkeypatch):
        interrupt_at_batch(monkeypatch, 2)
        with pytest.raises(KeyboardInterrupt):
            train(root, tmp_path)
        assert list(tmp_path.iterdir()) == []

    def test_another_recipe_is_refused(self, root, tmp_path):
        train(root, tmp_path, cycles=CYCLES[:1])
        before = (tmp_path / "natural.checkpoint.pt").read_bytes()
        with pytest.raises(ValueError, match=r"checkpoint.pt has another recipe: delete it"):
            train(root, tmp_path, cycles=CYCLES)
        assert (tmp_path / "natural.checkpoint.pt").read_bytes() == before

    def test_a_checkpoint_of_another_device(self, root, tmp_path, monkeypatch):
        train(root, tmp_path, cycles=CYCLES[:1])
        places, load = [], torch.load
        monkeypatch.setattr(
            torch, "load", lambda *a, **k: (places.append(k["map_location"]), load(*a, **k))[1]
        )
        train(root, tmp_path, cycles=CYCLES[:1])
        assert places == ["cpu"]

    def test_training_changes_every_layer(self, trained):
        torch.manual_seed(RECIPE["seed"])
        start = small_vgg(41, batch_norm=True).state_dict()
        for name, tensor in trained[0].state_dict().items():
            assert not torch.equal(tensor, start[name]), name


class TestPrecision:
    @pytest.mark.parametrize("precision", pretraining.PRECISIONS)
    def test_of_the_arithmetic_and_of_the_weights(self, precision, root, tmp_path, monkeypatch):
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

    def test_is_part_of_the_recipe_that_is_resumed(self, root, tmp_path, monkeypatch):
        monkeypatch.setitem(sources.RECIPE, "batch_size", 20)
        options = ["--data", str(root), "--out", str(tmp_path), "--epochs", "1", "--quiet"]
        runner.main(["pretraining", "natural", *options])
        with pytest.raises(SystemExit, match="has another recipe"):
            runner.main(["pretraining", "natural", *options, "--precision", "bfloat16"])


class TestWriting:
    def write(self, trained, folder):
        return pretraining.write_backbone("natural", *trained, RECIPE, folder)

    def test_card(self, trained, tmp_path):
        returned = self.write(trained, tmp_path)
        card = json.loads((tmp_path / "natural.json").read_text(encoding="utf-8"))
        assert card == json.loads(json.dumps(returned))
        weights = (tmp_path / "natural.safetensors").read_bytes()
        assert card["sha256"] == hashlib.sha256(weights).hexdigest()
        assert card["classes"] == list(photos.class_names("natural").values())
        assert card["recipe"] == RECIPE
        assert card["measured"] == trained[1]
        assert card["parameters"] == sum(p.numel() for p in small_vgg(41).parameters())
        assert len(weights) < 4_000_000

    def test_weights_give_the_scores_of_the_trained_network(self, trained, tmp_path):
        self.write(trained, tmp_path)
        tensors = load_file(tmp_path / "natural.safetensors")
        assert {tensor.dtype for tensor in tensors.values()} == {torch.float16}
        shipped = small_vgg(41).eval()
        shipped.load_state_dict(tensors)
        images = torch.randn(4, 3, 64, 64, generator=torch.Generator().manual_seed(0))
        with torch.no_grad():
            wanted, got = trained[0].eval()(images), shipped(images)
        torch.testing.assert_close(got, wanted, atol=0.02, rtol=0.02)

    def test_failure_leaves_the_old_weights_whole(self, trained, tmp_path, monkeypatch):
        def half_written(tensors, path):
            path.write_bytes(b"half")
            raise OSError("No space left on device")

        (tmp_path / "natural.safetensors").write_bytes(b"the old weights")
        monkeypatch.setattr(pretraining, "save_file", half_written)
        with pytest.raises(OSError, match="No space left"):
            self.write(trained, tmp_path)
        assert [file.name for file in tmp_path.iterdir()] == ["natural.safetensors"]
        assert (tmp_path / "natural.safetensors").read_bytes() == b"the old weights"

    def test_no_half_card(self, trained, tmp_path):
        with pytest.raises(TypeError):
            self.write((trained[0], {"accuracy": torch.ones(1)}), tmp_path)
        assert [file.name for file in tmp_path.iterdir()] == ["natural.safetensors"]


class TestAugment:
    IMAGES = torch.rand(6, 3, 64, 64, generator=torch.Generator().manual_seed(1))

    def augment(self, images, seed=0):
        return loop.augment(images, torch.Generator().manual_seed(seed))

    def test_shape_and_finite(self):
        out = self.augment(self.IMAGES)
        assert out.shape == self.IMAGES.shape
        assert out.isfinite().all()

    def test_only_its_generator_decides(self):
        state = torch.get_rng_state()
        first, second = self.augment(self.IMAGES), self.augment(self.IMAGES)
        assert torch.equal(first, second)
        assert not torch.equal(first, self.augment(self.IMAGES, seed=1))
        assert torch.equal(torch.get_rng_state(), state)

    def test_no_image_stays_as_it_was_and_no_two_change_alike(self):
        same = self.IMAGES[:1].repeat(16, 1, 1, 1)
        out = self.augment(same)
        distances = torch.cdist(out.flatten(1), torch.cat([out, same[:1]]).flatten(1))
        assert (distances + torch.eye(16, 17) * 100 > 1).all()

    def test_input_is_not_written_to(self):
        before = self.IMAGES.clone()
        self.augment(self.IMAGES)
        assert torch.equal(self.IMAGES, before)


def test_as_input_is_that_of_torchvision():
    from torchvision.transforms.v2 import functional as transforms

    pixels = torch.randint(0, 256, (2, 3, 8, 8), dtype=torch.uint8)
    scaled = transforms.to_dtype(pixels, torch.float32, scale=True)
    wanted = transforms.normalize(scaled, networks_small_vgg.MEAN, networks_small_vgg.STD)
    torch.testing.assert_close(networks_small_vgg.as_input(pixels), wanted)


def test_measure_accuracy():
    images = torch.zeros(600, 3, 2, 2, dtype=torch.uint8)
    images[:150, 0] = 255
    network = nn.Sequential(nn.Flatten(), nn.Linear(12, 2))
    nn.init.zeros_(network[1].bias)
    network[1].weight.data = torch.tensor([[-1.0], [1.0]]) * torch.tensor([1.0] * 4 + [0.0] * 8)
    assert pretraining.measure_accuracy(network, images, torch.ones(600)) == pytest.approx(0.25)
    assert not network.training


class TestCommand:
    def test_missing_data_is_one_sentence(self, tmp_path):
        with pytest.raises(SystemExit, match=r"Tiny ImageNet was not found in .*nowhere"):
            runner.main(["pretraining", "natural", "--data", str(tmp_path / "nowhere")])

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            (["--epochs", "-1"], "^-1 epochs train nothing: take 1 or more.$"),
            (["--epochs", "0"], "^0 epochs train nothing: take 1 or more.$"),
            (["--device", "gpu"], "^'gpu' is not a device: take"),
            (["--device", "cuda:99"], "^Device 'cuda:99' "),
        ],
    )
    def test_what_cannot_be_trained_is_said_before_any_picture(
        self, options, words, tmp_path, monkeypatch
    ):
        monkeypatch.setattr(pretraining, "as_tensors", lambda *_: pytest.fail("pictures were made"))
        with pytest.raises(SystemExit, match=words):
            runner.main(["pretraining", "drawn", "--out", str(tmp_path), "--quiet", *options])
        assert list(tmp_path.iterdir()) == []

    def test_writes_weights_and_card(self, root, tmp_path, monkeypatch, capsys):
        monkeypatch.setitem(sources.RECIPE, "batch_size", 20)
        options = ["--data", str(root), "--out", str(tmp_path), "--epochs", "1", "--quiet"]
        runner.main(["pretraining", "natural", *options])
        names = ["natural.checkpoint.pt", "natural.json", "natural.safetensors"]
        assert sorted(file.name for file in tmp_path.iterdir()) == names
        out, err = capsys.readouterr()
        assert "natural: epoch 1 of 1, loss" in out
        assert err == ""

    def test_drawn_pictures_need_no_data_set(self, tmp_path, monkeypatch, capsys):
        few = {"train": 2, "val": 1}
        monkeypatch.setattr(sources, "HybridImages", lambda split: HybridImages(split, few[split]))
        monkeypatch.setitem(sources.SHORT, "batch_size", 20)
        runner.main(["pretraining", "drawn", "--out", str(tmp_path), "--epochs", "1", "--quiet"])
        card = json.loads((tmp_path / "drawn.json").read_text(encoding="utf-8"))
        assert card["classes"] == [name for family in FAMILIES for name in hybrids(family)]
        assert card["command"] == "python -m scripts.remake pretraining drawn"
        assert load_file(tmp_path / "drawn.safetensors")["fc8.weight"].shape == (
            len(card["classes"]),
            FC_WIDTH,
        )
        assert "drawn: epoch 1 of 1" in capsys.readouterr().out
