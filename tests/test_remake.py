"""``scripts/remake``: its runner, and notebooks 01 and 08; a kill and a resume change nothing."""

import sys
from argparse import Namespace
from itertools import chain, islice, product, repeat
from threading import Thread
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
import torch
from filelock import FileLock
from torch import nn

from scripts.remake import from_scratch, policy_grid, real_fine_tuning, runner, to_plateau, yosinski
from scripts.remake.from_scratch import CURVES, KEY, RUNS, SETTINGS, TRIALS, read
from tlcourse import paths
from tlcourse.datasets import FAMILIES
from tlcourse.finetuning.policies import PRESETS
from tlcourse.networks.images import prepare_images
from tlcourse.networks.layers import small_vgg_backbone
from tlcourse.tables import published

pytestmark = pytest.mark.usefixtures("one_thread")
LAYERS = [f"layer{n}" for n in range(13)]
TABLES = {
    "policy_grid": (policy_grid.GRID, policy_grid.KEY, policy_grid.plan(policy_grid.MORE_DRAWS)),
    "real": (real_fine_tuning.RUNS, real_fine_tuning.KEY, real_fine_tuning.plan()),
    "yosinski": (yosinski.RUNS, ("curve", "layer", "draw"), yosinski.plan()),
}
RUN = dict(zip(KEY, ("insects", "from scratch", "", 40, 0, 0.01, 1.4e-5, 0.4), strict=True))


PLAN = [{"policy": policy, "seed": seed} for seed in (0, 1) for policy in ("freeze", "tune")]


@pytest.fixture
def command(tmp_path, monkeypatch):
    """A command of four runs, and which of them were measured."""
    module = ModuleType("scripts.remake.made_up", "Made up.")
    module.runs = runner.Table(tmp_path / "runs.csv")
    module.measured, module.fails_at = [], {}

    def measure(policy, seed):
        if (policy, seed) in module.fails_at:
            raise module.fails_at[policy, seed]
        module.measured.append((policy, seed))
        return {"accuracy": 0.1 * seed, "predicted": "aab" if seed else None}

    module.steps = lambda options: module.runs.steps(PLAN, measure)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(runner, "COMMANDS", (*runner.COMMANDS, "made_up"))
    return module


@pytest.mark.parametrize("done", [[3], [2, 3]], ids=["one worker", "two workers"])
def test_runs_are_kept_a_row_each_and_what_is_done_is_passed_over(command, capsys, done):
    command.runs.add(PLAN[1] | {"accuracy": 0.5, "predicted": None})
    runner.main(["made_up", "--plan"])
    assert capsys.readouterr().out.splitlines()[:2] == ["to do: freeze, 0", "done:  tune, 0"]
    assert command.measured == []
    for worker, n_done in enumerate(done):
        runner.main(["made_up", "--worker", f"{worker}", "--workers", f"{len(done)}"])
        assert len(command.measured) == n_done
    assert capsys.readouterr().out.splitlines()[0] == "freeze, 0: accuracy 0.0"
    assert command.measured == [("freeze", 0), ("freeze", 1), ("tune", 1)]
    runner.main(["made_up"])
    assert len(command.measured) == 3 and len(command.runs.read()) == 4


def test_two_processes_do_not_write_at_once(command):
    adding = Thread(target=command.runs.add, args=(PLAN[1] | {"accuracy": 0.5},))
    with FileLock(paths.cache_folder() / "runs.lock"):
        adding.start()
        adding.join(0.5)
        assert adding.is_alive() and not command.runs.file.exists()
    adding.join()
    assert len(command.runs.read()) == 1


def test_a_command_that_fails_or_is_killed_and_started_again_gives_the_same_table(command):
    runner.main(["made_up"])
    whole = command.runs.file.read_bytes()
    assert command.runs.read()[["policy", "seed"]].to_dict("records") == PLAN
    command.runs.file.unlink()
    command.fails_at = {("freeze", 1): FloatingPointError("Loss not finite: lower the rate.")}
    with pytest.raises(SystemExit, match="^Loss not finite: lower the rate.$"):
        runner.main(["made_up"])
    command.fails_at = {("freeze", 1): KeyboardInterrupt()}
    with pytest.raises(KeyboardInterrupt):
        runner.main(["made_up"])
    assert command.runs.read()["policy"].tolist() == ["freeze", "tune"]
    command.fails_at = {}
    runner.main(["made_up"])
    assert command.runs.file.read_bytes() == whole


@pytest.mark.parametrize("name", ["shipping", "class_means"])
def test_what_is_shipped_is_what_the_plan_makes(name, capsys):
    runner.main([name, "--plan"])
    assert {line[:6] for line in capsys.readouterr().out.splitlines()} == {"done: "}


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


