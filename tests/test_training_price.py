"""The cost calculator and the ranges of a transfer run beside pre-training."""

from html import escape

import pytest
import traitlets
from torch.utils.data import Subset

from tlcourse.course.price import ASSUMPTIONS, GROUPS, SCENARIOS, training_price
from tlcourse.datasets import HandwrittenDigits
from tlcourse.finetuning import cost
from tlcourse.networks.backbones import load_backbone
from tlcourse.widgets import CostCalculator
from tlcourse.widgets.cost_calculator import OWN, stops


def test_every_assumption_has_a_range_a_group_and_a_source():
    for name, a in ASSUMPTIONS.items():
        assert a.low <= a.default <= a.high and a.low < a.high, name
        assert a.group in GROUPS and a.kind in ("published", "derived", "assumption")
        assert (a.kind == "assumption") == a.source.startswith("Assumption"), name
        assert len(a.source) > 10 and a.source.endswith((".", ")"))


def test_bill_by_hand():
    bill = training_price(
        images=1000, answers_per_image=3, seconds_per_answer=6, wage=10, kilobytes_per_image=100,
        storage_price=0.1, months=5, processors=2, hours=10, runs=4, card_price=500, watts=200,
        host_watts=50, overhead=2, grid_intensity=0.5, electricity_price=0.2, person_months=2,
        salary=1000,
    )  # fmt: skip
    assert (bill.label_hours, bill.gigabytes, bill.card_hours) == (5, 0.1, 80)
    assert (bill.kwh, bill.kg_co2) == (40, 20)
    assert bill.dollars == pytest.approx(
        {"Labels": 50, "Storage": 0.05, "Training": 1000, "Energy": 8, "People": 2000}
    )
    assert bill.total == pytest.approx(3058.05) and sum(bill.share.values()) == pytest.approx(1)


def test_defaults_are_those_of_alexnet_as_published():
    a = training_price(runs=1)
    assert a.card_hours == 2 * 5.5 * 24
    assert a.kwh == pytest.approx(2 * 132 * (0.244 + 0.1) * 1.58)
    assert training_price(processors=4, hours=420, runs=1).card_hours == 4 * 17.5 * 24
    bill = training_price(images=3600, answers_per_image=1, seconds_per_answer=1)
    assert bill.label_hours == 1
    assert training_price(images=10_000, kilobytes_per_image=100).gigabytes == 1


@pytest.mark.parametrize("end", ["low", "high"])
def test_all_factors_at_one_end(end):
    bill = training_price(**{name: getattr(a, end) for name, a in ASSUMPTIONS.items()})
    assert bill.total >= 0 and all(0 <= share <= 1 for share in bill.share.values())


def test_refusals_say_what_to_do():
    with pytest.raises(TypeError, match="no assumption 'gpus': change one of images"):
        training_price(gpus=3)
    with pytest.raises(ValueError, match="Building overhead is 0.5: give a number between"):
        training_price(overhead=0.5)
    for wrong in ("10", True, None):
        with pytest.raises(TypeError, match="hours is .*: give a number"):
            training_price(hours=wrong)
    with pytest.raises(ValueError, match="Images with a label is nan"):
        training_price(images=float("nan"))


