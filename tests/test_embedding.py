"""The full-network embedding of features and of images, and ten crops that stay together."""

from collections import OrderedDict
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.stats import mode
from sklearn.base import clone
from sklearn.model_selection import KFold, StratifiedGroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks
from torch import nn
from torchvision import transforms

from tlcourse.classifiers.svm import LinearSVM, mean_class_accuracy
from tlcourse.features.embedding import FullNetworkEmbedding
from tlcourse.features.extraction import extract_features
from tlcourse.features.normalization import Discretizer, Standardizer
from tlcourse.features.ten_crops import (
    TenCrops,
    accuracy_by_vote,
    check_split,
    extract_ten_crops,
    predict_by_vote,
    vote,
)
from tlcourse.networks.backbones import Backbone, load_backbone

RNG = np.random.default_rng(0)
TRAIN = RNG.gamma(0.5, 2, (30, 8)) * np.logspace(-2, 2, 8)
TEST = RNG.gamma(0.5, 3, (10, 8)) * np.logspace(-2, 2, 8)
OPTIONS = {"device": "cpu", "progress": False, "cache": False}


class Pictures(torch.utils.data.Dataset):
    """Noise on red or on blue."""

    classes = ("red", "blue")

    def __init__(self, n_images, seed=0, size=(20, 18)):
        self.targets = [index % 2 for index in range(n_images)]
        generator = np.random.default_rng(seed)
        self.pixels = generator.integers(0, 120, (n_images, size[1], size[0], 3), dtype=np.uint8)
        for image, label in enumerate(self.targets):
            self.pixels[image, :, :, 2 * label] += 120

    def __len__(self):
        return len(self.targets)

    def __getitem__(self, index):
        return Image.fromarray(self.pixels[index]), self.targets[index]


@pytest.fixture(scope="module")
def backbone():
    """Two layers under lecture names, on images of 16 pixels."""
    torch.manual_seed(0)
    parts = {
        "conv1_1": nn.Conv2d(3, 6, 3),
        "relu1_1": nn.ReLU(inplace=True),
        "flatten": nn.Flatten(),
        "fc7": nn.Linear(6 * 14 * 14, 20),
        "relu7": nn.ReLU(inplace=True),
    }
    prepare = transforms.Compose(
        [
            transforms.Resize(16),
            transforms.CenterCrop(16),
            transforms.ToTensor(),
            transforms.Normalize((0.4, 0.5, 0.6), (0.2, 0.3, 0.25)),
        ]
    )
    layers = {"conv1_1": "relu1_1", "fc7": "relu7"}
    network = nn.Sequential(OrderedDict(parts)).eval()
    return Backbone("tiny", "random", network, layers, prepare, tuple(layers), side=16)


# The embedding of features


@parametrize_with_checks([FullNetworkEmbedding(), FullNetworkEmbedding(magnitude="own")])
def test_scikit_learns_checks(estimator, check):
    check(estimator)


def test_the_definition_and_the_training_images_statistics():
    z = (TEST - TRAIN.mean(axis=0)) / TRAIN.std(axis=0)
    by_hand = np.where(z > 0.15, 1, np.where(z < -0.25, -1, 0))
    found = FullNetworkEmbedding().fit(TRAIN).transform(TEST)
    assert found.dtype == np.int8
    assert (found == by_hand).all()
    own = (TEST - TEST.mean(axis=0)) / TEST.std(axis=0)
    assert (found != np.where(own > 0.15, 1, np.where(own < -0.25, -1, 0))).any()


@pytest.mark.parametrize("magnitude", ["one", "mean", "own"])
def test_it_is_the_two_transformers_in_a_row(magnitude):
    both = make_pipeline(Standardizer(), Discretizer(-0.5, 0.4, magnitude)).fit(TRAIN)
    model = FullNetworkEmbedding(-0.5, 0.4, magnitude)
    assert (model.fit_transform(TRAIN) == both.transform(TRAIN)).all()
    assert (model.transform(TEST) == both.transform(TEST)).all()


def test_constant_features_are_zero_and_reported():
    train, test = TRAIN.copy(), TEST.copy()
    train[:, 3], train[:, 5] = 0, 0.1
    model = FullNetworkEmbedding().fit(train)
    assert model.constant_features_.tolist() == [3, 5]
    assert (model.transform(train)[:, [3, 5]] == 0).all()
    assert (model.transform(test)[:, [3, 5]] == 0).all()


