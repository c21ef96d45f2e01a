"""Features: which side of the ReLU, which mode, which order, and a cache that never lies."""

import threading
from unittest import mock

import numpy as np
import pytest
import torch
from PIL import Image, ImageOps
from torch import nn
from torch.utils.data import Subset

from tlcourse.datasets import ImageFolder
from tlcourse.features import cache as feature_cache
from tlcourse.features import extraction
from tlcourse.features.extraction import Features, extract_features, shipped_features
from tlcourse.networks.backbones import load_backbone, recorded_means


class Pictures(list):
    """A few coloured pictures in memory, with their labels."""

    classes = ["one", "two"]

    def __init__(self, n=5, seed=0):
        pixels = np.random.default_rng(seed).integers(0, 256, (n, 64, 64, 3), dtype=np.uint8)
        super().__init__((Image.fromarray(array), i % 2) for i, array in enumerate(pixels))


def features_of(backbone, dataset, layers=("fc7",), *device, **options):
    """Extracted anew."""
    return extract_features(backbone, dataset, layers, *device, cache=False, **options)


def assert_close(found, wanted):
    np.testing.assert_allclose(found, wanted, rtol=2e-3, atol=2e-3)


@pytest.fixture
def folder(tmp_path):
    """Two classes of two pictures, and what is to be made of them."""
    for number, (image, label) in enumerate(Pictures(4)):
        file = tmp_path / "pictures" / Pictures.classes[label] / f"{number}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        image.save(file)
    return tmp_path / "pictures"


class TestOnePass:
    @pytest.mark.parametrize("layer", ["conv1_1", "conv3_2", "fc6", "fc7"])
    def test_features_are_after_relu_averaged_over_space(self, natural, layer):
        """As module by module, the ReLU applied out of place."""
        value = torch.stack([natural.preprocess(image) for image, _ in Pictures()])
        for name, module in natural.network.named_children():
            value = torch.relu(value) if isinstance(module, nn.ReLU) else module(value)
            if name == natural.layers[layer]:
                break
        found = features_of(natural, Pictures(), [layer]).matrix
        assert found.min() >= 0
        assert_close(found, (value.mean(dim=(2, 3)) if value.ndim == 4 else value).detach())

    def test_dropout_is_off_and_hooks_and_modes_are_restored(self, natural):
        natural.network.train()
        once, twice = (features_of(natural, Pictures(), None).matrix for _ in range(2))
        assert np.array_equal(once, twice)
        assert all(module.training for module in natural.network.modules())
        natural.network.eval()
        natural.network.drop6.train()
        recorded = recorded_means(natural.network, {"fc6": "relu6"}, natural.outputs)
        with pytest.raises(RuntimeError), recorded:
            assert not natural.network.drop6.training
            natural.network(torch.zeros(1, 4, 64, 64))
        assert natural.network.drop6.training and not natural.network.relu6._forward_hooks
        natural.network.eval()

    def test_rows_follow_the_data_set_whatever_the_batch(self, natural):
        dataset, order = Pictures(9), [4, 8, 0, 3, 1, 7, 2, 6, 5]
        straight = features_of(natural, dataset, None, batch_size=9)
        shuffled = features_of(natural, Subset(dataset, order), None, batch_size=4)
        single = features_of(natural, dataset, None, batch_size=1)
        assert_close(single.matrix, straight.matrix)
        assert_close(shuffled.matrix, straight.matrix[order])
        assert shuffled.labels.tolist() == straight.labels[order].tolist()

    def test_select_is_the_columns_of_the_layers(self):
        matrix = np.arange(12, dtype=np.float32).reshape(2, 6)
        found = Features(matrix, np.array([0, 1]), ["a", "b"], {"conv1_1": 1, "fc6": 2, "fc7": 3})
        assert found.select(["fc7", "conv1_1"]).tolist() == [[0, 3, 4, 5], [6, 9, 10, 11]]
        assert np.shares_memory(found.select(["fc6", "fc7"]), matrix)
        with pytest.raises(ValueError, match="no features of layer 'fc8'.*conv1_1"):
            found.select("fc8")
        with pytest.raises(ValueError, match="at least one layer"):
            found.select([])

    @pytest.mark.parametrize(
        ("name", "last", "second"),
        [
            ("convnext_tiny", ["features.1.0.block.3", "features.7.2.block.4"], ["features.1.0"]),
            ("swin_t", ["features.0.1", "features.1.0.mlp.0"], ["permute", "features.0.0"]),
            ("resnet18", [], ["layer1", "avgpool"]),
        ],
    )
    def test_features_are_averaged_over_space_wherever_the_channels_are(self, name, last, second):
        backbone, seen = load_backbone(name, "random"), {}
        found = features_of(backbone, Pictures(2), last + second, precision="float32")
        assert found.about["activation"].startswith("as the module gives it")
        for layer in last + second:
            axes = (1, 2) if layer in last else (2, 3)
            keep = lambda _, __, output, k=layer, a=axes: seen.update({k: output.mean(a)})  # noqa: E731
            backbone.network.get_submodule(layer).register_forward_hook(keep)
        with torch.inference_mode():
            backbone.network(torch.stack([backbone.preprocess(image) for image, _ in Pictures(2)]))
        for layer, wanted in seen.items():
            assert_close(found.select(layer), wanted)

    def test_a_data_set_of_any_kind_is_read_in_the_calling_thread(self, natural):
        class Frames(Pictures):
            readers = set()

            def __getitem__(self, index):
                self.readers.add(threading.get_ident())
                return super().__getitem__(index)

        features_of(natural, Frames(12), batch_size=4)
        assert Frames.readers == {threading.get_ident()}


