"""The drawn source: classes that are none of the targets, and a network that learned them."""

import hashlib
from itertools import combinations

import numpy as np
import pytest
from joblib import parallel_config

from tlcourse.datasets.drawn import FAMILIES, HybridImages, domains, hybrids
from tlcourse.datasets.drawn.hybrids import PER_FAMILY, overlap

HASHES = ["90c94b89745a76e4", "c4a302d8edb01c5a", "22fa991c756a74d7"]


def lies_in(point, region):
    """Whether sampled parameters could have come from a region, by its definition."""

    def fits(value, allowed):
        if not isinstance(allowed, tuple):
            return value == allowed
        if len(allowed) == 2 and all(type(end) in (int, float) for end in allowed):
            return isinstance(value, int | float) and allowed[0] <= value <= allowed[1]
        return value == allowed or value in allowed

    return all(fits(point.get(name), region.get(name)) for name in {**point, **region})


@pytest.mark.parametrize("family", FAMILIES)
def test_hybrids_are_disjoint_from_the_targets_and_each_other(family):
    rng, targets = np.random.default_rng(0), domains.family_module(family).CLASSES
    assert len(hybrids(family)) == PER_FAMILY and not set(hybrids(family)) & set(targets)
    for region in hybrids(family).values():
        for _ in range(20):
            point = domains.sample_region(region, rng)
            assert lies_in(point, region)
            assert not [name for name, target in targets.items() if lies_in(point, target)]
    pairs = combinations(hybrids(family).values(), 2)
    assert not any(overlap(one, other) for one, other in pairs)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ({"a": (0, 1)}, {"a": (0.5, 2)}, True),
        ({"a": (0, 1)}, {"a": (1.5, 2)}, False),
        ({"a": (0, 1)}, {"a": 0.5}, True),
        ({"a": ("x", "y")}, {"a": ("y", "z")}, True),
        ({"a": ("x", "y")}, {"a": "z"}, False),
        ({"a": (9, 9, 9)}, {"a": ((9, 9, 9), (1, 1, 1))}, True),
        ({"a": (9, 9, 9)}, {"a": None}, False),
        ({"a": (0, 1), "b": 1}, {"a": (0, 1), "b": 2}, False),
    ],
)
def test_overlap(one, other, expected):
    assert overlap(one, other) is overlap(other, one) is expected


def test_thirty_classes_ten_times_as_many_to_train_on_and_the_same_on_every_machine():
    train, val = HybridImages("train"), HybridImages("val")
    assert train.classes == val.classes and len(train.classes) == 30
    assert np.bincount(train.targets).tolist() == [500] * 30
    assert np.bincount(val.targets).tolist() == [50] * 30
    pictures = {index: np.asarray(train[index][0]) for index in (0, 9, 33)}
    found = [hashlib.sha256(each.tobytes()).hexdigest()[:16] for each in pictures.values()]
    assert found == HASHES
    assert np.abs(pictures[0].astype(float) - np.asarray(val[0][0])).mean() > 5
    with pytest.raises(ValueError, match="split is 'test': name one of train, val"):
        HybridImages("test")


def test_pixels_are_the_pictures_in_order():
    images = HybridImages("val", per_class=4, side=8)  # over a hundred: drawn in two parts
    with parallel_config(backend="threading"):
        pixels = images.pixels()
    assert pixels.shape == (120, 8, 8, 3)
    for index in (0, 50, 119):
        assert np.array_equal(pixels[index], np.asarray(images[index][0]))
