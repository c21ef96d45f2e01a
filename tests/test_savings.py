"""What reuse saves: costs on the way, images needed, spreads; against independent computations."""

import math

import numpy as np
import pytest

from tlcourse import plots
from tlcourse.networks.weights import read_card
from tlcourse.tables.savings import (
    cost_to_reach,
    images_needed,
    pretraining_flops,
    spread_of,
    times_cheaper,
    times_fewer_images,
)

RISING = ([0, 10, 20, 40], [0.2, 0.2, 0.5, 0.6])


class TestCost:
    def test_on_the_line_between_two_points(self):
        assert cost_to_reach(RISING, 0.35) == pytest.approx(15)
        assert cost_to_reach(RISING, 0.6) == 40

    def test_first_time_counts(self):
        assert cost_to_reach(([0, 1, 2, 3], [0.2, 0.5, 0.3, 0.6]), 0.5) == 1

    def test_reached_at_the_start_and_never(self):
        assert cost_to_reach(RISING, 0.2) == 0
        assert cost_to_reach(RISING, 0.61) == math.inf

    def test_ratio_of_means_with_the_extremes_of_the_seeds(self):
        reused = [([0, 10], [0.2, 0.6]), ([0, 20], [0.2, 0.6])]
        scratch = [([0, 100], [0.2, 0.6]), ([0, 300], [0.2, 0.6])]
        ratio = times_cheaper(reused, scratch, 0.6)
        assert ratio == (pytest.approx(200 / 15), 100 / 20, 300 / 10, False)
        assert str(ratio) == "13 times (5.0 to 30)"

    def test_what_never_gets_there_gives_a_lower_bound(self):
        ratio = times_cheaper([([0, 10], [0.2, 0.6])], [([0, 50], [0.2, 0.4])], 0.6)
        assert ratio.value == 5 and ratio.is_bound
        assert str(ratio).startswith("at least 5.0 times")

    @pytest.mark.parametrize("accuracy", [0.2, 0.7])
    def test_refuses_what_reuse_has_for_nothing_or_never(self, accuracy):
        with pytest.raises(ValueError, match="not reached by every reused seed, or at no cost"):
            times_cheaper([RISING], [RISING], accuracy)


class TestImages:
    REUSED = {1: [0.3], 10: [0.5], 100: [0.7]}

    def test_straight_over_the_logarithm(self):
        assert images_needed(self.REUSED, 0.4) == pytest.approx(math.sqrt(10))
        assert images_needed(self.REUSED, 0.7) == pytest.approx(100)

    def test_outside_what_was_measured(self):
        assert images_needed(self.REUSED, 0.71) == math.inf
        assert images_needed(self.REUSED, 0.1) == 1

    def test_what_was_reached_before_a_dip_was_reached(self):
        dipping = {1: [0.3], 10: [0.5], 50: [0.4], 100: [0.7]}
        assert images_needed(dipping, 0.5) == pytest.approx(10)

    def test_after_a_dip_it_is_on_the_line_that_is_drawn(self):
        dipping = {1: [0.3], 10: [0.5], 50: [0.4], 100: [0.7]}
        assert images_needed(dipping, 0.55) == pytest.approx(math.sqrt(50 * 100))

    def test_times_fewer_and_its_interval(self):
        scratch = {40: [0.4, 0.4]}
        ratio = times_fewer_images(self.REUSED, scratch, 40, n_test=250)
        assert ratio.value == pytest.approx(40 / math.sqrt(10))
        assert ratio.low < ratio.value < ratio.high and not ratio.is_bound
        surer = times_fewer_images(self.REUSED, scratch, 40, n_test=25_000)
        assert surer.high - surer.low < (ratio.high - ratio.low) / 4

    def test_below_the_fewest_images_is_a_bound(self):
        assert times_fewer_images(self.REUSED, {40: [0.2]}, 40, 250).is_bound

    def test_what_reuse_never_reached_is_no_saving(self):
        assert times_fewer_images(self.REUSED, {40: [0.9]}, 40, 250)[:2] == (0, 0)

    def test_refuses_what_was_not_measured(self):
        with pytest.raises(ValueError, match="From scratch 7 a class was not measured"):
            times_fewer_images(self.REUSED, {40: [0.4]}, 7, 250)


def test_spread_agrees_with_percentiles():
    values = np.random.default_rng(0).random(17)
    spread = spread_of(values)
    assert spread.interquartile_range == pytest.approx(
        np.subtract(*np.percentile(values, [75, 25]))
    )
    assert spread.lost_by_one_guess == pytest.approx(values.max() - np.median(values))
    with pytest.raises(ValueError, match="no accuracy to take the spread of"):
        spread_of([])


def test_pretraining_operations_by_hand():
    """Three times the forward pass of every layer but the first, whose input needs no gradient."""
    card = read_card("natural")
    sides = (64, 64, 32, 32, 16, 16, 8, 8, 4, 4)
    widths = (3, 16, 16, 48, 48, 96, 96, 160, 160, 192, 192)
    passes = [
        2 * 9 * into * out * side**2
        for side, into, out in zip(sides, widths, widths[1:], strict=False)
    ]
    passes += [2 * 192 * 4 * 512, 2 * 512 * 512, 2 * 512 * len(card["classes"])]
    image = 3 * sum(passes) - passes[0]
    epochs = sum(cycle["epochs"] for cycle in card["recipe"]["cycles"])
    assert pretraining_flops("natural") == image * epochs * 500 * len(card["classes"])


class TestFigures:
    def test_images_needed_has_a_tick_a_volume_and_an_arrow_a_saving(self):
        lines = {"reused": {1: [0.3, 0.4], 10: [0.5]}, "from scratch": {20: [0.4]}}
        ax = plots.plot_images_needed(lines, {(0.4, 2, 20): "10 times fewer"})
        assert [label.get_text() for label in ax.get_xticklabels()] == ["1", "10", "20"]
        assert "10 times fewer" in [text.get_text() for text in ax.texts]

    def test_a_line_of_costs_ends_where_a_seed_never_got_there(self):
        costs = {"a": {0.3: [1, 3], 0.4: [2, math.inf]}, "b": {0.3: [10], 0.4: [20]}}
        short, whole = plots.plot_cost_to_reach(costs, "GFLOP").get_lines()
        assert short.get_xdata().tolist() == [30] and short.get_ydata().tolist() == [2]
        assert whole.get_xdata() == pytest.approx([30, 40])

    def test_every_setting_is_a_point(self):
        ax = plots.plot_settings({"scratch": [0.2, 0.9, 0.5], "svm": [0.8, 0.85]}, chance=0.2)
        counts = [len(line.get_xdata()) for line in ax.get_lines()]
        assert sorted(counts) == [2, 2, 3]  # two grids, and the line of guessing