class TestCostCalculator:
    def test_each_slider_at_both_ends(self):
        widget = CostCalculator()
        for name, a in ASSUMPTIONS.items():
            values = stops(name)
            assert (values[0], values[-1]) == (a.low, a.high) and values == sorted(set(values))
            for place in (0, len(values) - 1):
                widget.positions = {name: place}
                assert widget.assumptions[name] == values[place]
                assert widget.bill == training_price(**widget.assumptions)
                assert widget.scenario == OWN
                assert widget._bill["total"].startswith("$")

    def test_scenarios_set_every_slider_and_are_recognised(self):
        widget = CostCalculator()
        for name, changed in reversed(SCENARIOS.items()):
            widget.scenario = name
            assert widget.bill == training_price(**changed)
        everything = widget.positions
        widget.positions = {"images": 0}
        assert widget.scenario == OWN
        widget.positions = everything
        assert widget.scenario == next(iter(SCENARIOS))

    def test_counted_things_are_whole(self):
        for name in ("images", "answers_per_image", "processors", "runs"):
            assert all(value == int(value) for value in stops(name))

    def test_refusals(self):
        widget = CostCalculator()
        with pytest.raises(traitlets.TraitError, match="no scenario 'GPT'"):
            widget.scenario = "GPT"
        with pytest.raises(traitlets.TraitError, match="no assumption 'gpus'"):
            widget.positions = {"gpus": 0}
        for place in (-1, 10_000, 1.5):
            with pytest.raises(traitlets.TraitError, match="Wage: give a whole number from 0"):
                widget.positions = {"wage": place}
        assert widget.scenario == next(iter(SCENARIOS))

    def test_static_table_names_every_factor_and_its_source(self):
        bundle, _ = CostCalculator("transfer: 200 images of yours")._repr_mimebundle_()
        assert all(escape(a.label) in bundle["text/html"] for a in ASSUMPTIONS.values())
        assert "Strubell" in bundle["text/html"] and "$504 in all" in bundle["text/html"]
        assert bundle["text/plain"] == "CostCalculator(transfer: 200 images of yours)"


class TestRanges:
    def test_products_and_quotients_take_the_ends_that_lean_farthest(self):
        a, b = cost.Range(2, 3), cost.Range(4, 12)
        assert a * b == (8, 36) and a * 2 == (4, 6)
        assert b / a == (4 / 3, 6) and b / 4 == (1, 3)
        assert cost.Range(1, 100).middle == 10

    def test_alexnet_took_two_cards_for_five_to_six_days(self):
        low, high = cost.pretraining_energy("AlexNet")
        assert low == pytest.approx(2 * 120 * 222)
        assert high == pytest.approx(2 * 144 * 344 * 1.58)
        assert cost.pretraining_energy("VGG19").low == pytest.approx(4 * 14 * 24 * 225)

    @pytest.mark.parametrize(("name", "hours"), [("AlexNet", 132), ("VGG19", 420)])
    def test_calculator_and_ranges_are_one_model(self, name, hours):
        card = {"AlexNet": {}, "VGG19": {"processors": 4, "watts": 250}}[name]
        low, high = cost.pretraining_energy(name)
        assert low < 1000 * training_price(hours=hours, runs=1, **card).kwh < high

    def test_transfer_energy(self):
        low, high = cost.transfer_energy(3600)
        assert (low, high) == (pytest.approx(2.5), pytest.approx(158))

    @pytest.mark.parametrize(
        ("call", "words"),
        [
            (lambda: cost.transfer_energy(0), "draws no energy: give seconds above 0"),
            (lambda: cost.pretraining_energy("GoogLeNet"), "no hardware and time"),
            (lambda: cost.as_energy(-1), "below 0"),
        ],
    )
    def test_refusals(self, call, words):
        with pytest.raises(ValueError, match=words):
            call()

    @pytest.mark.parametrize(
        ("wh", "words"),
        [(0.0017, "1.7 mWh"), (0.112, "110 mWh"), (9.24, "9.2 Wh"), (29_280, "29 kWh")]
        + [(1.115e6, "1.1 MWh"), (0, "0 mWh")],
    )
    def test_energy_in_words(self, wh, words):
        assert cost.as_energy(wh) == words


def test_transfer_run_is_scaled_from_a_few_passes():
    digits, natural = HandwrittenDigits(), load_backbone("natural")
    assert cost.n_transfer_images() == (200, 500)
    stages = cost.cpu_seconds_of_transfer(natural, digits, n_passes=20)
    assert list(stages) == ["forward passes", "linear SVM"] and min(stages.values()) > 0
    assert stages["forward passes"] > stages["linear SVM"]
    for n_passes in (0, 6):
        with pytest.raises(ValueError, match=f"{n_passes} forward passes .* give 1 to 5"):
            cost.cpu_seconds_of_transfer(natural, Subset(digits, range(5)), n_passes)
