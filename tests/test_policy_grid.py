"""The measurements of notebook 08: their plans, one run to the plateau, their tables."""

import numpy as np
import pandas as pd
import pytest
import torch

from scripts.remake import policy_grid, real_fine_tuning, to_plateau, yosinski
from tlcourse.datasets.photos import FAMILIES
from tlcourse.finetuning.policies import PRESETS
from tlcourse.networks.images import PreparedImages
from tlcourse.networks.layers import small_vgg_backbone
from tlcourse.tables import published

LAYERS = [f"layer{n}" for n in range(13)]
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
    assert set(policy_grid.plan(1)) < set(policy_grid.plan(2)) < set(policy_grid.plan(3))
    wanted = {("all random", "none", target, 48, 0) for target in FAMILIES}
    for target in FAMILIES:
        near, draws = policy_grid.near(target), range(policy_grid.MORE_DRAWS)
        wanted |= {
            (policy, source, target, per_class, 0)
            for per_class in policy_grid.VOLUMES
            for source in ("natural", "manmade")
            for policy in ("reuse all", "fine-tune all", "freeze, fine-tune, retrain")
        }
        wanted |= {("reuse all", near, target, 12, draw) for draw in draws}
        wanted |= {("all random", "none", target, 12, draw) for draw in draws}
    assert wanted <= set(plan)


def test_a_depth_trains_so_many_layers():
    choices = policy_grid.DEPTHS["fine-tune top 5"].choices_for(LAYERS)
    assert list(choices.values()).count("freeze") == 8


def test_a_head_is_solved_and_a_policy_trained_to_its_plateau(one_thread):
    sets = pictures(12, 0), pictures(8, 1), pictures(8, 2)
    source = small_vgg_backbone(width=0.25)
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


class TestYosinski:
    """Yosinski et al. 2014: the published curves and the miniature."""

    def test_published_figures_are_those_of_the_paper(self):
        assert published.published_curve("base")[0] == 0.6251
        frozen, dissimilar = map(published.published_curve, ("AnB", "natman_transfer_AB"))
        expected = [0.628, 0.624, 0.619, 0.600, 0.578, 0.581, 0.543]
        assert [frozen[n] for n in range(1, 8)] == pytest.approx(expected, abs=0.0006)
        assert dissimilar[1] - dissimilar[7] > 2 * (frozen[1] - frozen[7])
        with pytest.raises(ValueError, match="no published curve 'CnB'"):
            published.published_curve("CnB")

    @pytest.mark.parametrize(
        ("curve", "choice"), [("AnB", "freeze"), ("AnB+", "fine-tune"), ("random", "freeze")]
    )
    def test_so_many_layers_are_copied(self, curve, choice):
        choices = yosinski.copying_policy(curve, 4).choices_for(LAYERS)
        assert [choices[name] for name in LAYERS] == [choice] * 4 + ["random"] * 9

    @pytest.mark.parametrize("n", [0, 13])
    def test_something_is_copied_and_something_learned(self, n):
        with pytest.raises(ValueError, match="1 to 12"):
            yosinski.copying_policy("AnB", n)

    def test_what_was_copied_learns_more_slowly(self):
        factors = yosinski.copying_policy("BnB+", 2).factors_for(LAYERS)
        assert factors["layer1"] < factors["layer2"] == 1
