"""Yosinski et al. 2014: the published curves and the miniature."""

import pytest

from scripts.remake import yosinski
from tlcourse.tables import published

LAYERS = [f"layer{n}" for n in range(13)]


def test_published_figures_are_those_of_the_paper():
    assert published.published_curve("base")[0] == 0.6251
    frozen = published.published_curve("AnB")
    expected = [0.628, 0.624, 0.619, 0.600, 0.578, 0.581, 0.543]
    assert [frozen[n] for n in range(1, 8)] == pytest.approx(expected, abs=0.0006)


def test_dissimilar_halves_lose_more():
    lost = {
        name: published.published_curve(name)[1] - published.published_curve(name)[7]
        for name in ("AnB", "natman_transfer_AB")
    }
    assert lost["natman_transfer_AB"] > 2 * lost["AnB"]


def test_an_unknown_curve_is_refused():
    with pytest.raises(ValueError, match="no published curve 'CnB'"):
        published.published_curve("CnB")


@pytest.mark.parametrize(
    ("curve", "choice"), [("AnB", "freeze"), ("AnB+", "fine-tune"), ("random", "freeze")]
)
def test_so_many_layers_are_copied(curve, choice):
    choices = yosinski.copying_policy(curve, 4).choices_for(LAYERS)
    assert [choices[name] for name in LAYERS] == [choice] * 4 + ["random"] * 9


@pytest.mark.parametrize("n", [0, 13])
def test_something_is_copied_and_something_learned(n):
    with pytest.raises(ValueError, match="1 to 12"):
        yosinski.copying_policy("AnB", n)


def test_what_was_copied_learns_more_slowly():
    factors = yosinski.copying_policy("BnB+", 2).factors_for(LAYERS)
    assert factors["layer1"] < factors["layer2"] == 1
