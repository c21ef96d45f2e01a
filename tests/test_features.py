"""Features: which side of the ReLU, which mode, which order, and a cache that never lies."""

import os
import threading

import numpy as np
import pytest
import torch
from PIL import Image, ImageOps
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Normalizer
from torch import nn
from torch.utils.data import Dataset, Subset

from scripts.remake.shipping import SPLITS, extract_family
from tlcourse import paths
from tlcourse.classifiers.svm import LinearSVM
from tlcourse.datasets import FAMILIES, PHOTO_SOURCES, ImageFolder
from tlcourse.datasets.photos import default_root
from tlcourse.features import cache as feature_cache
from tlcourse.features import extraction
from tlcourse.features.extraction import Features, extract_features, shipped_features
from tlcourse.networks.backbones import load_backbone, recorded_means


class Pictures(Dataset):
    """A few coloured pictures in memory."""

    classes = ["one", "two"]

    def __init__(self, n=5, seed=0):
        pixels = np.random.default_rng(seed).integers(0, 256, (n, 64, 64, 3), dtype=np.uint8)
        self.images = [Image.fromarray(array) for array in pixels]
        self.targets = [index % 2 for index in range(n)]

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        return self.images[index], self.targets[index]


def features_of(backbone, dataset, layers=("fc7",), *device, **options):
    """Extracted anew."""
    return extract_features(backbone, dataset, layers, *device, cache=False, **options)


def assert_close(found, wanted):
    np.testing.assert_allclose(found, wanted, rtol=2e-3, atol=2e-3)


@pytest.fixture
def folder(tmp_path):
    """Two classes of two pictures, and what is to be made of them."""
    for number, image in enumerate(Pictures(4).images):
        file = tmp_path / "pictures" / ("one", "two")[number % 2] / f"{number}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        image.save(file)
    return tmp_path / "pictures"


class TestOnePass:
    @pytest.mark.parametrize("layer", ["conv1_1", "conv3_2", "fc6", "fc7"])
    def test_features_are_after_relu_averaged_over_space(self, natural, layer):
        """As module by module, the ReLU applied out of place."""
        rows = []
        for image, _ in Pictures():
            value = natural.preprocess(image)[None]
            for name, module in natural.network.named_children():
                value = torch.relu(value) if isinstance(module, nn.ReLU) else module(value)
                if name == natural.layers[layer]:
                    break
            rows.append(value.mean(dim=(2, 3)) if value.ndim == 4 else value)
        found = features_of(natural, Pictures(), [layer]).matrix
        assert found.min() >= 0
        assert_close(found, torch.cat(rows).detach().numpy())

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

    def test_a_data_set_of_one_handle_is_read_by_one_thread_at_a_time(self, natural):
        class Frames(Pictures):
            """One buffer that each item is read into, as of a file that is open."""

            buffer, readers = Image.new("RGB", (64, 64)), set()

            def __getitem__(self, index):
                self.readers.add(threading.get_ident())
                self.buffer.paste(self.images[index])
                return self.buffer, self.targets[index]

        found, wanted = (
            features_of(natural, kind(40), batch_size=8) for kind in (Frames, Pictures)
        )
        assert np.array_equal(found.matrix, wanted.matrix)
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
        ("seconds", "spoilt", "chosen"),
        [
            ((9, 1), False, "bfloat16"),
            ((9, 9), False, "float32"),
            ((9, 1), True, "float32"),
            ((0.001, 0.0001), False, "float32"),
        ],
        ids=["faster and safe", "not faster", "faster but wrong", "too short to matter"],
    )
    def test_auto_takes_16_bits_only_where_they_pay(
        self, natural, monkeypatch, seconds, spoilt, chosen
    ):
        trial, clock = extraction._trial, list(seconds)

        def timed(*arguments):
            means = trial(*arguments)[1]
            if spoilt and len(clock) == 1:
                means = {layer: mean.flip(1) for layer, mean in means.items()}
            return clock.pop(0), means

        monkeypatch.setattr(extraction, "_trial", timed)
        assert features_of(natural, Pictures(20), ["fc6", "fc7"]).about["precision"] == chosen


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

    def test_an_unreadable_image_is_named_and_no_entry_is_left(self, natural, user_cache, folder):
        class Broken(Pictures):
            def __getitem__(self, index):
                if index == 3:
                    raise OSError("image file is truncated")
                return super().__getitem__(index)

        for cache in (True, False):
            with pytest.raises(ValueError, match="Image 3 .*truncated"):
                extract_features(natural, Broken(), cache=cache)
        damaged_later = ImageFolder(folder)
        damaged_later.files[2].write_bytes(b"")
        with pytest.raises(ValueError, match=r"two.1\.png"):
            extract_features(natural, damaged_later)
        assert not list(user_cache.rglob("*"))

    def test_left_out_files_are_named_in_the_features(self, natural, folder):
        (folder / "two" / "empty.png").write_bytes(b"")
        with pytest.warns(UserWarning, match=r"empty\.png"):
            found = features_of(natural, ImageFolder(folder))
        assert len(found.labels) == 4 and "empty.png" in found.about["left_out"][0]