def test_the_settings_tried_and_a_plan_without_a_run_twice():
    settings = from_scratch.random_settings()
    assert len(set(settings)) == 12
    assert [s[2] for s in settings] == sorted([0, 0.4, 0.8] * 4)
    assert all(0.002 <= rate <= 0.1 and 1e-5 <= decay <= 0.01 for rate, decay, _ in settings)
    plan = list(from_scratch.plan())
    assert len(set(plan)) == len(plan) > 100
    assert {target for target, *_ in plan} == {*FAMILIES, "flowers102"}
    labels = np.repeat([0, 1], 10)
    rows = [from_scratch.first_of_each(labels, draw, 3).tolist() for draw in (0, 1)]
    assert rows == [[0, 1, 2, 10, 11, 12], [3, 4, 5, 13, 14, 15]]  # draws are disjoint


def test_what_is_missing_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(from_scratch, "FOLDER", tmp_path)
    with pytest.raises(SystemExit, match="Tiny ImageNet was not found"):
        runner.main(["from_scratch", "--data", str(tmp_path)])
    with pytest.raises(SystemExit, match="^usage: python -m scripts.remake {pretraining,shipping,"):
        runner.main(["from_scrach"])
    with pytest.raises(ValueError, match="planned when these trials"):
        from_scratch.best_trial("short", "from scratch", from_scratch.TRIED_ON)


def test_it_stops_after_the_rate_fell_once_and_keeps_the_best_weights(monkeypatch):
    given = chain([0.5, 0.4], repeat(0.6))
    right = lambda *given_to: next(given) if len(given_to[2]) == 10 else 1.0  # noqa: E731
    for name, value in {"EVERY": 2, "EARLY": (), "accuracy": right}.items():
        monkeypatch.setattr(from_scratch, name, value)
    sets = pictures(8), pictures(10, 1)
    curve, best = from_scratch.to_the_plateau(tiny("", 2, 0), *sets, 0, 0.01, 0, 0)
    assert len(curve) == 3 + 2 * from_scratch.PATIENCE and best["updates"] == 6
    assert [point["updates"] for point in curve] == list(range(2, 2 * len(curve) + 1, 2))
    assert curve[-1]["images"] == 8 * curve[-1]["updates"]


def test_a_network_begins_from_its_source_and_its_norms_settle_on_training_images(natural):
    begun = from_scratch.begin("natural", 3, 0)
    weight = natural.network.conv1_1.weight
    assert torch.equal(begun.conv1_1.weight, weight) and begun.conv1_1.weight is not weight
    assert begun.fc8.out_features == 3 and begun.conv1_1.weight.requires_grad
    network, images = tiny("", 2, 0), pictures(8)[0]
    from_scratch.settle(network, images)
    outputs = network[0](from_scratch.as_input(images))
    assert network[1].running_mean == pytest.approx(outputs.mean((0, 2, 3)).detach(), abs=0.02)


def test_a_kill_and_a_resume_give_the_same_tables(made, monkeypatch):
    def tables():
        names = (RUNS, TRIALS, CURVES)
        return [read(name).drop(columns="cpu_seconds", errors="ignore") for name in names]

    def go_on(n):
        for step in islice(from_scratch.steps(made), n):
            if not step.is_done:
                step.make()

    monkeypatch.setattr(from_scratch, "TRIED_ON", from_scratch.TRIED_ON[:1])
    monkeypatch.setattr(from_scratch, "FINAL_ON", from_scratch.FINAL_ON[:1])
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


def test_a_chosen_trial_is_not_run_again_and_a_frozen_svm_has_a_row_a_number_of_images(made):
    from_scratch.measure(made, RUN, "plateau")
    assert from_scratch.measure(made, RUN, "").endswith("as before")
    assert len(read(RUNS)) == 1 and "round" not in read(RUNS)
    assert read(RUNS)["decay"].item() == 1.4e-5
    from_scratch.frozen(made, "insects", "natural", (2, 6))
    rows = read(RUNS).iloc[1:]
    assert rows["per_class"].tolist() == [2, 2, 6, 6]
    assert (rows["test_accuracy"] > 0.9).all() and (rows["cpu_seconds"] > 0).all()


def test_one_setting_of_the_rival_is_used_everywhere_and_is_the_best_tried():
    short = read(TRIALS, round="short", start="from scratch")
    tried = set(short[SETTINGS].itertuples(index=False, name=None))
    assert tried == set(from_scratch.random_settings())
    assert len(short) == 12 * len(from_scratch.TRIED_ON) and short["test_accuracy"].isna().all()
    used = read(RUNS, start="from scratch")[SETTINGS].drop_duplicates()
    best = from_scratch.best_trial("plateau", "from scratch", from_scratch.FINAL_ON)
    assert [tuple(row) for row in used.to_numpy()] == [best]


