"""Features: which side of the ReLU, which mode, which order, and a cache that never lies."""

import hashlib
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
from tlcourse.datasets import FAMILIES, PHOTO_SOURCES, HandwrittenDigits, ImageFolder
from tlcourse.datasets.folder import ImageFiles
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


@pytest.fixture(scope="module")
def natural():
    return load_backbone("natural")


def by_hand(backbone, dataset, layer):
    """The layer's feature computed module by module, the ReLU applied out of place."""
    rows = []
    for image, _ in dataset:
        value = backbone.preprocess(image)[None]
        for name, module in backbone.network.named_children():
            value = torch.relu(value) if isinstance(module, nn.ReLU) else module(value)
            if name == backbone.layers[layer]:
                break
        rows.append(value.mean(dim=(2, 3)) if value.ndim == 4 else value)
    return torch.cat(rows).detach().numpy()


@pytest.mark.parametrize("layer", ["conv1_1", "conv3_2", "fc6", "fc7"])
def test_features_are_after_relu_averaged_over_space(natural, layer):
    found = extract_features(natural, Pictures(), [layer], cache=False).matrix
    assert found.min() >= 0
    np.testing.assert_allclose(found, by_hand(natural, Pictures(), layer), rtol=2e-3, atol=2e-3)


def test_dropout_is_off_and_modes_come_back(natural):
    natural.network.train()
    once, twice = (extract_features(natural, Pictures(), cache=False).matrix for _ in range(2))
    assert np.array_equal(once, twice)
    assert all(module.training for module in natural.network.modules())
    natural.network.eval()


def test_hooks_and_modes_are_restored_after_a_failure(natural):
    natural.network.drop6.train()
    recorded = recorded_means(natural.network, {"fc6": "relu6"}, natural.outputs)
    with pytest.raises(RuntimeError), recorded:
        assert not natural.network.drop6.training
        natural.network(torch.zeros(1, 4, 64, 64))
    assert natural.network.drop6.training
    assert not natural.network.relu6._forward_hooks
    natural.network.eval()


def test_a_batch_of_one_gives_the_same_row(natural):
    dataset = Pictures(7)
    whole = extract_features(natural, dataset, cache=False, batch_size=7).matrix
    single = extract_features(natural, dataset, cache=False, batch_size=1).matrix
    np.testing.assert_allclose(single, whole, rtol=2e-3, atol=2e-3)


def test_rows_follow_the_data_set(natural):
    dataset, order = Pictures(9), [4, 8, 0, 3, 1, 7, 2, 6, 5]
    straight = extract_features(natural, dataset, ["fc7"], cache=False, batch_size=2)
    shuffled = extract_features(natural, Subset(dataset, order), ["fc7"], cache=False, batch_size=4)
    np.testing.assert_allclose(shuffled.matrix, straight.matrix[order], rtol=2e-3, atol=2e-3)
    assert shuffled.labels.tolist() == straight.labels[order].tolist()


def test_layers_come_in_the_order_of_the_network(natural):
    found = extract_features(natural, Pictures(), ["fc7", "conv1_1"], cache=False)
    assert list(found.layer_sizes) == ["conv1_1", "fc7"]
    assert found.select("conv1_1").shape == (5, natural.layer_sizes["conv1_1"])


def test_select_is_the_columns_of_the_layers():
    matrix = np.arange(12, dtype=np.float32).reshape(2, 6)
    found = Features(matrix, np.array([0, 1]), ["a", "b"], {"conv1_1": 1, "fc6": 2, "fc7": 3})
    assert found.select(["fc7", "conv1_1"]).tolist() == [[0, 3, 4, 5], [6, 9, 10, 11]]
    assert np.shares_memory(found.select(["fc6", "fc7"]), matrix)
    with pytest.raises(ValueError, match="no features of layer 'fc8'.*conv1_1"):
        found.select("fc8")
    with pytest.raises(ValueError, match="at least one layer"):
        found.select([])


def test_module_names_of_other_networks_work():
    backbone = load_backbone("resnet18", "random")
    found = extract_features(backbone, Pictures(2), ["layer1", "avgpool"], cache=False)
    assert found.matrix.shape == (2, 64 + 512)
    assert found.about["activation"].startswith("as the module gives it")