class TestLabelsAndClasses:
    @pytest.mark.parametrize("cache", [False, True])
    def test_labels_index_the_classes_also_of_a_part_or_without_names(
        self, natural, user_cache, cache
    ):
        images = Pictures(4).images
        part = Subset(Subset(Pictures(4), [1, 2, 3]), [0, 2])
        for dataset, classes, labels in (
            (part, ["one", "two"], [1, 1]),
            ([(images[0], 0), (images[1], 2)], ["0", "1", "2"], [0, 2]),
            ([(images[0], 40_000), (images[1], 70_001)], None, [40_000, 70_001]),
        ):
            for _ in range(2):
                found = extract_features(natural, dataset, ["fc7"], cache=cache)
                assert found.labels.tolist() == labels
                assert classes is None or found.classes == classes

    def test_classes_are_those_of_this_data_set_and_text_whatever_the_cache_holds(
        self, natural, user_cache, passes
    ):
        dataset = Pictures()
        for classes in (np.arange(2), np.array(["a", "b"]), {0: "x", 1: "y"}, (None, 2.5)):
            dataset.classes = classes
            for _ in range(2):
                found = extract_features(natural, dataset, ["fc7"]).classes
                assert found == list(map(str, classes))
        assert len(passes) == 1
        assert extract_features(natural, dataset, ["fc6"]).classes == ["None", "2.5"]


@pytest.fixture
def passes(monkeypatch):
    """The layers of each pass through a network."""
    seen, stream = [], extraction._stream

    def counted(*arguments):
        seen.append(arguments[3])
        return stream(*arguments)

    monkeypatch.setattr(extraction, "_stream", counted)
    return seen


@pytest.mark.usefixtures("user_cache")
class TestCache:
    def test_asking_again_reads_it_and_more_layers_extend_it(self, natural, passes):
        first = extract_features(natural, Pictures(), ["fc6"])
        assert np.array_equal(extract_features(natural, Pictures(), ["fc6"]).matrix, first.matrix)
        for _ in range(2):  # extended, then read
            other = extract_features(natural, Pictures(), ["fc7"])
            assert list(other.layer_sizes) == ["fc7"]
            assert np.array_equal(other.matrix, features_of(natural, Pictures()).matrix)
        both = extract_features(natural, Pictures(), ["fc7", "fc6"])
        assert list(both.layer_sizes) == ["fc6", "fc7"]  # in the order of the network
        assert np.array_equal(both.select("fc6"), first.matrix)
        assert [each for each in passes if each != ["fc7"]] == [["fc6"], ["fc6", "fc7"]]

    def test_other_images_weights_or_labels_miss_it(self, passes):
        backbone, relabelled = load_backbone("natural"), Pictures()
        relabelled.targets = [1, *relabelled.targets[1:]]
        for dataset in (Pictures(), Pictures(seed=1), relabelled):
            extract_features(backbone, dataset, ["fc7"])
        with torch.no_grad():
            backbone.network.fc7.weight.zero_()
        found = extract_features(backbone, Pictures(), ["fc7"])
        assert len(passes) == 4
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

    def test_names_of_files_need_not_be_text(self, natural, user_cache, tmp_path):
        for name in (b"\xe9", b"tea"):
            folder = os.path.join(os.fsencode(tmp_path), b"pictures", name)
            try:
                os.makedirs(folder)
            except (OSError, UnicodeError):
                pytest.skip("this file system takes names that are text only")
            with open(os.path.join(folder, b"\xe9.png"), "wb") as file:
                Pictures().images[0].save(file, "PNG")
        dataset = ImageFolder(tmp_path / "pictures")
        first, again = (extract_features(natural, dataset, ["fc7"]) for _ in range(2))
        assert first.classes == again.classes == ["tea", r"\udce9"]
        assert len(list(user_cache.rglob("*.npz"))) == 1

    @pytest.mark.parametrize("place", ["cache", "cache/features"])
    def test_one_that_cannot_be_written_is_a_warning(self, natural, user_cache, place):
        blocked = user_cache.parent / place
        blocked.parent.mkdir(exist_ok=True)
        blocked.write_bytes(b"a file where a folder is to be")
        with pytest.warns(UserWarning, match="Not kept .*cannot be written .*TLCOURSE") as seen:
            found = extract_features(natural, Pictures(), ["fc7"])
        assert len(seen) == 1
        assert np.array_equal(found.matrix, features_of(natural, Pictures()).matrix)


