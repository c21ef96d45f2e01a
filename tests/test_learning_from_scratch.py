"""Runs from each start, their plans and what was measured; what a network latched on to."""

import json

import numpy as np
import pytest
import torch

from scripts.remake import from_scratch, runner
from scripts.remake.from_scratch import PLANS
from tlcourse import widgets
from tlcourse.classifiers.score import evaluate_transfer
from tlcourse.finetuning.cost import training_cost
from tlcourse.finetuning.starts import (
    CS,
    FINE_TUNED,
    FLOWERS,
    FROZEN,
    SCRATCH,
    STARTS,
    LatchedOn,
    accuracy_by_volume,
    accuracy_of_settings,
    as_inputs,
    draw_shortcut,
    drawn_flowers,
    five_insects,
    flowers_of_the_grid,
    latch_on,
    train_from,
)
from tlcourse.networks.backbones import load_backbone
from tlcourse.networks.images import prepare_images
from tlcourse.tables import measured as tables_measured
from tlcourse.tables.measured import (
    FILES,
    GRID,
    SEEDS,
    TRIAL,
    TRIED,
    accuracy_of_grid,
    of_start,
    read_measured,
)

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def natural():
    return load_backbone("natural")


@pytest.fixture(scope="module")
def flowers(natural):
    return tuple(prepare_images(natural, drawn_flowers(3, seed)) for seed in (0, 1))


@pytest.fixture(scope="module")
def widget():
    runs = read_measured("curves")
    return widgets.CostToReach({start: of_start(runs, start) for start in STARTS})


class TestTrainFrom:
    @pytest.mark.parametrize("start", STARTS)
    def test_curve_and_cost_of_each_start(self, natural, flowers, start):
        run, trained = train_from(
            start, natural, *flowers, epochs=2, evaluate_every=1, progress=False
        )
        assert run.per_class == 3 and run.accuracy == run.curve["accuracy"][-1]
        assert run.curve["images"] == [0, 15, 30] and len(set(map(len, run.curve.values()))) == 1
        name = "small_vgg_bn" if start == SCRATCH else "natural"
        kept = start == FROZEN
        cost = training_cost(name, STARTS[start], len(FLOWERS), cache=kept)[0]
        assert run.curve["flops"][-1] == cost.of(15, 30)
        assert trained.backbone.name == name

    def test_what_is_frozen_stays_and_what_is_tuned_starts_from_the_source(self, natural, flowers):
        quick = {"epochs": 1, "evaluate_every": 1, "progress": False}
        before = natural.network.conv3_1.weight
        _, frozen = train_from(FROZEN, natural, *flowers, **quick)
        assert torch.equal(frozen.network.network.conv3_1.weight, before)
        _, tuned = train_from(FINE_TUNED, natural, *flowers, learning_rate=1e-5, **quick)
        assert torch.allclose(tuned.network.network.conv3_1.weight, before, atol=1e-3)
        _, scratch = train_from(SCRATCH, natural, *flowers, **quick)
        assert not torch.allclose(scratch.network.network.conv3_1.weight, before, atol=1e-3)

    def test_width_is_a_setting_of_design(self, flowers):
        _, run = train_from(
            SCRATCH, None, *flowers, width=0.25, epochs=1, evaluate_every=1, progress=False
        )
        assert run.network.network.conv5_1.out_channels == 48

    def test_unknown_start(self, natural, flowers):
        with pytest.raises(ValueError, match="There is no start 'hero': choose from"):
            train_from("hero", natural, *flowers)


class TestMeasured:
    @pytest.mark.parametrize("which", FILES)
    def test_every_run_of_the_plan_is_there_once(self, which):
        runs = read_measured(which)
        wanted = list(PLANS[which]())
        assert len(runs) == len(wanted)
        for *names, settings in wanted:
            found = [
                run
                for run in runs
                if [run.start, run.budget, run.per_class, run.seed] == names
                and settings.items() <= run.settings.items()
            ]
            assert len(found) == 1

    @pytest.mark.parametrize("which", FILES)
    def test_how_it_was_measured_is_said(self, which):
        saved = json.loads((tables_measured.FOLDER / FILES[which]).read_text("utf-8"))
        assert saved["cpu_threads"] == 1 and saved["command"].endswith("--data tiny-imagenet-200")

    def test_budgets_are_the_same(self):
        runs = read_measured("curves")
        assert len({run.curve["images"][-1] for run in runs}) == 1
        assert [run.seed for run in of_start(runs, FROZEN)] == [0, 1, 2]

    def test_a_grid_has_every_combination(self):
        grid = accuracy_of_grid()
        assert len(grid) == np.prod([len(values) for values in GRID.values()])
        assert {len(seeds) for seeds in grid.values()} == {len(SEEDS)}

    @pytest.mark.parametrize("start", STARTS)
    def test_settings_are_the_best_on_held_out_photographs(self, start):
        trials = [
            run for run in read_measured("tuning") if (run.start, run.budget) == (start, TRIAL)
        ]
        rated = {}
        for run in trials:
            setting = tuple(run.settings[name] for name in TRIED)
            rated[setting] = rated.get(setting, 0) + run.accuracy
        best = max(rated, key=rated.get)
        measured = of_start(read_measured("curves"), start)
        assert {tuple(run.settings[name] for name in TRIED) for run in measured} == {best}

    def test_the_command_says_what_is_missing(self, tmp_path, monkeypatch):
        monkeypatch.setattr(from_scratch, "FOLDER", tmp_path)
        with pytest.raises(SystemExit, match="Tiny ImageNet was not found"):
            runner.main(["from_scratch", "--data", str(tmp_path)])


