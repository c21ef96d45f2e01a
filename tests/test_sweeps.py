"""Sweeps on the shipped features: numbers by hand, the store, and what is refused."""

import json
from dataclasses import replace
from unittest.mock import Mock

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from tlcourse.classifiers.score import choose_C, evaluate_transfer, of_rows, sample_per_class
from tlcourse.datasets import FAMILIES, PHOTO_SOURCES
from tlcourse.features.extraction import shipped_features
from tlcourse.features.normalization import NORMALIZATIONS
from tlcourse.tables import sweep as sweeps
from tlcourse.tables.cells import EMBEDDINGS, PAPER, Embedding, make_cells
from tlcourse.tables.sweep import run_sweep
from tlcourse.tables.targets import DrawnTarget, PhotoTarget, as_target

EARLY = Embedding("early", ("conv1_1", "conv1_2"), "L2 by layer")
EVERY = {**EMBEDDINGS, "early": EARLY}
ONE = make_cells("natural", "insects", ["fc7", "full network"], seeds=(0, 3), C=1)


@pytest.fixture(scope="module")
def results():
    return run_sweep(make_cells("natural", "insects", [*EMBEDDINGS, EARLY], (0, 3), 1), store=False)


EVERY_LAYER = tuple(shipped_features("natural", "insects")[0].layer_sizes)


def test_the_full_network_is_what_scikit_learn_gives_by_hand(results):
    row = results[(results["embedding"] == "full network") & (results["seed"] == 3)].iloc[0]
    assert (row["train_images"], row["test_images"]) == (200, 500)
    train, test = shipped_features("natural", "insects")
    rows = sample_per_class(train.labels, 20, 3)
    A, B = (f.select(EVERY_LAYER).astype(np.float64) for f in (train, test))
    scaler, varies = StandardScaler().fit(A[rows]), A[rows].std(axis=0) > 0
    A, B = (np.where(varies, scaler.transform(each), 0) for each in (A[rows], B))
    A, B = (1.0 * (Z > 0.15) - (Z < -0.25) for Z in (A, B))
    machine = LinearSVC(C=1, dual=True, tol=1e-6, max_iter=20_000).fit(A, train.labels[rows])
    by_hand = balanced_accuracy_score(test.labels, machine.predict(B))
    assert row["accuracy"] == pytest.approx(by_hand, abs=0.0041)


def test_rows_come_in_the_order_of_the_cells_and_are_those_of_evaluate_transfer(results):
    assert list(results["embedding"]) == [*EVERY] * 2
    assert list(results["seed"]) == [0] * len(EVERY) + [3] * len(EVERY)
    for row in results.itertuples():
        embedding = EVERY[row.embedding]
        layers = embedding.layers or EVERY_LAYER
        options = {"seed": row.seed, "normalization": embedding.normalization}
        found = evaluate_transfer("natural", "insects", layers, **options)
        assert (row.accuracy, row.n_features) == (found.accuracy, found.n_features)


def test_the_embeddings_are_the_papers_and_every_normalization_of_the_full_network():
    forms = [EMBEDDINGS[name].normalization for name in PAPER]
    assert forms == ["L2 per image", "L2 per image", "discretized"]
    full = [each.normalization for each in EMBEDDINGS.values() if each.layers is None]
    assert sorted(full) == sorted(NORMALIZATIONS)
    assert len(make_cells(PHOTO_SOURCES, FAMILIES)) == 2 * 6 * len(EMBEDDINGS) * 5


def test_without_a_cost_it_is_chosen_within_the_training_images(monkeypatch):
    """Test images of random labels change no choice."""
    (cell,) = make_cells("natural", "insects", "fc7", seeds=(0,))
    train, test = shipped_features("natural", "insects")
    wanted = choose_C(of_rows(train, sample_per_class(train.labels, 20, 0)), ("fc7",))
    assert wanted != 1 and run_sweep([cell], store=False)["C"][0] == wanted
    monkeypatch.setattr(test, "labels", np.random.default_rng(0).permutation(test.labels))
    sweeps._load.cache_clear()
    poisoned = run_sweep([cell], store=False).loc[0]
    assert poisoned["C"] == wanted and poisoned["accuracy"] < 0.2


