"""The grid of policies: its plan, one run, its file."""

import pytest
import torch

from scripts.remake import policy_grid
from tlcourse.finetuning import grid
from tlcourse.networks.images import prepare_images
from tlcourse.networks.layers import small_vgg_backbone


def test_the_plan_has_every_cell():
    plan = set(policy_grid.plan())
    for target in grid.GRID_TARGETS:
        for n in grid.STEPS:
            for seed in grid.GRID_SEEDS:
                assert ("all random", "none", target, n, seed) in plan
                for policy in grid.GRID_POLICIES[:-1]:
                    for similarity in ("near", "far"):
                        assert (policy, similarity, target, n, seed) in plan


def test_near_and_far_are_crossed():
    near, far = grid.GRID_SOURCES["near"], grid.GRID_SOURCES["far"]
    assert set(near) == set(far) and all(map(str.__ne__, near, far))


def test_a_depth_trains_so_many_layers():
    layers = [f"layer{n}" for n in range(13)]
    choices = grid.policy_of("fine-tune top 5").choices_for(layers)
    assert [choices[name] for name in layers].count("freeze") == 8


def test_an_unknown_policy_is_refused():
    with pytest.raises(ValueError, match="no policy 'fine-tune top 2'"):
        grid.policy_of("fine-tune top 2")


def test_a_run_has_its_steps_and_two_evaluations():
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(8, 3, 64, 64, generator=generator), torch.arange(8) % 2
    source = small_vgg_backbone(width=0.25)
    prepared = prepare_images(source, images)
    run = grid.train_run(source, "reuse all", prepared, prepared, seed=0, steps=3)
    assert [point.step for point in run.curve] == [0, 3]


def test_the_shipped_runs_are_of_the_plan_and_their_accuracy_is_that_of_their_predictions():
    runs = grid.read_grid()
    keys = [tuple(vars(run)[name] for name in policy_grid.KEY) for run in runs]
    assert len(set(keys)) == len(keys) and set(keys) <= set(policy_grid.plan())
    for run in (run for run in runs if run.policy != "all random"):
        right = sum(map(str.__eq__, run.predicted, run.labels)) / len(run.labels)
        assert run.accuracy == pytest.approx(right, abs=0.001)
