"""The price of a trained network, and its calculator."""

from html import escape

import pytest
import traitlets

from tlcourse.course.price import ASSUMPTIONS, GROUPS, SCENARIOS, training_price
from tlcourse.widgets import CostCalculator
from tlcourse.widgets.cost_calculator import OWN, WHOLE, stops


def test_every_assumption_has_a_range_a_group_and_a_source():
    for name, a in ASSUMPTIONS.items():
        assert a.low <= a.default <= a.high and a.low < a.high, name
        assert a.group in GROUPS and a.kind in ("published", "derived", "assumption")
        assert (a.kind == "assumption") == a.source.startswith("Assumption"), name
        assert len(a.source) > 10 and a.source.endswith((".", ")"))


def test_bill_by_hand():
    bill = training_price(
        classes=10, images_per_class=100, answers_per_image=3, seconds_per_answer=6, wage=10,
        kilobytes_per_image=100, transfers=3, transfer_price=0.2, line=8, storage_price=0.1,
        months=5, processors=2, hours=10, runs=4, card_price=500, watts=200, host_watts=50,
        overhead=2, grid_intensity=0.5, electricity_price=0.2, design_months=1.5, tuning_months=0.5,
        salary=1000,
    )  # fmt: skip
    assert (bill.label_hours, bill.gigabytes, bill.card_hours) == (5, 0.1, 80)
    assert bill.line_hours == pytest.approx(300 / 3600)  # 0.3 GB at a megabyte a second
    assert (bill.kwh, bill.kg_co2, bill.months) == (40, 20, (1.5, 0.5))
    assert bill.dollars == pytest.approx(
        {"Labels": 50, "Transfer and storage": 0.11, "Training": 1000, "Energy": 8, "People": 2000}
    )
    assert bill.total == pytest.approx(3058.11)


def test_defaults_are_those_of_alexnet_as_published():
    a = training_price(runs=1)
    assert a.card_hours == 2 * 5.5 * 24
    assert a.kwh == pytest.approx(2 * 132 * (0.244 + 0.1) * 1.58)
    usual = {name: each.default for name, each in ASSUMPTIONS.items()}
    assert usual["classes"] * usual["images_per_class"] == pytest.approx(14_197_122, rel=1e-4)


def test_refusals_say_what_to_do():
    with pytest.raises(TypeError, match="no assumption 'gpus': change one of classes"):
        training_price(gpus=3)
    with pytest.raises(ValueError, match="Building overhead is 0.5: give a number between"):
        training_price(overhead=0.5)
    with pytest.raises(ValueError, match="Classes is nan"):
        training_price(classes=float("nan"))


class TestCostCalculator:
    def test_each_slider_at_both_ends(self):
        widget = CostCalculator()
        for name, a in ASSUMPTIONS.items():
            values = stops(name)
            assert (values[0], values[-1]) == (a.low, a.high) and values == sorted(set(values))
            assert name not in WHOLE or all(value == int(value) for value in values)
            for place in (0, len(values) - 1):
                widget.positions = {name: place}
                assert widget.assumptions[name] == values[place]
                assert widget.bill == training_price(**widget.assumptions)
                assert min(widget.bill.dollars.values()) >= 0 and widget.scenario == OWN
                assert widget._bill["total"].startswith("$")

    def test_scenarios_set_every_slider_and_are_recognised(self):
        widget = CostCalculator()
        for name, changed in reversed(SCENARIOS.items()):
            widget.scenario = name
            assert widget.bill == training_price(**changed)
        everything = widget.positions
        widget.positions = {"classes": 0}
        assert widget.scenario == OWN
        widget.positions = everything
        assert widget.scenario == next(iter(SCENARIOS))

    def test_refusals(self):
        widget = CostCalculator()
        with pytest.raises(traitlets.TraitError, match="no scenario 'GPT'"):
            widget.scenario = "GPT"
        with pytest.raises(traitlets.TraitError, match="no assumption 'gpus'"):
            widget.positions = {"gpus": 0}
        for place in (10_000, 1.5):
            with pytest.raises(traitlets.TraitError, match="Wage: give a whole number from 0"):
                widget.positions = {"wage": place}
        assert widget.scenario == next(iter(SCENARIOS))

    def test_static_table_names_every_factor_and_its_source(self):
        bundle, _ = CostCalculator("transfer: 200 images of yours")._repr_mimebundle_()
        assert all(escape(a.label) in bundle["text/html"] for a in ASSUMPTIONS.values())
        assert "Strubell" in bundle["text/html"] and "$504 in all" in bundle["text/html"]
        assert bundle["text/plain"] == "CostCalculator(transfer: 200 images of yours)"