@pytest.mark.parametrize(
    ("name", "last", "second"),
    [
        ("convnext_tiny", ["features.1.0.block.3", "features.7.2.block.4"], ["features.1.0"]),
        ("swin_t", ["features.0.1", "features.1.0.mlp.0"], ["permute", "features.0.0"]),
    ],
)
def test_features_are_averaged_over_space_wherever_the_channels_are(name, last, second):
    backbone, seen = load_backbone(name, "random"), {}
    found = extract_features(backbone, Pictures(2), last + second, precision="float32", cache=False)
    for layer in last + second:
        axes = (1, 2) if layer in last else (2, 3)
        keep = lambda _, __, output, k=layer, a=axes: seen.update({k: output.mean(a)})  # noqa: E731
        backbone.network.get_submodule(layer).register_forward_hook(keep)
    with torch.inference_mode():
        backbone.network(torch.stack([backbone.preprocess(image) for image, _ in Pictures(2)]))
    for layer, wanted in seen.items():
        np.testing.assert_allclose(found.select(layer), wanted, rtol=2e-3, atol=2e-3)


def test_layers_without_one_tensor_an_image_are_not_offered():
    backbone = load_backbone("vit_b_32", "random")
    with pytest.raises(ValueError, match="no layer called .*self_attention'"):
        backbone.check_layers(["encoder.layers.encoder_layer_0.self_attention"])


def test_reduced_precision_stays_close(natural):
    dataset = Pictures(12)
    full, reduced = (
        extract_features(natural, dataset, precision=precision, cache=False)
        for precision in ("float32", "reduced")
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
def test_auto_takes_16_bits_only_where_they_pay(natural, monkeypatch, seconds, spoilt, chosen):
    trial, clock = extraction._trial, list(seconds)

    def timed(*arguments):
        means = trial(*arguments)[1]
        if spoilt and len(clock) == 1:
            means = {layer: mean.flip(1) for layer, mean in means.items()}
        return clock.pop(0), means

    monkeypatch.setattr(extraction, "_trial", timed)
    found = extract_features(natural, Pictures(20), ["fc6", "fc7"], cache=False)
    assert found.about["precision"] == chosen


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"layers": ["fc99"]}, "no layer called 'fc99'"),
        ({"precision": "half"}, "precision is 'half': choose"),
        ({"device": "tpu"}, "tpu"),
    ],
)
def test_bad_arguments_say_what_to_choose(natural, options, message):
    with pytest.raises(ValueError, match=message):
        extract_features(natural, Pictures(), cache=False, **options)


def test_an_empty_data_set_is_refused(natural):
    with pytest.raises(ValueError, match="data set is empty"):
        extract_features(natural, Pictures(0), cache=False)


def test_an_unreadable_image_is_named_and_no_entry_is_left(natural, user_cache):
    class Broken(Pictures):
        def __getitem__(self, index):
            if index == 3:
                raise OSError("image file is truncated")
            return super().__getitem__(index)

    for cache in (True, False):
        with pytest.raises(ValueError, match="Image 3 .*truncated"):
            extract_features(natural, Broken(), cache=cache)
    assert not list(user_cache.rglob("*"))


def test_a_file_damaged_after_the_listing_is_named_and_no_entry_is_left(
    natural, user_cache, tmp_path
):
    for name in ("one", "two"):
        (tmp_path / "pictures" / name).mkdir(parents=True)
        Pictures().images[0].save(tmp_path / "pictures" / name / "picture.png")
    dataset = ImageFolder(tmp_path / "pictures")
    dataset.files[1].write_bytes(b"")
    with pytest.raises(ValueError, match=r"two.picture\.png"):
        extract_features(natural, dataset)
    assert not list(user_cache.rglob("*.npz"))


def test_left_out_files_are_named_in_the_features(natural, user_cache, tmp_path):
    for name in ("one", "two"):
        folder = tmp_path / "pictures" / name
        folder.mkdir(parents=True)
        Pictures().images[0].save(folder / "good.png")
    (tmp_path / "pictures" / "two" / "empty.png").write_bytes(b"")
    with pytest.warns(UserWarning, match=r"empty\.png"):
        dataset = ImageFolder(tmp_path / "pictures")
    found = extract_features(natural, dataset)
    assert len(found.labels) == 2
    assert "empty.png" in found.about["left_out"][0]


