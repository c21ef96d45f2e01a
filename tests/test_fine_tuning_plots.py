"""Figures of fine-tuning."""

import matplotlib.pyplot as plt
import pytest

from tlcourse import plots


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def test_a_line_for_each_curve_of_copied_layers():
    curves = {"AnB": {4: [0.3, 0.5], 8: [0.6, 0.6]}, "BnB+": {4: [0.4], 8: [0.7]}}
    ax = plots.plot_copied_layers(curves, base=0.2)
    lines = {line.get_label(): line for line in ax.lines}
    assert list(lines["AnB"].get_ydata()) == pytest.approx([40, 60])
    assert list(lines["AnB"].get_xdata()) == [4, 8]
    assert {"AnB", "BnB+", "nothing copied"} <= set(lines)


def test_another_curve_is_refused():
    with pytest.raises(ValueError, match="no curve 'CnB'"):
        plots.plot_copied_layers({"CnB": {1: [0.5]}})


def test_the_leader_has_a_star_and_a_loser_an_empty_mark():
    cell = {"reuse all": {0: 0.5, 1: 0.6}, "all random": {0: 0.2, 1: 0.2}}
    cells = {("near", 4): cell, ("far", 4): cell}
    figure = plots.plot_policy_cells(cells, {key: ["reuse all"] for key in cells})
    assert len(figure.axes) == 2
    marks = [line for line in figure.axes[0].lines if line.get_marker() in "*o"]
    assert [mark.get_marker() for mark in marks] == ["*", "o"]
    assert marks[1].get_markerfacecolor() == "white"


def test_the_trade_off_has_three_panels_and_its_numbers():
    values = {"parameters": 2052, "seconds an epoch": 0.01, "bias": 0.4, "variance": 0.2}
    figure = plots.plot_trade_off({"freeze": values, "random": {**values, "bias": 0.7}})
    texts = {text.get_text().strip() for ax in figure.axes for text in ax.texts}
    assert {"2,052", "40", "70", "20"} <= texts