class TestStore:
    @pytest.fixture
    def measured(self, monkeypatch):
        """Cells are measured, not read, as often as this is called."""
        watched = Mock(wraps=sweeps._measured)
        monkeypatch.setattr(sweeps, "_measured", watched)
        return watched

    def test_only_what_is_new_is_measured(self, tmp_path, measured, monkeypatch):
        first = run_sweep(ONE, tmp_path)
        assert measured.call_count == len(ONE) == len(list(tmp_path.iterdir()))
        assert run_sweep(ONE, tmp_path).equals(first) and measured.call_count == len(ONE)
        changes = {"C": 0.1}, {"seed": 7}, {"target": PhotoTarget("food")}
        run_sweep([replace(ONE[0], **change) for change in changes], tmp_path)
        assert measured.call_count == len(ONE) + 3
        train, _ = shipped_features("natural", "insects")
        monkeypatch.setattr(train, "matrix", train.matrix * np.float32(1.5))
        run_sweep(ONE, tmp_path)  # of other features
        assert measured.call_count == 2 * len(ONE) + 3

    def test_a_harmed_cell_is_measured_again(self, tmp_path, measured):
        whole = run_sweep(ONE, tmp_path)
        file, other = sorted(tmp_path.iterdir())[:2]
        text = file.read_text()
        record = json.loads(text)
        record["content"]["result"]["accuracy"] = 0.99
        harmed = (text[: len(text) // 2], json.dumps(record), other.read_text(), "[1, 2]")
        for number, content in enumerate(harmed, 1):
            file.write_text(content)
            again = run_sweep(ONE, tmp_path)
            assert measured.call_count == len(ONE) + number
            assert list(again["accuracy"]) == list(whole["accuracy"])
            assert json.loads(file.read_text())["content"]["result"]["accuracy"] != 0.99

    def test_by_default_it_is_in_the_cache_and_without_one_nothing_is_written(self, own_cache):
        run_sweep(ONE[:1], store=False)
        assert not list(own_cache.iterdir())
        run_sweep(ONE[:1])
        assert len(list((own_cache / "sweeps").iterdir())) == 1

    def test_a_file_is_no_store(self, tmp_path):
        (tmp_path / "mine.csv").write_text("a,b\n")
        with pytest.raises(ValueError, match="mine.csv cannot be written .*: name another folder"):
            run_sweep(ONE, tmp_path / "mine.csv")
        assert (tmp_path / "mine.csv").read_text() == "a,b\n"


def test_a_worker_with_other_features_says_so():
    pair = sweeps._prepare("natural", as_target("insects"), (), progress=False)
    sweeps._load.cache_clear()
    with pytest.raises(ValueError, match="A worker has other features of natural on insects"):
        sweeps._measured(0, ONE[0], replace(pair, fingerprint="another"))


def sweep(source, target, embedding="fc7"):
    return run_sweep(make_cells(source, target, embedding, (0,), 1), store=False, progress=False)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: make_cells("natural", "mammals"), "no target 'mammals'"),
        (lambda: make_cells("natural", "food", "fc9"), "no embedding 'fc9'"),
        (lambda: make_cells("natural", "food", seeds=()), "no seed to measure"),
        (lambda: make_cells((), "food"), "no source to measure"),
        (lambda: make_cells("natural", ["food", PhotoTarget("food", 10)]), "Two targets"),
        (lambda: Embedding("mine", ("fc6",), "L3"), "no normalization 'L3'"),
        (lambda: DrawnTarget("cars"), "'cars' is not a drawn family"),
        (lambda: run_sweep([], store=False), "no cells to measure"),
        (lambda: sweep("lions", "food"), "No features of 'food' are shipped for 'lions'"),
        (lambda: sweep("lions", "drawn textures"), "no backbone 'lions'"),
        (lambda: sweep("natural", PhotoTarget("food", 41)), "41 a class were"),
        (lambda: sweep("natural", "food", Embedding("fc8", ("fc8",))), "have no layer fc8"),
    ],
)
def test_bad_input_is_one_sentence(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_features_that_are_not_finite(tmp_path, monkeypatch, value):
    _, test = shipped_features("natural", "insects")
    broken = test.matrix.copy()
    broken[3, 5] = value
    monkeypatch.setattr(test, "matrix", broken)
    with pytest.raises(ValueError, match="natural on insects hold NaN or infinite values"):
        run_sweep(ONE, tmp_path)
    assert not list(tmp_path.iterdir())
