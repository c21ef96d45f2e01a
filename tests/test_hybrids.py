"""The drawn source: classes that are none of the targets, and a network that learned them."""

import hashlib
from itertools import combinations

import numpy as np
import pytest

from tlcourse.datasets.drawn import FAMILIES, HybridImages, domains, hybrids
from tlcourse.datasets.drawn.hybrids import PER_FAMILY, crossed, overlap

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
class TestDisjointFromTheTargets:
    def test_no_picture_could_be_one_of_a_target_class(self, family):
        rng = np.random.default_rng(0)
        targets = domains.family_module(family).CLASSES
        for region in hybrids(family).values():
            for _ in range(20):
                point = domains.sample_region(region, rng)
                assert lies_in(point, region)
                assert not [name for name, target in targets.items() if lies_in(point, target)]

    def test_number_and_names(self, family):
        assert len(hybrids(family)) == PER_FAMILY
        assert not set(hybrids(family)) & set(domains.family_module(family).CLASSES)

    def test_no_two_overlap(self, family):
        pairs = combinations(hybrids(family).values(), 2)
        assert not any(overlap(one, other) for one, other in pairs)


def test_a_child_has_half_of_what_differs_from_each_parent():
    first = {"a": 1, "b": (0.0, 1.0), "c": "x", "d": None, "e": 5}
    second = {"a": 2, "b": (2.0, 3.0), "c": "y", "d": (1, 2, 3), "e": 5}
    child = crossed(first, second, np.random.default_rng(0))
    assert child["e"] == 5
    assert sum(child[name] == second[name] for name in "abcd") == 2
    assert sum(child[name] == first[name] for name in "abcd") == 2


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


class TestHybridImages:
    def test_thirty_classes_and_ten_times_as_many_pictures_to_train_on(self):
        train, val = HybridImages("train"), HybridImages("val")
        assert train.classes == val.classes and len(train.classes) == 30
        assert np.bincount(train.targets).tolist() == [500] * 30
        assert np.bincount(val.targets).tolist() == [50] * 30

    def test_hash_is_the_same_on_every_machine(self):
        images = HybridImages("train")
        found = [
            hashlib.sha256(np.asarray(images[i][0]).tobytes()).hexdigest()[:16] for i in (0, 9, 33)
        ]
        assert found == HASHES

    def test_training_and_validation_pictures_differ(self):
        pictures = [np.asarray(HybridImages(split)[0][0]) for split in ("train", "val")]
        assert np.abs(pictures[0].astype(float) - pictures[1]).mean() > 5

    def test_pixels_are_the_pictures_in_order(self):
        images = HybridImages("val", per_class=3, side=16)
        pixels = images.pixels()
        assert pixels.shape == (90, 16, 16, 3)
        for index in (0, 50, 89):
            assert np.array_equal(pixels[index], np.asarray(images[index][0]))

    def test_unknown_split(self):
        with pytest.raises(ValueError, match="split is 'test': name one of train, val"):
            HybridImages("test")
