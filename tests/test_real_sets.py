"""The real sets: features that score as the photographs' own, tables of them, and a new set."""

from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from real_scores import evaluate_real
from sklearn.datasets import load_digits
from sklearn.metrics import balanced_accuracy_score

from scripts.remake import real_sets as command
from scripts.remake import runner
from scripts.remake.real_tables import measure_accuracies, measure_pacs, resampled
from tlcourse import paths
from tlcourse.classifiers.score import choose_C
from tlcourse.datasets.real_sets import REAL_SETS, SAMPLE, RealSet
from tlcourse.domains.similarity import prototype_similarity
from tlcourse.features import cache
from tlcourse.features.extraction import Features, shipped_card, shipped_features

TARGETS = [name for name in REAL_SETS if name != SAMPLE]
AT_LEAST = {"official last layer": 0.91, "official embedding": 0.93}  # near the lecture's figures
OFFICIAL = {"flowers102": (2040, 6149), "caltech101": (3030, 2945)}


@pytest.mark.parametrize("name", TARGETS)
def test_predictions_on_shipped_features_are_those_on_the_photographs_own(name):
    scores = shipped_card(name)["scores"]
    shipped = {kind: score for kind, score in scores.items() if "features" in score}
    assert {"last layer", "all layers, ternary"} < set(shipped)
    assert (set(AT_LEAST) < set(shipped)) == (name in OFFICIAL) == REAL_SETS[name].benchmark
    for representation, score in shipped.items():
        stored = np.array(score["predicted"].split(), dtype=int)
        found = evaluate_real(name, representation)
        assert found.accuracy >= AT_LEAST.get(representation, 0), representation
        assert np.mean(found.predicted != stored) <= 0.01, representation
        assert found.accuracy == pytest.approx(score["accuracy"], abs=0.01)
        assert found.converged, representation
    few, rest = REAL_SETS[name].per_class
    train, test = shipped_features("imagenet", name)
    assert len(train.layer_sizes) == 18 and train.matrix.shape[1] == 3120
    assert set(np.bincount(train.labels)) == {few}
    assert 1 <= np.bincount(test.labels).min() <= np.bincount(test.labels).max() <= rest
    card, known = shipped_card(name), asdict(REAL_SETS[name])
    assert all(card[key] == known[key] for key in ("title", "overlap", "terms", "commit"))
    for kind in ("last layer", "embedding") if name in OFFICIAL else ():
        parts = shipped_features("imagenet", f"{name} {kind}")
        assert tuple(len(part.labels) for part in parts) == OFFICIAL[name]
        assert len(np.unique(parts[0].labels)) == len(parts[0].classes)


def test_the_sample_of_the_source_has_every_class_once():
    (sample,) = shipped_features("imagenet", SAMPLE, ("train",))
    assert np.array_equal(sample.labels, np.arange(1000))


@pytest.fixture
def digits(tmp_path, monkeypatch):
    """A new set, scikit-learn's handwritten digits as files, and a copy of ``data/`` to fill."""
    known = load_digits()
    for row in range(300):
        folder = tmp_path / "mine" / f"is {known.target[row]}"
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray((known.images[row] * 15).astype(np.uint8)).save(folder / f"{row:03d}.png")
    new = RealSet(
        **asdict(REAL_SETS["steel"])
        | {"name": "mine", "folder": "mine", "pattern": r"is (?P<label>\d)/\d+\.png"}
        | {"per_class": (10, 10)}
    )
    monkeypatch.setattr(command, "REAL_SETS", {"mine": new})
    monkeypatch.setattr(command, "BACKBONE", "natural")
    monkeypatch.setattr(command, "LAST", ["fc7"])
    monkeypatch.setattr(command, "FLOORS", {command.RAW_PIXELS: ()})
    monkeypatch.setattr(command, "REPRESENTATIONS", {"last layer": (["fc7"], "L2 per image")})
    monkeypatch.setattr(paths, "SHIPPED_FEATURES", tmp_path / "features")
    return tmp_path


def test_one_entry_and_one_command_add_a_set_and_go_on_after_a_kill(digits, monkeypatch, capsys):
    threes = sorted((digits / "mine" / "is 3").iterdir())
    for file in threes:
        file.write_bytes(threes[0].read_bytes())
    arguments = ["real_sets", "--folder", str(digits)]
    with monkeypatch.context() as killed:
        killed.setattr(command, "raw_pixels", lambda pictures: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            runner.main(arguments)
    runner.main([*arguments, "--plan"])
    assert capsys.readouterr().out.splitlines()[-2:] == ["done:  mine", "to do: mine, raw pixels"]
    monkeypatch.setattr(command, "ship_set", lambda *whatever: 1 / 0)
    runner.main(arguments)
    card = shipped_card("mine", "natural")
    assert card["classes"] == 10 and card["train_images"] == card["test_images"] == 100
    assert card["test_images_that_train_too"] == 10  # identical pictures are counted
    assert {"last layer", "raw pixels"} == set(card["scores"])
    assert all(score["accuracy"] > 0.8 for score in card["scores"].values())
    test = Features(**cache.read_file(digits / "features" / "natural" / "mine-test.npz"))
    predicted = np.array(card["scores"]["last layer"]["predicted"].split(), dtype=int)
    accuracy = card["scores"]["last layer"]["accuracy"]
    assert np.mean(predicted == test.labels) == pytest.approx(accuracy, abs=1e-3)


def test_what_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="put 'data' of the repository .* at commit"):
        REAL_SETS["scenes15"].images(tmp_path)
    with pytest.raises(ValueError, match="No real set 'birds' is shipped: choose from PACS"):
        shipped_card("birds")


def test_C_is_chosen_without_regard_to_scale():
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1, 2], 20)
    matrix = rng.normal(size=(60, 30)) + 0.5 * np.eye(3).repeat(10, axis=1)[labels]
    few = Features(matrix, labels, ["a", "b", "c"], {"layer": 30})
    many = Features(1000 * matrix, labels, ["a", "b", "c"], {"layer": 30})
    found = [choose_C(features, ["layer"], "none") for features in (few, many)]
    assert found[1] == pytest.approx(found[0] / 1e6, rel=1e-2)


def read_real(table):
    return pd.read_csv(paths.SHIPPED / "measured" / f"real_{table}.csv")


def test_accuracies_are_those_of_the_cards_and_of_the_features():
    kept = read_real("accuracies")
    steel = kept[kept["target"] == "steel"].reset_index(drop=True)
    pd.testing.assert_frame_equal(steel, pd.DataFrame(measure_accuracies("steel")), rtol=1e-4)
    assert set(kept["target"]) == set(TARGETS)
    assert ((kept["low"] < kept["accuracy"]) & (kept["accuracy"] < kept["high"])).all()
    for target, rows in kept.groupby("target"):
        scores = {kind: score["accuracy"] for kind, score in shipped_card(target)["scores"].items()}
        found = dict(zip(rows["representation"], rows["accuracy"], strict=True))
        assert found == pytest.approx(scores, abs=1e-4)


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
    assert set(kept.index) == set(TARGETS)
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
