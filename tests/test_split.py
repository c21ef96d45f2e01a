"""Training and test images of one data set."""

import numpy as np
import pytest

from tlcourse.datasets import stratified_split

TARGETS = [2, 0, 0, 1, 2, 1, 0, 2, 2, 0, 1, 2, 2]


def test_so_many_of_each_class_and_all_others():
    train, test = stratified_split(TARGETS, 2, seed=0)
    targets = np.array(TARGETS)
    assert np.bincount(targets[train]).tolist() == [2, 2, 2]
    assert sorted([*train, *test]) == list(range(len(targets)))


def test_seed():
    splits = [stratified_split(TARGETS, 2, seed)[0].tolist() for seed in (0, 0, 1, 2, 3)]
    assert splits[0] == splits[1]
    assert len({tuple(split) for split in splits}) > 2


def test_every_image_is_drawn_sometimes():
    drawn = [stratified_split(TARGETS, 1, seed)[0] for seed in range(100)]
    assert set(np.concatenate(drawn)) == set(range(len(TARGETS)))


@pytest.mark.parametrize(("train_per_class", "label", "count"), [(3, 1, 3), (4, 0, 4)])
def test_class_too_small(train_per_class, label, count):
    message = f"Class {label} has {count} images: .* lower train_per_class"
    with pytest.raises(ValueError, match=message):
        stratified_split(TARGETS, train_per_class, seed=0)


def test_nothing_to_train_on():
    with pytest.raises(ValueError, match=r"ask for 1 image a class or more"):
        stratified_split(TARGETS, 0, seed=0)
