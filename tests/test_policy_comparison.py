"""Comparisons of policies: pairs, ties, changes of a gain, bias and variance."""

import numpy as np
import pytest
from scipy.stats import ttest_1samp

from tlcourse.classifiers import intervals
from tlcourse.finetuning import grid
from tlcourse.finetuning.grid import GridRun


def test_the_interval_is_that_of_students_t():
    pairs = [0.1, 0.3, 0.2, 0.5]
    found = intervals.paired_difference(pairs)
    expected = ttest_1samp(pairs, 0).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))


def test_one_pair_is_no_spread():
    with pytest.raises(ValueError, match="2 pairs or more"):
        intervals.paired_difference([0.1])


def test_ties_are_ties():
    best = {1: 0.8, 2: 0.8, 3: 0.8, 4: 0.81}
    close = {1: 0.9, 2: 0.7, 3: 0.75, 4: 0.8}
    worse = {1: 0.5, 2: 0.51, 3: 0.5, 4: 0.5}
    cell = {"worse": worse, "close": close, "best": best}
    assert grid.tied_with_best(cell) == ["best", "close"]


def test_changes_of_a_gain_have_the_right_sign():
    gained = {
        (similarity, n): {
            ("insects", seed): n + (similarity == "near") * 5 + seed for seed in (0, 1)
        }
        for similarity in ("near", "far")
        for n in (4, 16, 48)
    }
    assert grid.change_with_volume(gained).pairs == (44, 44, 44, 44)
    assert set(grid.change_with_similarity(gained).pairs) == {5}


def run(policy, similarity, accuracy, seed=0, per_class=4):
    return GridRun(policy, similarity, "insects", per_class, seed, accuracy, 1.0, "01", "00")


def test_what_keeps_nothing_of_the_source_is_in_all_cells():
    runs = [run("all random", "none", 0.2), run("reuse all", "near", 0.5)]
    runs.append(run("reuse all", "far", 0.4))
    cells = grid.grid_cells(runs)
    assert cells["far", 4]["all random"] == cells["near", 4]["all random"] == {("insects", 0): 0.2}
    assert cells["far", 4]["reuse all"] == {("insects", 0): 0.4}


def test_depth_curves_run_from_the_head_to_the_whole_network():
    runs = [run("fine-tune all", "near", 0.6), run("fine-tune top 5", "near", 0.55)]
    curve = grid.depth_curves([*runs, run("reuse all", "near", 0.5)])[4]
    assert curve == {1: [0.5], 5: [0.55], 13: [0.6]}


def test_bias_is_of_the_main_prediction_and_variance_about_it():
    predictions = [[0, 1, 1], [0, 1, 0], [0, 1, 0]]
    bias, variance = grid.bias_and_variance(predictions, [0, 0, 0])
    assert bias == pytest.approx(1 / 3)
    assert variance == pytest.approx(1 / 9)


def test_bias_and_variance_need_draws():
    with pytest.raises(ValueError, match="2 draws or more"):
        grid.bias_and_variance(np.zeros((1, 3), int), np.zeros(3, int))
