"""No test image is seen before the score: poisoned test images and labels change no choice."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from scripts.remake import real_sets
from tlcourse.classifiers.score import evaluate_features, of_rows
from tlcourse.features import cache
from tlcourse.features.extraction import Features, shipped_features
from tlcourse.features.normalization import NORMALIZATIONS
from tlcourse.your_problem import investigate, investigation, measure_similarity, open_problem
from tlcourse.your_problem.investigation import MIXED

pytestmark = pytest.mark.usefixtures("own_cache")


def poisoned(problem, test):
    """The same problem with other test pictures, and labels drawn by lot."""
    rng, pictures, targets = np.random.default_rng(0), list(problem.pictures), list(problem.targets)
    for row in test:
        noise = rng.integers(0, 256, (64, 64, 3), dtype=np.uint8)
        pictures[row] = Image.fromarray(noise)
        targets[row] = int(rng.integers(len(problem.classes)))
    return replace(problem, pictures=pictures, targets=targets)


def test_an_investigation_chooses_the_same(monkeypatch, one_thread):
    problem = open_problem(family="animals", classes=["tabby cat", "pug"], per_class=10)
    split = investigation.split_rows
    train, test = split(problem.labels)

    def same_rows(labels, *how, **named):  # a split is drawn by the labels, before all else
        whole = len(labels) == len(problem)
        return (train, test) if whole else split(labels, *how, **named)

    # fewer updates on smaller pictures: what sees what stays
    shorter = {"split_rows": same_rows, "SIDE": 64, "EPOCHS": 3, "MOST_STEPS": 3, "RESAMPLES": 50}
    for name, value in shorter.items():
        monkeypatch.setattr(investigation, name, value)
    asked = []

    def rule(*found):
        asked.append(found)
        return MIXED

    options = {"rule": rule, "sources": ("natural", "imagenet"), "progress": False}
    clean = investigate(problem, **options)
    other = investigate(poisoned(problem, test), **options)
    assert asked[0] == asked[1]  # near or far, and volume
    assert clean.proposal == other.proposal and clean.similarity.equals(other.similarity)
    chosen = [each.table.sort_index()[["C", "updates"]] for each in (clean, other)]
    assert chosen[0].equals(chosen[1]) and chosen[0].notna().any(axis=1).all()
    assert clean.table["accuracy"].max() > other.table["accuracy"].max()


def test_similarity_of_a_shipped_target_reads_no_test_file(monkeypatch):
    read, files = cache.read_file, []
    monkeypatch.setattr(cache, "read_file", lambda file: files.append(file.name) or read(file))
    shipped_features.cache_clear()
    (train,) = shipped_features("imagenet", "steel", ("train",))
    measure_similarity(train.select("head"), train.labels, ("imagenet", "natural"))
    assert files and not [name for name in files if "-test" in name]


@pytest.fixture
def parts():
    """Training and test features of three classes, of two layers."""
    rng, labels = np.random.default_rng(1), np.arange(60) % 3
    matrix = (rng.gamma(1.0, size=(60, 20)) + labels[:, None] * np.linspace(0, 1, 20)).astype("f4")
    features = Features(matrix, labels, ["a", "b", "c"], {"low": 12, "head": 8})
    return of_rows(features, np.arange(36)), of_rows(features, np.arange(36, 60))


@pytest.mark.parametrize("normalization", NORMALIZATIONS)
def test_a_test_image_does_not_change_what_is_said_of_another(parts, normalization):
    train, test = parts
    rows, labels = np.arange(len(test.labels)) < 12, np.roll(test.labels, 1)
    matrix = np.where(rows[:, None], test.matrix, 1000 * test.matrix[::-1] ** 2)
    bad = replace(test, matrix=matrix, labels=np.where(rows, test.labels, labels))
    one, other = (
        evaluate_features(train, each, ["low", "head"], 0, 1, normalization).predicted[rows]
        for each in (test, bad)
    )
    assert np.array_equal(one, other)
    one, other = (real_sets._scored(train, each, None, normalization)["C"] for each in (test, bad))
    assert one == other
