"""Training and test images of one data set."""

import numpy as np
import pytest

from tlcourse.datasets import stratified_split

TARGETS = np.array([2, 0, 0, 1, 2, 1, 0, 2, 2, 0, 1, 2, 2])


def test_so_many_of_each_class_and_all_others_by_seed():
    splits = [stratified_split(TARGETS, 2, seed) for seed in (0, 0, *range(1, 50))]
    for train, test in splits:
        assert np.bincount(TARGETS[train]).tolist() == [2, 2, 2]
        assert sorted([*train, *test]) == list(range(len(TARGETS)))
    trains = [train.tolist() for train, _ in splits]
    assert trains[0] == trains[1] and len(set(map(tuple, trains))) > 2
    assert set(np.concatenate(trains)) == set(range(len(TARGETS)))  # every image sometimes


@pytest.mark.parametrize(
    ("train_per_class", "message"),
    [(3, "Class 1 has 3 images: .* lower"), (4, "Class 0 has 4 images"), (0, "ask for 1 image")],
)
def test_nothing_to_train_on_or_to_test(train_per_class, message):
    with pytest.raises(ValueError, match=message):
        stratified_split(TARGETS, train_per_class, seed=0)
