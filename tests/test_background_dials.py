"""Notebook 03: animals before both backgrounds, grey squares, its figures and its dials."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
import traitlets

from tlcourse import plots
from tlcourse.domains.shift import draw_pair
from tlcourse.networks.occlusion import lost_under_grey, spotlight
from tlcourse.widgets import BackgroundDials, Dial


@pytest.fixture(scope="module")
def pair():
    return draw_pair(12, seed=5)


class TestPair:
    def test_cats_are_on_green_and_dogs_on_magenta_or_exchanged_and_else_the_same(self, pair):
        for pictures, cats_on_green in ((pair.own, True), (pair.other, False)):
            red, green, blue = pictures[:, :8, :8].mean(axis=(1, 2)).T
            assert (((green > (red + blue) / 2) == (pair.labels == 0)) == cats_on_green).all()
        masks = pair.background_masks()
        assert 0.3 < masks.mean() < 0.9
        assert not masks[:, 30:34, 30:34].all(axis=(1, 2)).any()

    def test_the_seed_settles_the_animals(self, pair):
        assert (draw_pair(12, seed=5).own == pair.own).all()
        assert (draw_pair(12, seed=6).own != pair.own).any()

    @pytest.mark.parametrize("n", [0, -2, 3, 2.0])
    def test_a_wrong_number_of_pictures(self, n):
        with pytest.raises(ValueError, match=f"^n is {n}: give an even number of pictures"):
            draw_pair(n)


class TestOcclusion:
    def test_a_map_is_the_mean_loss_over_the_squares_that_cover_a_pixel(self):
        images, weights = torch.rand(2, 3, 12, 12), torch.randn(3, 12, 12)

        def score(batch):
            return (batch * weights).sum(dim=(1, 2, 3))

        total, covered = torch.zeros(2, 12, 12), torch.zeros(12, 12)
        for i in range(0, 9, 2):
            for j in range(0, 9, 2):
                patched = images.clone()
                patched[:, :, i : i + 4, j : j + 4] = 0.5
                lost = score(images) - score(patched)
                total[:, i : i + 4, j : j + 4] += lost[:, None, None]
                covered[i : i + 4, j : j + 4] += 1
        found = lost_under_grey(score, images, 0.5, window=4, stride=2)
        torch.testing.assert_close(found, total / covered, rtol=1e-4, atol=1e-4)

    def test_spotlight(self):
        picture = np.full((2, 2, 3), 200, np.uint8)
        lit = spotlight(picture, np.array([[4.0, 2.0], [0.0, -9.0]]), dark=0.2)
        assert lit[:, :, 0].tolist() == [[200, 120], [40, 40]]
        assert spotlight(picture, np.zeros((2, 2)), dark=0.5).max() == 100


class TestFigures:
    def test_curves_go_through_the_means_in_percent(self):
        curves = {"a": {0: [0.2, 0.4], 1: [0.5, 0.5]}, "b": {0: [1.0], 1: [0.0]}}
        ax = plots.plot_curves(curves, "n")
        assert [line.get_ydata().tolist() for line in ax.lines] == [[30, 50], [100, 0]]
        assert len({(line.get_color(), line.get_marker()) for line in ax.lines}) == 2
        plt.close(ax.figure)

    def test_dumbbells_write_each_mean(self):
        rows = {"one": {"x": [0.1, 0.3], "y": [-0.0001]}, "two": {"x": [0.5], "y": [0.75]}}
        ax = plots.plot_dumbbells(rows, "share", scale=1, digits=2)
        assert {text.get_text() for text in ax.texts} == {"0.20", "0.00", "0.50", "0.75"}
        assert [label.get_text() for label in ax.get_yticklabels()] == ["one", "two"]
        plt.close(ax.figure)


class TestDial:
    @pytest.mark.parametrize(("value", "end"), [(-1.1, -1), (7, 1)])
    def test_a_value_outside_is_refused_in_words_and_the_old_one_kept(self, value, end):
        dial, said = Dial("Correlation", 0.5, -1, 1), f"Correlation is {value}: give a number"
        dial.value = end
        with pytest.raises(traitlets.TraitError, match=f"{said} between -1 and 1"):
            dial.value = value
        assert dial.value == end
        with pytest.raises(traitlets.TraitError, match=said):
            Dial("Correlation", value, -1, 1)

    @pytest.mark.parametrize("wrong", [{"min": 1, "max": 1}, {"step": 0}])
    def test_an_empty_range(self, wrong):
        with pytest.raises(ValueError, match="Correlation: the range .* is empty"):
            Dial("Correlation", 0, **wrong)

    @pytest.mark.parametrize(("step", "shown"), [(0.05, "0.50"), (1, "0"), (2.5e-6, "0.5000000")])
    def test_as_many_digits_as_the_step_has(self, step, shown):
        bundle, _ = Dial("Correlation", 0.5 if step < 1 else 0, step=step)._repr_mimebundle_()
        assert f"<b>{shown}</b>" in bundle["text/html"]


def test_the_dials_show_who_is_right_before_which_background(pair):
    always, never = np.ones(12, bool), np.zeros(12, bool)
    dials = BackgroundDials(
        pair,
        {
            ("pixels", 0): np.stack([always, always]),
            ("pixels", 0.8): np.stack([always, never]),
            ("fc7", 0): np.stack([always, never]),
            ("fc7", 0.8): np.stack([always, ~always]),
        },
    )
    for tested, wrong in ((1, 0), (0, 4), (-1, 8)):
        dials.in_test.value = tested
        assert f"{50 * (1 + tested)}%" in dials._readout.value
        assert dials._readout.value.count("✗ wrong") == wrong
    dials.in_training.value = "0"
    assert "100%" in dials._readout.value and dials._readout.value.count("image/jpeg") == 8
    dials.seen.value = "fc7"
    assert "✗ wrong" in dials._repr_mimebundle_()["text/html"]