def test_what_is_there_is_of_the_plan_and_agrees_with_its_curves():
    runs, curves = read(RUNS), read(CURVES)
    trained = runs[~runs["start"].str.startswith("frozen")]
    assert not runs.duplicated(KEY).any() and len(trained)
    best = curves.groupby(KEY)["validation_accuracy"].max()
    keys = pd.MultiIndex.from_frame(trained[KEY])
    assert np.allclose(best.loc[keys].to_numpy(), trained["validation_accuracy"])
    plan = {(*run[:3], run[4], n) for run in from_scratch.plan() for n in np.ravel(run[3])}
    runs = runs.replace({"start": {"frozen, all layers": "frozen, last layer"}})
    columns = ["target", "start", "source", "draw", "per_class"]
    assert plan >= set(runs[columns].itertuples(index=False, name=None))
    families = runs[runs["per_class"] == 40].groupby("start")["target"].unique()
    assert set(families["frozen, last layer"]) == set(FAMILIES)


def test_the_plan_crosses_families_sources_and_volumes_and_has_no_run_twice():
    plan = list(policy_grid.plan())
    assert len(plan) == len(set(plan))
    assert set(policy_grid.plan(1)) < set(policy_grid.plan(2)) < set(policy_grid.plan(3))
    draws, wanted = range(policy_grid.MORE_DRAWS), set()
    for target in FAMILIES:
        near = policy_grid.near(target)
        wanted |= {("all random", "none", target, 48, 0)}
        wanted |= {("reuse all", near, target, 12, draw) for draw in draws}
        wanted |= {("all random", "none", target, 12, draw) for draw in draws}
    policies = "reuse all", "fine-tune all", "freeze, fine-tune, retrain"
    of_one_draw = policies, ("natural", "manmade"), FAMILIES, policy_grid.VOLUMES, (0,)
    assert wanted | set(product(*of_one_draw)) <= set(plan)


def test_a_head_is_solved_and_a_policy_trained_to_its_plateau():
    source = small_vgg_backbone(width=0.25)
    sets = [prepare_images(source, pictures(n, seed)) for seed, n in enumerate((12, 8, 8))]
    head = to_plateau.solve_head(source.network.eval()[:-1], *sets)
    options = {"learning_rate": 0.02, "steps": 8, "evaluate_every": 2, "patience": 2, "seed": 0}
    run = to_plateau.train_to_plateau(source, PRESETS["fine-tune all"], *sets, **options)
    truth = np.array(list("ab"))[sets[2].labels]
    for row in (head, run):
        assert row["validation"] >= 0.5 and set(row["predicted"]) <= {"a", "b"}
        right = np.mean(np.array(list(row["predicted"])) == truth)
        assert right == pytest.approx(row["test"], abs=1e-3)
    assert run["updates"] <= run["updates_in_all"] <= 8


@pytest.mark.parametrize("name", TABLES)
def test_the_shipped_runs_are_of_the_plan(name):
    table, key, plan = TABLES[name]
    runs = list(table.read()[list(key)].itertuples(index=False, name=None))
    assert runs and len(set(runs)) == len(runs) and set(runs) <= set(plan)


def test_predictions_are_kept_where_bias_and_variance_are_measured():
    runs = policy_grid.GRID.read()
    kept = runs.dropna(subset="predicted")
    assert set(kept["per_class"]) == {12} and set(kept["policy"]) == set(policy_grid.COMPARED)
    truth = pd.Series(list("abcde")).repeat(50).tolist()
    for run in kept.itertuples():
        right = sum(map(str.__eq__, run.predicted, truth)) / 250
        assert run.test == pytest.approx(right, abs=1e-3)


def test_published_figures_are_those_of_the_paper():
    assert published.published_curve("base")[0] == 0.6251
    frozen, dissimilar = map(published.published_curve, ("AnB", "natman_transfer_AB"))
    expected = [0.628, 0.624, 0.619, 0.600, 0.578, 0.581, 0.543]
    assert [frozen[n] for n in range(1, 8)] == pytest.approx(expected, abs=0.0006)
    assert dissimilar[1] - dissimilar[7] > 2 * (frozen[1] - frozen[7])
    with pytest.raises(ValueError, match="no published curve 'CnB'"):
        published.published_curve("CnB")


def test_so_many_layers_are_copied_or_trained():
    for curve, choice in (("AnB", "freeze"), ("AnB+", "fine-tune"), ("random", "freeze")):
        choices = yosinski.copying_policy(curve, 4).choices_for(LAYERS)
        assert [choices[name] for name in LAYERS] == [choice] * 4 + ["random"] * 9
    factors = yosinski.copying_policy("BnB+", 2).factors_for(LAYERS)
    assert factors["layer1"] < factors["layer2"] == 1  # what was copied learns more slowly
    for n in (0, 13):
        with pytest.raises(ValueError, match="1 to 12"):
            yosinski.copying_policy("AnB", n)
    choices = policy_grid.DEPTHS["fine-tune top 5"].choices_for(LAYERS)
    assert list(choices.values()).count("freeze") == 8
