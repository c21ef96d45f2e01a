"""No test image is seen before the score: poisoned test images and labels change no choice."""

import re
from dataclasses import replace
from unittest import mock

import numpy as np
import pytest
from parsed import NOTEBOOKS, code_of
from PIL import Image
from sklearn.model_selection import GridSearchCV

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
        pictures[row] = Image.fromarray(rng.integers(0, 256, (64, 64, 3), dtype=np.uint8))
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
    rule = mock.Mock(return_value=MIXED)
    options = {"rule": rule, "sources": ("natural", "imagenet"), "progress": False}
    clean, other = (investigate(each, **options) for each in (problem, poisoned(problem, test)))
    assert rule.call_args_list[0] == rule.call_args_list[1]  # near or far, and volume
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


def played(number, wanted, is_poisoned, **given):
    """A notebook's names after some of its code, on an eighth of the images; poisoned: with other
    test images."""

    def some_features(backbone, name, splits=("train", "test")):
        parts, rng = [], np.random.default_rng(0)
        for part, split in zip(shipped_features(backbone, name, splits), splits, strict=True):
            X, y = part.matrix[::8], part.labels[::8]
            if is_poisoned and split == "test":
                X, y = rng.random(X.shape, dtype=np.float32), rng.permutation(y)
            parts.append(replace(part, matrix=X, labels=y))
        return tuple(parts)

    (notebook,) = (file for file in NOTEBOOKS if file.name.startswith(number))
    cells, names = list(code_of(notebook).values()), {}
    exec(next(cell for cell in cells if cell.startswith("import ")), names)
    names |= {"shipped_features": some_features, **given}
    for code in wanted(cells):
        exec(code, names)
    return names


def test_other_test_images_change_nothing_that_notebook_07_chooses():
    wanted = re.compile(r"^probe = .+?$|^def accuracy_on.+?(?=^\S)", re.M | re.S)
    chosen, scores = [], []
    for is_poisoned in (False, True):
        names = played("07", lambda cells: wanted.findall("\n".join(cells)), is_poisoned)
        scores.append(names["accuracy_on"]("imagenet", "PACS photo", ["block9", "head"]))
        chosen.append((names["probe"][-1].alpha_, *names["probe"][0].mean_))
    assert chosen[0] == chosen[1] and scores[0] > scores[1]


def test_other_test_images_change_nothing_that_notebook_10_chooses():
    searches, chosen = [], []

    class Kept(GridSearchCV):
        def fit(self, X, y):
            searches.append(super().fit(X, y))
            return self

    def wanted(cells):
        words = ("def embed(", "def largest_gaps", "GridSearchCV(", "unit =", "limit =")
        return [cell for cell in cells if any(word in cell for word in words)]

    for is_poisoned in (False, True):
        found = played("10", wanted, is_poisoned, GridSearchCV=Kept)
        chosen.append([found[name] for name in ("mean", "deviation", "low", "unit", "limit")])
    Cs = [search.best_params_["linearsvm__C"] for search in searches]
    assert Cs[:12] == Cs[12:] and len(Cs) == 24
    for clean, poisoned in zip(*chosen, strict=True):
        np.testing.assert_array_equal(clean, poisoned)