class TestReusedFeatures:
    def test_five_insects_are_every_second_class(self):
        train, test = five_insects()
        assert train.classes == ["ladybug", "bee", "walking stick", "mantis", "monarch"]
        assert np.bincount(train.labels).tolist() == [40] * 5
        assert np.bincount(test.labels).tolist() == [50] * 5

    def test_more_images_help_and_draws_differ(self):
        by_volume = accuracy_by_volume(*five_insects(), volumes=(1, 40), seeds=(0, 1))
        assert max(by_volume[1]) < min(by_volume[40]) and by_volume[1][0] != by_volume[1][1]
        assert len(by_volume[40]) == 1
        assert np.mean(by_volume[40]) > evaluate_transfer("natural", "insects", "fc7").accuracy
        with pytest.raises(ValueError, match="40 images and 41 a class were asked"):
            accuracy_by_volume(*five_insects(), volumes=(41,))

    def test_every_setting_of_the_grid(self):
        found = accuracy_of_settings(*five_insects(), ("fc7",), ("none", "standardized"))
        assert len(found) == 2 * len(CS) and all(0 < value < 1 for value in found.values())

    def test_the_grid_has_its_own_flowers(self):
        train, test = flowers_of_the_grid(2, 3)
        assert len(train) == 2 * len(FLOWERS) and len(test) == 3 * len(FLOWERS)


class TestShortcut:
    def test_frozen_features_that_know_no_colour_are_not_misled(self):
        train, test = draw_shortcut(16, 20)
        assert train.agrees.all() and (test.agreeing.labels == test.conflicting.labels).all()
        settings = {"epochs": 15, "evaluate_every": 30}
        found = latch_on(FROZEN, load_backbone("drawn"), train, test, n_explained=3, **settings)
        assert abs(found.agreeing - found.conflicting) < 0.2 and found.background_share < 0.3

    def test_accuracy_is_that_of_the_network(self):
        train, test = draw_shortcut(8, 10)
        settings = {"epochs": 1, "evaluate_every": 1}
        found = latch_on(SCRATCH, None, train, test, n_explained=2, **settings)
        margins = found.classifier.decision_function(as_inputs(test.conflicting.pictures))
        assert found.conflicting == pytest.approx(np.mean((margins > 0) == test.labels))

    def test_share_of_what_is_not_negative(self):
        assert LatchedOn(1, 0, np.array([3.0, 1.0]), None).background_share == 0.75
        assert LatchedOn(1, 0, np.array([3.0, -1.0]), None).background_share == 1
        assert LatchedOn(1, 0, np.array([-3.0, -1.0]), None).background_share == 0


class TestCostToReach:
    def test_both_ends_and_every_option(self, widget):
        for control, values in (
            (widget.accuracy, (widget.accuracy.min, widget.accuracy.max, 40)),
            (widget.spent, (*widget.spent.options, "images seen")),
        ):
            for value in values:
                control.value = value
                assert "could not be shown" not in widget._readout.value
                assert all(start in widget._readout.value for start in STARTS)

    def test_what_nobody_reaches(self, widget):
        widget.accuracy.value = 80
        assert "0 of 3 seeds" in widget._readout.value and "never" in widget._readout.value

    def test_reads_without_a_kernel(self, widget):
        bundle, *_ = [widget._repr_mimebundle_()]
        bundle = bundle[0] if isinstance(bundle, tuple) else bundle
        assert "<table" in bundle["text/html"] and bundle["text/plain"] == "CostToReach()"

    def test_no_run(self):
        with pytest.raises(ValueError, match="There is no run to read a cost from"):
            widgets.CostToReach({})
