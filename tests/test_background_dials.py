"""The dials of notebook 03, set to the ends of their ranges."""

import numpy as np
import pytest
import traitlets

from tlcourse.domains.shift import draw_pair
from tlcourse.widgets import BackgroundDials, Dial


class TestDial:
    @pytest.mark.parametrize("value", [-1, 0.3, 1])
    def test_values_inside(self, value):
        dial = Dial("Correlation", 0, -1, 1)
        dial.value = value
        assert dial.value == value

    @pytest.mark.parametrize("value", [-1.1, 7])
    def test_a_value_outside_is_refused_in_words_and_the_old_one_kept(self, value):
        dial = Dial("Correlation", 0.5, -1, 1)
        with pytest.raises(
            traitlets.TraitError,
            match=rf"Correlation is {value}: give a number between -1 and 1",
        ):
            dial.value = value
        assert dial.value == 0.5
        with pytest.raises(traitlets.TraitError, match="give a number between"):
            Dial("Correlation", value, -1, 1)

    @pytest.mark.parametrize("wrong", [{"min": 1, "max": 1}, {"step": 0}])
    def test_an_empty_range(self, wrong):
        with pytest.raises(ValueError, match="Correlation: the range .* is empty"):
            Dial("Correlation", 0, **wrong)

    @pytest.mark.parametrize(
        ("step", "shown"),
        [(0.1, "0.5"), (0.05, "0.50"), (1, "0"), (1e-5, "0.50000"), (2.5e-6, "0.5000000")],
    )
    def test_as_many_digits_as_the_step_has(self, step, shown):
        bundle, _ = Dial("Correlation", 0.5 if step < 1 else 0, step=step)._repr_mimebundle_()
        assert f"<b>{shown}</b>" in bundle["text/html"]


def test_the_dials_show_who_is_right_before_which_background():
    pair, always, never = draw_pair(10), np.ones(10, bool), np.zeros(10, bool)
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