class TestPrecision:
    def test_reduced_precision_stays_close(self, natural):
        full, reduced = (
            features_of(natural, Pictures(12), None, device, precision=precision)
            for device, precision in (("cpu", "float32"), ("cpu:0", "reduced"))
        )
        assert reduced.about["precision"] == "bfloat16"
        for layer in full.layer_sizes:
            a, b = full.select(layer), reduced.select(layer)
            cosine = (a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)
            assert cosine.min() > extraction.SAFE_COSINE

    @pytest.mark.parametrize(
        ("seconds", "factor", "chosen"),
        [
            ((9, 1), 1, "bfloat16"),
            ((9, 9), 1, "float32"),
            ((9, 1), -1, "float32"),  # faster but wrong
            ((0.001, 0.0001), 1, "float32"),  # too short to matter
        ],
    )
    def test_auto_takes_16_bits_where_they_pay(self, natural, monkeypatch, seconds, factor, chosen):
        means = torch.rand(8, 512)
        trials = iter([(seconds[0], {"fc7": means}), (seconds[1], {"fc7": factor * means})])
        monkeypatch.setattr(extraction, "_trial", lambda *_: next(trials))
        assert features_of(natural, Pictures(20)).about["precision"] == chosen


class TestWhatIsRefused:
    @pytest.mark.parametrize(
        ("n", "options", "message"),
        [
            (5, {"layers": ["fc99"]}, "no layer called 'fc99'"),
            (5, {"precision": "half"}, "precision is 'half': choose"),
            (5, {"device": "tpu"}, "tpu"),
            (0, {}, "data set is empty"),
        ],
    )
    def test_bad_arguments_say_what_to_choose(self, natural, n, options, message):
        with pytest.raises(ValueError, match=message):
            features_of(natural, Pictures(n), **options)

    def test_unreadable_images_are_named_and_no_entry_is_left(self, natural, own_cache, folder):
        (folder / "two" / "empty.png").write_bytes(b"")
        with pytest.warns(UserWarning, match=r"empty\.png"):
            found = features_of(natural, ImageFolder(folder))
        assert len(found.labels) == 4 and "empty.png" in found.about["left_out"][0]
        (folder / "two" / "empty.png").unlink()
        damaged_later = ImageFolder(folder)
        damaged_later.files[2].write_bytes(b"")
        with pytest.raises(ValueError, match=r"two.1\.png"):
            extract_features(natural, damaged_later)
        file = damaged_later.files[1]
        file.write_bytes(file.read_bytes()[:3000])
        with pytest.raises(ValueError, match="Image 0 of the data set cannot be read .*truncated"):
            extract_features(natural, [(Image.open(file), 0)])
        assert not (own_cache / "features").exists()


@pytest.mark.parametrize("cache", [False, True])
def test_labels_index_the_classes_which_are_those_of_this_data_set(natural, own_cache, cache):
    (one, _), (two, _), *_ = renamed = Pictures(4)
    renamed.classes = np.arange(2)
    for dataset, classes, labels in (
        (Subset(Subset(Pictures(4), [1, 2, 3]), [0, 2]), ["one", "two"], [1, 1]),
        (Pictures(4), ["one", "two"], [0, 1, 0, 1]),
        (renamed, ["0", "1"], [0, 1, 0, 1]),
        ([(one, 0), (two, 2)], ["0", "1", "2"], [0, 2]),
        ([(one, 40_000), (two, 70_001)], None, [40_000, 70_001]),
    ):
        for _ in range(2):
            found = extract_features(natural, dataset, ["fc7"], cache=cache)
            assert found.labels.tolist() == labels
            assert classes is None or found.classes == classes


