"""Ten crops an image: trained on all, voting in test, never on both sides of a split."""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from sklearn.base import clone
from sklearn.metrics import balanced_accuracy_score
from torch.utils.data import Dataset
from torchvision.transforms import InterpolationMode, v2
from torchvision.transforms import functional as F

from tlcourse.datasets.items import read_item
from tlcourse.features.extraction import extract_features

N_CROPS = 10
RESIZE_PER_SIDE = 256 / 224


class TenCrops(Dataset):
    """Ten items an image, one after the other: four corners and the centre, and their mirrors.

    ``groups`` (10 n,) is each crop's image. Raises ValueError if crops would exceed the image.
    """

    def __init__(self, dataset, side, resize, interpolation=InterpolationMode.BILINEAR):
        if resize < side:
            raise ValueError(f"resize is {resize}: crops of {side} pixels need at least {side}.")
        self.dataset = dataset
        self.groups = np.repeat(np.arange(len(dataset)), N_CROPS)
        self.prepare = v2.Compose([v2.Resize(resize, interpolation), v2.TenCrop(side)])
        self._crops = lru_cache(maxsize=4)(self._crops_of_image)
        for name in ("classes", "left_out"):
            if hasattr(dataset, name):
                setattr(self, name, getattr(dataset, name))
        for name in ("files", "targets"):
            if hasattr(dataset, name):
                setattr(self, name, [getattr(dataset, name)[image] for image in self.groups])

    def __len__(self):
        return len(self.groups)

    def __getitem__(self, index):
        """One crop (PIL) and its image's label."""
        crops, label = self._crops(int(self.groups[index]))
        return crops[index % N_CROPS], label

    def _crops_of_image(self, image):
        picture, label = read_item(self.dataset, image)
        return self.prepare(picture), label


@dataclass(frozen=True)
class _CropPreprocess:
    """A crop -> a tensor. Its text, with the geometry, is in the feature cache's fingerprint."""

    mean: tuple
    std: tuple
    side: int
    resize: int
    interpolation: str

    def __call__(self, crop):
        return F.normalize(F.to_tensor(crop), self.mean, self.std)


def extract_ten_crops(backbone, dataset, layers=None, resize=None, **options):
    """Features of ten crops of every image, 10 n rows, and ``groups`` (10 n,), each row's image.

    ``groups`` are for ``StratifiedGroupKFold`` and ``predict_by_vote``. Raises ValueError as
    ``extract_features``, or if the backbone's preprocessing does not end in Normalize.
    """
    prepare = _crop_preprocess(backbone, resize)
    interpolation = InterpolationMode(prepare.interpolation)
    crops = TenCrops(dataset, prepare.side, prepare.resize, interpolation)
    features = extract_features(replace(backbone, preprocess=prepare), crops, layers, **options)
    return features, crops.groups


def _crop_preprocess(backbone, resize):
    """What torchvision's presets, or the bundled networks' ``Compose``, do around the crop."""
    whole, side = backbone.preprocess, backbone.side
    last = getattr(whole, "transforms", [whole])[-1]
    if not hasattr(last, "mean") or not hasattr(last, "std"):
        raise ValueError(
            f"The preprocessing of {backbone.name} does not end in Normalize: ten crops need it, "
            "to be prepared as the weights were trained."
        )
    tested_with = getattr(whole, "resize_size", [side])[0]
    larger = tested_with if tested_with > side else round(RESIZE_PER_SIDE * side)
    interpolation = getattr(whole, "interpolation", InterpolationMode.BILINEAR).value
    return _CropPreprocess(tuple(last.mean), tuple(last.std), side, resize or larger, interpolation)


def vote(scores, groups):
    """One ballot a crop (crops, classes), one winner an image, in the order of the sorted groups.

    A tie goes to the tied class with the largest sum of scores.
    """
    images, row = np.unique(groups, return_inverse=True)
    ballots = scores.argmax(axis=1)[:, None] == np.arange(scores.shape[1])
    votes, support = np.zeros((2, len(images), scores.shape[1]))
    np.add.at(votes, row, ballots)
    np.add.at(support, row, scores)
    leads = votes == votes.max(axis=1, keepdims=True)
    return np.where(leads, support, -np.inf).argmax(axis=1)


def predict_by_vote(classifier, X, groups):
    """Label of each image, by vote over the rows of ``X`` that are its crops."""
    scores = classifier.decision_function(X)
    scores = np.column_stack([-scores, scores]) if scores.ndim == 1 else scores
    return classifier.classes_[vote(scores, groups)]


def check_split(train, test, groups=None):
    """Refuse a split that has an image, or crops of it, on both sides."""
    images = (rows if groups is None else np.asarray(groups)[rows] for rows in (train, test))
    shared = np.intersect1d(*images)
    if len(shared):
        raise ValueError(
            f"Images on both sides of the split ({len(shared)}, the first is {shared[0]}): split "
            "by images, with their groups and StratifiedGroupKFold where they have crops."
        )


def accuracy_by_vote(model, X, labels, groups, train, test):
    """Mean per-class accuracy over test images, each by vote over its crops.

    A clone of the model is trained; ``train`` and ``test`` are rows, as from
    ``StratifiedGroupKFold``, ``groups`` each row's image. Raises ValueError if crops of one image
    are on both sides.
    """
    check_split(train, test, groups)
    fitted = clone(model).fit(X[train], labels[train])
    first_rows = np.unique(groups[test], return_index=True)[1]
    predicted = predict_by_vote(fitted, X[test], groups[test])
    return balanced_accuracy_score(labels[test][first_rows], predicted)