def kept(tmp_path, matrix, eight_bits):
    """The features that an entry of these gives back."""
    labels, sizes = np.zeros(len(matrix), dtype=int), {"fc7": matrix.shape[1]}
    feature_cache.write_file(tmp_path / "f.npz", matrix, labels, ["a"], sizes, {}, eight_bits)
    return feature_cache.read_file(tmp_path / "f.npz")["matrix"]


class TestShipped:
    def test_rounding_is_within_half_a_step_and_large_or_ternary_values_stay(self, tmp_path):
        matrix = np.random.default_rng(0).gamma(0.3, 2, (50, 8)).astype(np.float32)
        matrix[:, 3] = 0
        step = matrix.max(axis=0) / 255
        assert (np.abs(kept(tmp_path, matrix, True) - matrix) <= 0.501 * step).all()
        large = np.array([[-1e5, 1], [-2, 70_000]], dtype=np.float32)
        rounded = large.copy()
        feature_cache.round_in_place(rounded)
        assert np.array_equal(rounded, large) and np.array_equal(
            kept(tmp_path, large, False), large
        )
        ternary = np.random.default_rng(0).integers(-1, 2, (7, 13)).astype(np.int8)
        assert np.array_equal(kept(tmp_path, ternary, True), ternary)
        tolerance = 0.004 * np.abs(large).max(axis=0)
        assert (np.abs(kept(tmp_path, large, True) - large) <= tolerance).all()

    @pytest.mark.parametrize("name", PHOTO_SOURCES)
    def test_features_hold_what_the_design_asks_for(self, name):
        for family in FAMILIES:
            train, test = shipped_features(name, family)
            assert np.bincount(train.labels).tolist() == [40] * len(train.classes)
            assert np.bincount(test.labels).tolist() == [50] * len(test.classes)
            assert sum(train.layer_sizes.values()) == train.matrix.shape[1]
            assert list(train.layer_sizes)[-2:] == ["fc6", "fc7"]
        files = (paths.SHIPPED_FEATURES / name).glob("*.npz")
        assert sum(file.stat().st_size for file in files) <= 12e6

    def test_features_of_other_weights_and_of_no_family_are_refused(self, monkeypatch):
        with pytest.raises(ValueError, match="No features of 'birds'.*manmade, natural"):
            shipped_features("natural", "birds")
        monkeypatch.setattr(extraction.weights, "read_card", lambda name: {"sha256": "another"})
        shipped_features.cache_clear()
        with pytest.raises(RuntimeError, match="made by other weights.*git checkout"):
            shipped_features("natural", "insects")

    @pytest.mark.skipif(not default_root().is_dir(), reason="Tiny ImageNet is not in TLCOURSE_DATA")
    @pytest.mark.parametrize("name", PHOTO_SOURCES)
    def test_features_can_be_recomputed_and_8_bits_change_one_image_in_500_at_most(self, name):
        backbone, shipped = load_backbone(name), shipped_features(name, "insects")
        whole = [extract_family(backbone, "insects", s, default_root(), False) for s in SPLITS]
        step = whole[1].matrix.max(axis=0) / 255
        assert (np.abs(shipped[1].matrix - whole[1].matrix) <= 0.51 * step + 1e-3).all()
        assert np.array_equal(shipped[1].labels, whole[1].labels)
        right = []
        for train, test in (shipped, whole):
            model = make_pipeline(Normalizer(), LinearSVM(random_state=0))
            predicted = model.fit(train.matrix, train.labels).predict(test.matrix)
            right.append(int((predicted == test.labels).sum()))
        assert abs(right[0] - right[1]) <= len(whole[1].labels) / 500
