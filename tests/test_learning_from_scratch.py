"""The command of notebook 01: plan, rule and tables; a kill and a resume change nothing."""

from argparse import Namespace
from itertools import islice

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from scripts.remake import from_scratch, runner
from scripts.remake.from_scratch import (
    CURVES,
    FAMILIES,
    FINAL_ON,
    KEY,
    PATIENCE,
    RUNS,
    SETTINGS,
    TRIALS,
    TRIED_ON,
    best_trial,
    random_settings,
    read,
)

pytestmark = pytest.mark.usefixtures("one_thread")
RUN = dict(zip(KEY, ("insects", "from scratch", "", 40, 0, 0.01, 1.4e-5, 0.4), strict=True))


def pictures(n, seed=0):
    """Noise, brighter for one class than for the other."""
    generator, labels = torch.Generator().manual_seed(seed), torch.arange(n) % 2
    pixels = torch.randint(0, 120, (n, 3, 64, 64), generator=generator)
    return (pixels + 100 * labels[:, None, None, None]).to(torch.uint8), labels


def tiny(source, n_classes, seed):
    """A network that trains at once."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        layers = nn.Conv2d(3, 4, 8, stride=8), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten()
        return nn.Sequential(*layers, nn.Linear(256, n_classes))


@pytest.fixture
def made(tmp_path, monkeypatch):
    """Options with a folder for the tables; made-up photographs, evaluations that come soon."""
    parts = pictures(12), pictures(8, 1), pictures(8, 2)
    small = {"FOLDER": tmp_path, "EVERY": 4, "EARLY": (2,), "LONGEST": 8, "SHORT": 3}
    small |= {"photographs": lambda *_: parts, "_photographs": lambda *_: parts, "begin": tiny}
    for name, value in small.items():
        monkeypatch.setattr(from_scratch, name, value)
    return Namespace(data=tmp_path, folder=tmp_path)


class TestPlan:
    def test_a_dozen_different_settings_four_of_each_augmentation(self):
        settings = random_settings()
        assert len(set(settings)) == 12
        assert [s[2] for s in settings] == sorted([0, 0.4, 0.8] * 4)
        assert all(0.002 <= rate <= 0.1 and 1e-5 <= decay <= 0.01 for rate, decay, _ in settings)

    def test_a_plan_has_no_run_twice_and_every_target(self):
        plan = list(from_scratch.plan())
        assert len(set(plan)) == len(plan) > 100
        assert {target for target, *_ in plan} == {*FAMILIES, "flowers102"}
        labels = np.repeat([0, 1], 10)
        rows = [from_scratch.first_of_each(labels, draw, 3).tolist() for draw in (0, 1)]
        assert rows == [[0, 1, 2, 10, 11, 12], [3, 4, 5, 13, 14, 15]]  # draws are disjoint

    def test_what_is_missing_is_said(self, tmp_path, monkeypatch):
        monkeypatch.setattr(from_scratch, "FOLDER", tmp_path)
        with pytest.raises(SystemExit, match="Tiny ImageNet was not found"):
            runner.main(["from_scratch", "--data", str(tmp_path)])
        with pytest.raises(ValueError, match="planned when these trials"):
            best_trial("short", "from scratch", TRIED_ON)


class TestRule:
    def test_stops_after_the_rate_fell_once_and_keeps_the_best_weights(self, monkeypatch):
        given = iter([0.5, 0.4, 0.6] + [0.6] * 20)

        def right(network, images, labels):
            return next(given) if len(labels) == 10 else 1.0

        for name, value in {"EVERY": 2, "EARLY": (), "accuracy": right}.items():
            monkeypatch.setattr(from_scratch, name, value)
        curve, best = from_scratch.to_the_plateau(
            tiny("", 2, 0), pictures(8), pictures(10, 1), 0, 0.01, 0, 0
        )
        assert len(curve) == 3 + 2 * PATIENCE and best["updates"] == 6
        assert [point["updates"] for point in curve] == list(range(2, 2 * len(curve) + 1, 2))
        assert curve[-1]["images"] == 8 * curve[-1]["updates"]

    def test_batch_norms_are_settled_on_training_images(self):
        network, images = tiny("", 2, 0), pictures(8)[0]
        from_scratch.settle(network, images)
        outputs = network[0](from_scratch.as_input(images))
        assert network[1].running_mean == pytest.approx(outputs.mean((0, 2, 3)).detach(), abs=0.02)

    def test_reused_weights_are_the_sources_and_the_last_layer_is_new(self, natural):
        network = from_scratch.begin("natural", 3, 0)
        weight = natural.network.conv1_1.weight
        assert torch.equal(network.conv1_1.weight, weight) and network.conv1_1.weight is not weight
        assert network.fc8.out_features == 3 and network.conv1_1.weight.requires_grad


class TestTables:
    def test_a_kill_and_a_resume_give_the_same_tables(self, made, monkeypatch):
        def tables():
            names = (RUNS, TRIALS, CURVES)
            return [read(name).drop(columns="cpu_seconds", errors="ignore") for name in names]

        def go_on(n):
            for step in islice(from_scratch.steps(made), n):
                if not step.is_done:
                    step.make()

        monkeypatch.setattr(from_scratch, "TRIED_ON", TRIED_ON[:1])
        monkeypatch.setattr(from_scratch, "FINAL_ON", FINAL_ON[:1])
        go_on(18)
        whole = tables()
        for file in made.folder.glob("*.csv"):
            file.unlink()
        go_on(14)
        killed = read(TRIALS, round="plateau").iloc[-1]
        left = read(TRIALS)  # killed after the curve of the last run, before its row
        is_last = (left["round"] == "plateau") & (left["rate"] == killed["rate"])
        left[~is_last].to_csv(made.folder / TRIALS, index=False)
        go_on(18)
        for before, after in zip(whole, tables(), strict=True):
            order = [name for name in ("round", *KEY, "updates") if name in before]
            before, after = (each.sort_values(order, ignore_index=True) for each in (before, after))
            pd.testing.assert_frame_equal(before, after)

    def test_a_trial_that_was_chosen_is_not_run_again(self, made):
        from_scratch.measure(made, RUN, "plateau")
        assert from_scratch.measure(made, RUN, "").endswith("as before")
        assert len(read(RUNS)) == 1 and "round" not in read(RUNS)
        assert read(RUNS)["decay"].item() == 1.4e-5

    def test_an_svm_on_frozen_features_has_a_row_a_number_of_images(self, made):
        from_scratch.frozen(made, "insects", "natural", (2, 6))
        rows = read(RUNS)
        assert rows["per_class"].tolist() == [2, 2, 6, 6]
        assert (rows["test_accuracy"] > 0.9).all() and (rows["cpu_seconds"] > 0).all()


class TestMeasured:
    def test_one_setting_of_the_rival_is_used_everywhere_and_is_the_best_tried(self):
        short = read(TRIALS, round="short", start="from scratch")
        assert set(short[SETTINGS].itertuples(index=False, name=None)) == set(random_settings())
        assert len(short) == 12 * len(TRIED_ON) and short["test_accuracy"].isna().all()
        used = read(RUNS, start="from scratch")[SETTINGS].drop_duplicates()
        best = best_trial("plateau", "from scratch", FINAL_ON)
        assert [tuple(row) for row in used.to_numpy()] == [best]

    def test_a_run_and_its_curve_agree(self):
        runs, curves = read(RUNS), read(CURVES)
        trained = runs[~runs["start"].str.startswith("frozen")]
        assert not runs.duplicated(KEY).any() and len(trained)
        best = curves.groupby(KEY)["validation_accuracy"].max()
        keys = pd.MultiIndex.from_frame(trained[KEY])
        assert np.allclose(best.loc[keys].to_numpy(), trained["validation_accuracy"])

    def test_what_is_there_is_of_the_plan(self):
        plan = {(*run[:3], run[4], n) for run in from_scratch.plan() for n in np.ravel(run[3])}
        runs = read(RUNS).replace({"start": {"frozen, all layers": "frozen, last layer"}})
        columns = ["target", "start", "source", "draw", "per_class"]
        assert plan >= set(runs[columns].itertuples(index=False, name=None))
        families = runs[runs["per_class"] == 40].groupby("start")["target"].unique()
        assert set(families["frozen, last layer"]) == set(FAMILIES)