def test_scale_and_shift_of_a_feature_do_not_matter():
    found = FullNetworkEmbedding().fit(TRAIN).transform(TEST)
    scale, shift = np.logspace(3, -3, 8), np.arange(8)
    other = FullNetworkEmbedding().fit(TRAIN * scale + shift).transform(TEST * scale + shift)
    assert (found == other).all()


def test_bad_input_is_one_sentence():
    with pytest.raises(ValueError, match="low is 0.15 and high is -0.25: low must be below high"):
        FullNetworkEmbedding(0.15, -0.25).fit(TRAIN)
    with pytest.raises(ValueError, match="X has 7 features, but FullNetworkEmbedding is expecting"):
        FullNetworkEmbedding().fit(TRAIN).transform(TEST[:, :7])
    with pytest.raises(ValueError, match="minimum of 2 is required by FullNetworkEmbedding"):
        FullNetworkEmbedding().fit(TRAIN[:1])
    with pytest.raises(
        ValueError, match=r"NaN or infinite values \(1, the first in row 2, column 3\)"
    ):
        FullNetworkEmbedding().fit(np.where(TRAIN == TRAIN[2, 3], np.nan, TRAIN))


# Ten crops


def by_hand(pixels, side):
    """Corners and centre, then the same of the mirrored picture."""
    height, width = pixels.shape[:2]
    down, right = height - side, width - side
    middle = (round(down / 2), round(right / 2))
    starts = [(0, 0), (0, right), (down, 0), (down, right), middle]
    cut = lambda image: [image[top:, left:][:side, :side] for top, left in starts]  # noqa: E731
    return cut(pixels) + cut(pixels[:, ::-1])


def test_ten_crops_of_an_image():
    images = Pictures(2)
    crops = TenCrops(images, side=16, resize=18)
    assert len(crops) == 20
    assert crops.groups.tolist() == [0] * 10 + [1] * 10
    assert crops.targets == [0] * 10 + [1] * 10
    for image in range(2):
        for crop, expected in enumerate(by_hand(images.pixels[image], 16)):
            found, label = crops[10 * image + crop]
            assert label == image
            assert (np.asarray(found) == expected).all()


def test_crops_are_prepared_as_the_backbones_images(backbone):
    images = Pictures(2)
    features, groups = extract_ten_crops(backbone, images, ["conv1_1", "fc7"], **OPTIONS)
    cut = Pictures(20)
    cut.pixels = np.stack([crop for image in images.pixels for crop in by_hand(image, 16)])
    expected = extract_features(backbone, cut, ["conv1_1", "fc7"], **OPTIONS)
    np.testing.assert_allclose(features.matrix, expected.matrix, rtol=1e-3, atol=1e-4)
    assert features.labels.tolist() == [0] * 10 + [1] * 10
    assert groups.tolist() == features.labels.tolist()


def test_torchvisions_presets_are_resized_once():
    alexnet = load_backbone("alexnet", weights="random")
    images = Pictures(1, size=(256, 256))
    features, _ = extract_ten_crops(alexnet, images, ["conv1_1"], **OPTIONS)
    cut = Pictures(10, size=(224, 224))
    cut.pixels = np.stack(by_hand(images.pixels[0], 224))
    mean, std = (
        torch.tensor(values)[:, None, None]
        for values in (
            alexnet.preprocess.mean,
            alexnet.preprocess.std,
        )
    )
    batch = torch.stack([torch.tensor(crop.copy()).permute(2, 0, 1) / 255 for crop in cut.pixels])
    with torch.no_grad():
        expected = alexnet.network[:2]((batch - mean) / std).mean((2, 3))
    np.testing.assert_allclose(features.matrix, expected, rtol=2e-3, atol=1e-4)


def test_crops_and_whole_images_have_entries_of_their_own_in_the_cache(backbone):
    images, options = Pictures(2), OPTIONS | {"cache": True}

    def extract(resize):
        return extract_ten_crops(backbone, images, ["conv1_1"], resize, **options)[0].matrix

    whole = extract_features(backbone, images, ["conv1_1"], **options).matrix
    first, larger, again = extract(None), extract(20), extract(None)
    assert (first == again).all()
    assert first.shape == larger.shape == (20, whole.shape[1])
    assert not np.allclose(first, larger)


def test_a_folder_of_files_keeps_its_own_entries(backbone, tmp_path):
    images = Pictures(2)
    images.files = [tmp_path / "0.png", tmp_path / "1.png"]
    for file, pixels in zip(images.files, images.pixels, strict=True):
        Image.fromarray(pixels).save(file)
    options = OPTIONS | {"cache": True}
    first, _ = extract_ten_crops(backbone, images, ["conv1_1"], **options)
    larger, _ = extract_ten_crops(backbone, images, ["conv1_1"], 20, **options)
    assert TenCrops(images, 16, 18).files == [images.files[0]] * 10 + [images.files[1]] * 10
    assert not np.allclose(first.matrix, larger.matrix)


