"""The measurements of notebook 08: their plans, one run to the plateau, their tables."""

import pandas as pd
import pytest
import torch

from scripts.remake import policy_grid, real_fine_tuning, to_plateau, yosinski
from tlcourse.datasets.photos import FAMILIES
from tlcourse.finetuning.policies import PRESETS
from tlcourse.networks.images import PreparedImages
from tlcourse.networks.layers import small_vgg_backbone

TABLES = {
    "policy_grid": (policy_grid.GRID, policy_grid.KEY, policy_grid.plan(policy_grid.MORE_DRAWS)),
    "real": (real_fine_tuning.RUNS, real_fine_tuning.KEY, real_fine_tuning.plan()),
    "yosinski": (yosinski.RUNS, ("curve", "layer", "draw"), yosinski.plan()),
}


def pictures(n, seed):
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(n) % 2
    inputs = torch.randn(n, 3, 64, 64, generator=generator) + 2 * labels.view(-1, 1, 1, 1)
    return PreparedImages(inputs, labels, ["dark", "bright"])


def test_the_plan_crosses_families_sources_and_volumes_and_has_no_run_twice():
    plan = list(policy_grid.plan())
    assert len(plan) == len(set(plan))
    for target in FAMILIES:
        for per_class in policy_grid.VOLUMES:
            for source in ("natural", "manmade"):
                for policy in ("reuse all", "fine-tune all", "freeze, fine-tune, retrain"):
                    assert (policy, source, target, per_class, 0) in plan
        assert ("all random", "none", target, 48, 0) in plan
        for draw in range(policy_grid.MORE_DRAWS):
            near = policy_grid.near(target)
            assert ("reuse all", near, target, 12, draw) in plan
            assert ("all random", "none", target, 12, draw) in plan


def test_the_first_draws_of_a_plan_are_the_shorter_plan():
    assert set(policy_grid.plan(1)) < set(policy_grid.plan(2)) < set(policy_grid.plan(3))


def test_a_depth_trains_so_many_layers():
    choices = policy_grid.DEPTHS["fine-tune top 5"].choices_for([f"layer{n}" for n in range(13)])
    assert list(choices.values()).count("freeze") == 8


def test_a_head_is_solved_and_a_policy_trained_to_its_plateau():
    sets = pictures(12, 0), pictures(8, 1), pictures(8, 2)
    source = small_vgg_backbone(width=0.25)
    head = to_plateau.solve_head(source.network.eval()[:-1], *sets)
    options = {"learning_rate": 0.02, "steps": 8, "evaluate_every": 2, "patience": 2, "seed": 0}
    run = to_plateau.train_to_plateau(source, PRESETS["fine-tune all"], *sets, **options)
    for row in (head, run):
        assert row["validation"] >= 0.5 and set(row["predicted"]) <= {"a", "b"}
        right = [
            said == "ab"[label]
            for said, label in zip(row["predicted"], sets[2].labels, strict=True)
        ]
        assert sum(right) / 8 == pytest.approx(row["test"], abs=1e-3)
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