@pytest.fixture
def user_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("TLCOURSE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def count_passes(monkeypatch):
    passes = []
    stream = extraction._stream

    def counted(*arguments):
        passes.append(arguments[3])
        return stream(*arguments)

    monkeypatch.setattr(extraction, "_stream", counted)
    return passes


def test_asking_again_reads_the_cache_and_gives_the_same(natural, user_cache, count_passes):
    first = extract_features(natural, Pictures())
    again = extract_features(natural, Pictures(), ["fc6"])
    assert len(count_passes) == 1
    assert np.array_equal(again.matrix, first.select("fc6"))
    assert again.classes == first.classes


def test_more_layers_extend_the_entry(natural, user_cache, count_passes):
    extract_features(natural, Pictures(), ["fc6"])
    extract_features(natural, Pictures(), ["fc7"])
    both = extract_features(natural, Pictures(), ["fc6", "fc7"])
    assert list(both.layer_sizes) == ["fc6", "fc7"]
    assert count_passes == [["fc6"], ["fc6", "fc7"]]


def test_the_layers_asked_for_come_back_whatever_the_cache_holds(natural, user_cache):
    extract_features(natural, Pictures(), ["fc6"])
    asked = [extract_features(natural, Pictures(), ["fc7"]) for _ in range(2)]
    assert [list(found.layer_sizes) for found in asked] == [["fc7"], ["fc7"]]
    alone = extract_features(natural, Pictures(), ["fc7"], cache=False)
    for found in asked:
        assert np.array_equal(found.matrix, alone.matrix)


def test_classes_are_those_of_this_data_set_whatever_the_cache_holds(natural, user_cache):
    extract_features(natural, Pictures(), ["fc7"])
    renamed = Pictures()
    renamed.classes = ["x", "y"]
    for layers in (["fc7"], ["fc6"]):
        assert extract_features(natural, renamed, layers).classes == ["x", "y"]


@pytest.mark.parametrize("cache", [False, True])
def test_labels_index_the_classes_also_of_a_part_or_without_names(natural, user_cache, cache):
    dataset = Pictures(4)
    part = Subset(Subset(dataset, [1, 2, 3]), [0, 2])
    nameless = [(dataset.images[0], 0), (dataset.images[1], 2)]
    for _ in range(2):
        found = extract_features(natural, part, ["fc7"], cache=cache)
        assert (found.classes, found.labels.tolist()) == (["one", "two"], [1, 1])
        found = extract_features(natural, nameless, ["fc7"], cache=cache)
        assert (found.classes, found.labels.tolist()) == (["0", "1", "2"], [0, 2])


def test_weights_changed_in_place_miss_the_cache(user_cache):
    backbone = load_backbone("natural")
    extract_features(backbone, Pictures(), ["fc7"])
    with torch.no_grad():
        backbone.network.fc7.weight.zero_()
    found = extract_features(backbone, Pictures(), ["fc7"])
    again = extract_features(backbone, Pictures(), ["fc7"], cache=False)
    assert np.array_equal(found.matrix, again.matrix)


@pytest.mark.parametrize("precision", ["float32", "reduced"])
def test_a_device_with_a_number(natural, precision):
    found, wanted = (
        extract_features(natural, Pictures(), ["fc7"], device, precision=precision, cache=False)
        for device in ("cpu:0", "cpu")
    )
    assert np.array_equal(found.matrix, wanted.matrix)


@pytest.mark.parametrize("place", ["cache", "cache/features"])
def test_a_cache_that_cannot_be_written_is_a_warning(natural, user_cache, place):
    blocked = user_cache.parent / place
    blocked.parent.mkdir(exist_ok=True)
    blocked.write_bytes(b"a file where a folder is to be")
    with pytest.warns(UserWarning, match="Not kept .*cannot be written .*TLCOURSE_CACHE") as seen:
        found = extract_features(natural, Pictures(), ["fc7"])
    assert len(seen) == 1
    wanted = extract_features(natural, Pictures(), ["fc7"], cache=False)
    assert np.array_equal(found.matrix, wanted.matrix)


def test_names_of_files_need_not_be_text(natural, user_cache, tmp_path):
    for name in (b"\xe9", b"tea"):
        folder = os.path.join(os.fsencode(tmp_path), b"pictures", name)
        try:
            os.makedirs(folder)
        except (OSError, UnicodeError):
            pytest.skip("this file system takes names that are text only")
        with open(os.path.join(folder, b"\xe9.png"), "wb") as file:
            Pictures().images[0].save(file, "PNG")
    first, again = (
        extract_features(natural, ImageFolder(tmp_path / "pictures"), ["fc7"]) for _ in range(2)
    )
    assert first.classes == again.classes == ["tea", r"\udce9"]
    assert len(list(user_cache.rglob("*.npz"))) == 1


def test_the_keys_of_ordinary_names_stay(monkeypatch, tmp_path):
    file = tmp_path / "Blüte 1.png"
    file.write_bytes(b"1")
    os.utime(file, ns=(5, 5))
    monkeypatch.chdir(tmp_path)
    dataset = ImageFiles([file.name], [3], "abcd")
    wanted = hashlib.sha256("Blüte 1.png 1 5 3\n".encode()).hexdigest()[:16]
    assert feature_cache.images_fingerprint(dataset) == wanted


def test_other_images_weights_or_labels_miss_the_cache(natural, user_cache, count_passes):
    extract_features(natural, Pictures())
    extract_features(natural, Pictures(seed=1))
    extract_features(load_backbone("natural", "random"), Pictures())
    relabelled = Pictures()
    relabelled.targets = relabelled.targets[::-1]
    relabelled.targets[0] = 1
    extract_features(natural, relabelled)
    assert len(count_passes) == 4


class Inverted(ImageFolder):
    def __getitem__(self, index):
        image, label = super().__getitem__(index)
        return ImageOps.invert(image), label


def test_a_data_set_that_changes_its_images_is_not_known_by_its_files(
    natural, user_cache, tmp_path
):
    for number, image in enumerate(Pictures(4).images):
        file = tmp_path / "pictures" / str(number % 2) / f"{number}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        image.save(file)
    plain, inverted = (
        extract_features(natural, kind(tmp_path / "pictures"), ["fc7"]).matrix
        for kind in (ImageFolder, Inverted)
    )
    alone = extract_features(natural, Inverted(tmp_path / "pictures"), ["fc7"], cache=False).matrix
    assert np.array_equal(inverted, alone)
    assert not np.allclose(inverted, plain, atol=0.01)


def test_a_data_set_of_one_handle_is_read_by_one_thread_at_a_time(natural):
    class Frames(Pictures):
        """One buffer that each item is read into, as of a file that is open."""

        buffer, readers = Image.new("RGB", (64, 64)), set()

        def __getitem__(self, index):
            self.readers.add(threading.get_ident())
            self.buffer.paste(self.images[index])
            return self.buffer, self.targets[index]

    found = extract_features(natural, Frames(40), ["fc7"], cache=False, batch_size=8).matrix
    wanted = extract_features(natural, Pictures(40), ["fc7"], cache=False, batch_size=8).matrix
    assert np.array_equal(found, wanted)
    assert Frames.readers == {threading.get_ident()}


def test_large_labels_come_back_from_the_cache(natural, user_cache):
    images = Pictures(2).images
    dataset = list(zip(images, [40_000, 70_001], strict=True))
    for _ in range(2):
        assert extract_features(natural, dataset, ["fc7"]).labels.tolist() == [40_000, 70_001]


def test_large_negative_values_stay_finite(tmp_path):
    matrix = np.array([[-1e5, 1], [-2, 70_000]], dtype=np.float32)
    kept, labels = matrix.copy(), np.array([0, 1])
    feature_cache.round_in_place(kept)
    assert np.array_equal(kept, matrix)
    for eight_bits, tolerance in ((False, 0), (True, 0.004)):
        file = tmp_path / f"{eight_bits}.npz"
        feature_cache.write_file(file, matrix, labels, ["a"], {"fc7": 2}, {}, eight_bits)
        read = feature_cache.read_file(file)["matrix"]
        assert (np.abs(read - matrix) <= tolerance * np.abs(matrix).max(axis=0)).all()


def test_names_of_classes_are_text_whatever_they_were(natural, user_cache, count_passes):
    dataset = Pictures()
    for classes in (np.arange(2), np.array(["a", "b"]), {0: "x", 1: "y"}, (None, 2.5)):
        dataset.classes = classes
        for _ in range(2):
            assert extract_features(natural, dataset, ["fc7"]).classes == list(map(str, classes))
    assert len(count_passes) == 1


def test_features_that_cannot_be_kept_are_given_back(natural, user_cache, monkeypatch):
    monkeypatch.setattr(feature_cache.json, "dumps", lambda text: 1 / 0)
    with pytest.warns(UserWarning, match="Not kept for the next time"):
        found = extract_features(natural, Pictures(), ["fc7"])
    assert found.matrix.shape[0] == 5


def test_truncated_and_foreign_entries_are_recomputed(natural, user_cache, count_passes):
    first = extract_features(natural, Pictures())
    (entry,) = user_cache.rglob("*.npz")
    whole = entry.read_bytes()
    for damaged in (whole[: len(whole) // 2], b"", b"not an entry"):
        entry.write_bytes(damaged)
        assert np.array_equal(extract_features(natural, Pictures()).matrix, first.matrix)
    np.savez(entry, values=np.zeros((5, 2048)), labels=np.zeros(5), about=np.array('{"format": 0}'))
    assert np.array_equal(extract_features(natural, Pictures()).matrix, first.matrix)
    assert len(count_passes) == 5


def test_an_interrupted_write_leaves_nothing(natural, user_cache, monkeypatch):
    def interrupted(stream, **arrays):
        stream.write(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(np, "savez", interrupted)
    with pytest.raises(KeyboardInterrupt):
        extract_features(natural, Pictures())
    assert not [file for file in user_cache.rglob("*") if file.is_file()]


def test_eight_bits_are_within_half_a_step(tmp_path):
    matrix = np.random.default_rng(0).gamma(0.3, 2, (50, 8)).astype(np.float32)
    matrix[:, 3] = 0
    file = tmp_path / "entry.npz"
    labels = np.zeros(50, dtype=int)
    feature_cache.write_file(file, matrix, labels, ["a"], {"fc7": 8}, {}, eight_bits=True)
    read = feature_cache.read_file(file)["matrix"]
    assert (np.abs(read - matrix) <= matrix.max(axis=0) / 255 * 0.501).all()


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("name", PHOTO_SOURCES)
def test_shipped_features_hold_what_the_design_asks_for(name, family):
    train, test = shipped_features(name, family)
    assert np.bincount(train.labels).tolist() == [40] * len(train.classes)
    assert np.bincount(test.labels).tolist() == [50] * len(test.classes)
    assert sum(train.layer_sizes.values()) == train.matrix.shape[1]
    assert list(train.layer_sizes)[-2:] == ["fc6", "fc7"]


def test_shipped_features_fit_in_24_megabytes():
    files = [paths.SHIPPED_FEATURES.glob(f"{name}/*.npz") for name in PHOTO_SOURCES]
    size = sum(file.stat().st_size for folder in files for file in folder)
    assert size <= 24e6


def test_shipped_features_of_other_weights_are_refused(monkeypatch):
    monkeypatch.setattr(extraction.weights, "read_card", lambda name: {"sha256": "another"})
    shipped_features.cache_clear()
    with pytest.raises(RuntimeError, match="made by other weights.*git checkout"):
        shipped_features("natural", "insects")
    shipped_features.cache_clear()


def test_features_that_are_not_shipped_say_what_is():
    with pytest.raises(ValueError, match="No features of 'birds'.*manmade, natural"):
        shipped_features("natural", "birds")


@pytest.mark.skipif(not default_root().is_dir(), reason="Tiny ImageNet is not in TLCOURSE_DATA")
@pytest.mark.parametrize("name", PHOTO_SOURCES)
def test_shipped_features_can_be_recomputed(name):
    shipped = shipped_features(name, "insects")[1]
    recomputed = extract_family(load_backbone(name), "insects", "test", default_root(), False)
    step = recomputed.matrix.max(axis=0) / 255
    assert (np.abs(shipped.matrix - recomputed.matrix) <= 0.51 * step + 1e-3).all()
    assert np.array_equal(shipped.labels, recomputed.labels)


@pytest.mark.skipif(not default_root().is_dir(), reason="Tiny ImageNet is not in TLCOURSE_DATA")
@pytest.mark.parametrize("name", PHOTO_SOURCES)
def test_eight_bits_change_the_svm_by_one_image_in_500_at_most(name):
    backbone = load_backbone(name)
    shipped = shipped_features(name, "insects")
    whole = [extract_family(backbone, "insects", s, default_root(), False) for s in SPLITS]
    right = []
    for train, test in (shipped, whole):
        model = make_pipeline(Normalizer(), LinearSVM(random_state=0))
        predicted = model.fit(train.matrix, train.labels).predict(test.matrix)
        right.append((predicted == test.labels).sum())
    assert abs(int(right[0]) - int(right[1])) <= len(test.labels) / 500


def test_digits_are_real_scans_at_the_side_of_the_network(natural):
    digits = HandwrittenDigits()
    image, label = digits[0]
    assert (len(digits), image.size, image.mode, label) == (1797, (64, 64), "RGB", 0)
    found = extract_features(natural, Subset(digits, range(4)), ["fc7"], cache=False)
    assert found.labels.tolist() == [0, 1, 2, 3]