def test_crops_larger_than_the_image():
    with pytest.raises(ValueError, match="resize is 60: crops of 64 pixels need at least 64"):
        TenCrops(Pictures(1), side=64, resize=60)


def test_a_preprocessing_that_is_not_known(backbone):
    odd = replace(backbone, preprocess=lambda image: image)
    with pytest.raises(ValueError, match="tiny does not end in Normalize: ten crops need it"):
        extract_ten_crops(odd, Pictures(1), **OPTIONS)


# Votes


def test_a_vote_is_the_most_frequent_class():
    generator = np.random.default_rng(1)
    scores = generator.normal(size=(70, 4))
    groups = generator.permutation(np.repeat([11, 5, 8, 3, 20, 2, 7], 10))
    winners = vote(scores, groups)
    n_untied = 0
    for winner, image in zip(winners, np.unique(groups), strict=True):
        ballots = scores[groups == image].argmax(axis=1)
        counts = np.bincount(ballots, minlength=4)
        assert counts[winner] == counts.max()
        if (counts == counts.max()).sum() == 1:
            n_untied += 1
            assert winner == mode(ballots).mode
    assert n_untied >= 3


def test_a_tie_goes_to_the_larger_sum_of_scores():
    scores = np.array([[0.9, 1.0, 9.0], [0.0, 0.5, 0.0], [3.0, 0.0, 2.0], [0.1, 0.8, 0.0]])
    assert vote(scores, [0, 0, 0, 0]).tolist() == [1]
    assert vote(scores[[0, 2]], [0, 0]).tolist() == [2]


def test_two_classes_vote_by_sign():
    crops = np.array([[-1.0], [-2], [3], [1], [2], [-9]])
    machine = LinearSVM(random_state=0).fit([[-1.0], [1.0]], ["no", "yes"])
    assert predict_by_vote(machine, crops, [1, 1, 1, 0, 0, 0]).tolist() == ["yes", "no"]


# Splits


@pytest.fixture(scope="module")
def unlearnable():
    """Forty images whose class is a coin toss, and ten nearly equal crops of each."""
    generator = np.random.default_rng(3)
    labels = np.repeat(generator.permutation([0, 1] * 20), 10)
    groups = np.repeat(np.arange(40), 10)
    images = generator.normal(size=(40, 60))
    return images[groups] + 0.1 * generator.normal(size=(400, 60)), labels, groups


def test_no_crop_leaks_across_a_split_by_groups(unlearnable):
    X, labels, groups = unlearnable
    model = make_pipeline(FullNetworkEmbedding(), LinearSVM(random_state=0))
    splitter = StratifiedGroupKFold(5, shuffle=True, random_state=0)
    accuracies = [
        accuracy_by_vote(model, X, labels, groups, train, test)
        for train, test in splitter.split(X, labels, groups)
    ]
    assert 0.2 < np.mean(accuracies) < 0.8


def test_a_split_by_crops_is_refused_because_it_flatters(unlearnable):
    X, labels, groups = unlearnable
    train, test = next(KFold(5, shuffle=True, random_state=0).split(X))
    model = make_pipeline(FullNetworkEmbedding(), LinearSVM(random_state=0))
    assert model.fit(X[train], labels[train]).score(X[test], labels[test]) > 0.95
    message = r"^Images on both sides of the split \([0-9]+, the first is 0\): .*GroupKFold"
    with pytest.raises(ValueError, match=message):
        accuracy_by_vote(model, X, labels, groups, train, test)


def test_a_test_list_that_contains_training_images():
    with pytest.raises(
        ValueError, match=r"both sides of the split \(2, the first is 4\): split by images"
    ):
        check_split([1, 4, 7], [7, 4, 2])
    check_split([1, 4, 7], [2, 3])


def test_each_test_image_counts_once(unlearnable):
    X, labels, groups = unlearnable
    order = np.random.default_rng(0).permutation(len(X))
    test, train = order[groups[order] < 10], order[groups[order] >= 10]
    model = LinearSVM(random_state=0)
    found = accuracy_by_vote(model, X, labels, groups, train, test)
    fitted = clone(model).fit(X[train], labels[train])
    predicted = [mode(fitted.predict(X[groups == image])).mode for image in range(10)]
    assert found == mean_class_accuracy(labels[:100:10], predicted)
