"""The tables of the real sets: what is kept is what the cards and the features say."""

import numpy as np
import pandas as pd
import pytest
from real_scores import evaluate_real
from sklearn.metrics import balanced_accuracy_score

from scripts.remake.real_tables import measure_accuracies, measure_pacs, resampled
from tlcourse import paths
from tlcourse.datasets.real_sets import REAL_SETS, SAMPLE
from tlcourse.domains.similarity import prototype_similarity
from tlcourse.features.extraction import shipped_card

TARGETS = {name for name in REAL_SETS if name != SAMPLE}


def read_real(table):
    return pd.read_csv(paths.SHIPPED / "measured" / f"real_{table}.csv")


def test_accuracies_are_those_of_the_cards_and_of_the_features():
    kept = read_real("accuracies")
    steel = kept[kept["target"] == "steel"].to_dict("records")
    for row, again in zip(steel, measure_accuracies("steel"), strict=True):
        numbers = {key for key, value in again.items() if isinstance(value, float)}
        assert row == {
            k: pytest.approx(again[k], rel=1e-4) if k in numbers else again[k] for k in row
        }
    kept = kept.set_index(["target", "representation"])
    assert {target for target, _ in kept.index} == TARGETS
    for target in TARGETS:
        scores = shipped_card(target)["scores"]
        assert set(kept.loc[target].index) == set(scores)
        for representation, score in scores.items():
            row = kept.loc[target, representation]
            assert row["accuracy"] == pytest.approx(score["accuracy"], abs=1e-4)
            assert row["low"] < row["accuracy"] < row["high"]


def test_the_interval_is_that_of_test_images_drawn_again_one_by_one():
    rng, labels = np.random.default_rng(1), np.repeat([0, 1, 2], [60, 30, 10])
    predicted = np.where(rng.random(100) < 0.7, labels, 3)
    draws = []
    for _ in range(1500):
        parts = [rng.choice(predicted[labels == y], sum(labels == y)) == y for y in range(3)]
        draws.append(np.mean(list(map(np.mean, parts))))
    mean, low, high = resampled(predicted == labels, labels)
    with pytest.warns(UserWarning, match="not in y_true"):
        assert mean == pytest.approx(balanced_accuracy_score(labels, predicted))
    assert (low, high) == pytest.approx(np.quantile(draws, (0.025, 0.975)), abs=0.015)


def test_a_set_tested_on_its_own_domain_is_the_set_itself():
    rows = {(row["trained_on"], row["tested_on"]): row for row in measure_pacs("last layer")}
    assert len(rows) == 16
    for name in {name for name, _ in rows}:
        own = evaluate_real(name, "last layer").accuracy
        assert rows[name, name]["accuracy"] == pytest.approx(own)
    kept = read_real("pacs").set_index(["trained_on", "tested_on", "representation"])["accuracy"]
    for pair, row in rows.items():
        assert kept[(*pair, "last layer")] == pytest.approx(row["accuracy"], abs=0.01)


def test_every_target_lies_clear_of_the_noise():
    kept = read_real("distances").set_index("target")
    assert set(kept.index) == TARGETS
    for kind in ("mmd", "a_distance", "prototypes"):
        assert (kept[kind] > kept[f"{kind}_noise"]).all()
    assert set(kept["mmd"].nsmallest(2).index) == {"caltech101", "PACS photo"}


def test_prototype_similarity_by_hand():
    rng = np.random.default_rng(0)
    X, prototypes, y = rng.normal(size=(12, 5)), rng.normal(size=(4, 5)), np.arange(12) % 3
    nearest = []
    for label in range(3):
        mean = X[y == label].mean(axis=0)
        each = [row - prototypes.mean(axis=0) for row in prototypes]
        nearest.append(max(mean @ row / np.sqrt(mean @ mean * (row @ row)) for row in each))
    for shift in (0, 7):
        assert prototype_similarity(X, y, prototypes + shift) == pytest.approx(np.mean(nearest))
