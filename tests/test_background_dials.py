"""The dials of notebook 03, set to the ends of their ranges."""

import re

import pytest
import traitlets

from tlcourse.domains.shift import draw_pair
from tlcourse.domains.spurious_correlation import background_reliance
from tlcourse.features.representations import RAW_PIXELS, raw_pixels
from tlcourse.widgets import BackgroundDials, Dial

TROUBLE = "could not be shown"


def halves(pictures, cache=False):
    return raw_pixels(pictures)[:, ::2]


@pytest.fixture(scope="module")
def pairs():
    both = {RAW_PIXELS: raw_pixels, "every other pixel": halves}
    return draw_pair(40, both, seed=8), draw_pair(20, both, seed=9), both


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


class TestBackgroundDials:
    def test_every_control_at_both_ends(self, pairs):
        dials = BackgroundDials(*pairs)
        for name in dials.representation.options:
            dials.representation.value = name
            for trained in (-1, 1, 0):
                dials.in_training.value = trained
                for tested in (-1, 1):
                    dials.in_test.value = tested
                    assert TROUBLE not in dials._readout.value
                    assert len(dials.accuracy) == 3

    def test_accuracy_is_that_of_the_public_function(self, pairs):
        dials = BackgroundDials(*pairs, correlations=(0.8, -0.6))
        expected = background_reliance(*pairs[:2], 0.8, RAW_PIXELS).accuracy(-0.6)
        assert dials.accuracy == pytest.approx(expected)
        assert f"{100 * expected.mean():.0f}% " in dials._readout.value

    def test_the_reversed_background_makes_raw_pixels_wrong(self, pairs):
        dials = BackgroundDials(*pairs)
        before = dials.accuracy.mean()
        dials.in_test.value = -1
        assert before > 0.9 and dials.accuracy.mean() < 0.1
        assert dials._readout.value.count("✗ wrong") >= 5

    def test_the_test_dial_trains_nothing_again(self, pairs, monkeypatch):
        dials = BackgroundDials(*pairs)
        monkeypatch.setattr("tlcourse.widgets.background_dials.background_reliance", None)
        dials.in_test.value = 0.3
        assert TROUBLE not in dials._readout.value

    def test_failure_is_said_in_words_and_the_next_setting_works(self, pairs):
        train, test, both = pairs
        dials = BackgroundDials(train, test, {**both, "unknown": raw_pixels})
        dials.representation.value = "unknown"
        assert dials.accuracy is None and TROUBLE in dials._readout.value
        dials.representation.value = RAW_PIXELS
        assert dials.accuracy is not None and TROUBLE not in dials._readout.value

    def test_the_stored_output_reads_without_a_kernel(self, pairs):
        bundle = BackgroundDials(*pairs)._repr_mimebundle_()
        page = bundle["text/html"]
        assert bundle["text/plain"] == "BackgroundDials()"
        assert "correlation: 1.0" in page and "guessing is 50%" in page
        assert len(re.findall("data:image/jpeg", page)) == 6 + 6 + 4