@pytest.fixture
def passes(monkeypatch):
    """Passes through a network."""
    watched = mock.Mock(wraps=extraction._stream)
    monkeypatch.setattr(extraction, "_stream", watched)
    return watched


@pytest.mark.usefixtures("own_cache")
class TestCache:
    def test_asking_again_reads_it_and_more_layers_extend_it(self, natural, passes):
        first = extract_features(natural, Pictures(), ["fc6"])
        for _ in range(2):  # extended, then read
            other = extract_features(natural, Pictures(), ["fc7"])
            assert list(other.layer_sizes) == ["fc7"]
        both = extract_features(natural, Pictures(), ["fc7", "fc6"])
        assert [call.args[3] for call in passes.call_args_list] == [["fc6"], ["fc6", "fc7"]]
        assert list(both.layer_sizes) == ["fc6", "fc7"]  # in the order of the network
        assert np.array_equal(both.select("fc6"), first.matrix)
        assert np.array_equal(other.matrix, features_of(natural, Pictures()).matrix)

    def test_other_images_weights_or_labels_miss_it(self, passes):
        backbone, relabelled = load_backbone("natural"), Pictures()
        relabelled[0] = relabelled[0][0], 1
        for dataset in (Pictures(), Pictures(seed=1), relabelled):
            extract_features(backbone, dataset, ["fc7"])
        with torch.no_grad():
            backbone.network.fc7.weight.zero_()
        found = extract_features(backbone, Pictures(), ["fc7"])
        assert passes.call_count == 4
        assert np.array_equal(found.matrix, features_of(backbone, Pictures()).matrix)

    def test_a_data_set_that_changes_its_images_is_not_known_by_its_files(self, natural, folder):
        class Inverted(ImageFolder):
            def __getitem__(self, index):
                image, label = super().__getitem__(index)
                return ImageOps.invert(image), label

        plain, inverted = (
            extract_features(natural, kind(folder), ["fc7"]).matrix
            for kind in (ImageFolder, Inverted)
        )
        assert np.array_equal(inverted, features_of(natural, Inverted(folder)).matrix)
        assert not np.allclose(inverted, plain, atol=0.01)

    def test_one_that_cannot_be_written_is_a_warning(self, natural, own_cache):
        (own_cache / "features").write_bytes(b"a file where a folder is to be")
        with pytest.warns(UserWarning, match="Not kept .*cannot be written .*TLCOURSE") as seen:
            found = extract_features(natural, Pictures(), ["fc7"])
        assert len(seen) == 1
        assert np.array_equal(found.matrix, features_of(natural, Pictures()).matrix)


def kept(folder, matrix, eight_bits):
    """The features that an entry of these gives back."""
    about = np.zeros(len(matrix), dtype=int), ["a"], {"fc7": matrix.shape[1]}, {}
    feature_cache.write_file(folder / "f.npz", matrix, *about, eight_bits)
    return feature_cache.read_file(folder / "f.npz")["matrix"]


class TestShipped:
    def test_rounding_is_within_half_a_step_and_large_or_ternary_values_stay(self, tmp_path):
        random = np.random.default_rng(0)
        matrix = random.gamma(0.3, 2, (50, 8)).astype(np.float32) - [0, 0, 0, 0, 0, 0, 1, 5]
        matrix[:, 3] = 0
        step = (matrix.max(axis=0) - np.minimum(matrix.min(axis=0), 0)) / 255
        assert (np.abs(kept(tmp_path, matrix, True) - matrix) <= 0.501 * step).all()
        large = np.array([[-1e5, 1], [-2, 70_000]], dtype=np.float32)
        rounded = large.copy()
        feature_cache.round_in_place(rounded)
        assert np.array_equal(rounded, large)
        assert np.array_equal(kept(tmp_path, large, False), large)
        ternary = random.integers(-1, 2, (7, 13)).astype(np.int8)
        assert np.array_equal(kept(tmp_path, ternary, True), ternary)

    def test_features_of_other_weights_and_of_no_family_are_refused(self, monkeypatch):
        with pytest.raises(ValueError, match="No features of 'birds'.*manmade, natural"):
            shipped_features("natural", "birds")
        monkeypatch.setattr(extraction.weights, "read_card", lambda name: {"sha256": "another"})
        shipped_features.cache_clear()
        with pytest.raises(RuntimeError, match="made by other weights.*git checkout"):
            shipped_features("natural", "insects")
