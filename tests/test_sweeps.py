"""Sweeps on the shipped features: numbers by hand, the store, and what is refused."""

import json
from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score
from sklearn.preprocessing import StandardScaler, normalize
from sklearn.svm import LinearSVC

from tlcourse.classifiers.score import choose_C, evaluate_transfer, of_rows, sample_per_class
from tlcourse.datasets import FAMILIES, PHOTO_SOURCES
from tlcourse.features.extraction import shipped_features
from tlcourse.features.normalization import NORMALIZATIONS
from tlcourse.tables import sweep as sweeps
from tlcourse.tables.cells import EMBEDDINGS, PAPER, Embedding, make_cells
from tlcourse.tables.sweep import run_sweep
from tlcourse.tables.targets import BenchmarkTarget, DrawnTarget, PhotoTarget, as_target

ONE = make_cells("natural", "insects", ["fc7", "full network"], seeds=(0, 3), C=1)


@pytest.fixture(scope="module")
def results():
    return run_sweep(make_cells("natural", "insects", seeds=(0, 3), C=1), store=False)


def unit(A, B):
    return normalize(A), normalize(B)


def standardized(A, B):
    scaler = StandardScaler().fit(A)
    constant = A.std(axis=0) == 0
    return tuple(np.where(constant, 0, scaler.transform(X)) for X in (A, B))


def discretized(A, B):
    return tuple(1.0 * (Z > 0.15) - (Z < -0.25) for Z in standardized(A, B))


EVERY_LAYER = tuple(shipped_features("natural", "insects")[0].layer_sizes)
HAND = {
    "fc6": (("fc6",), unit),
    "fc7": (("fc7",), unit),
    "all layers, L2 per image": (EVERY_LAYER, unit),
    "all layers, standardized": (EVERY_LAYER, standardized),
    "full network": (EVERY_LAYER, discretized),
}


@pytest.mark.parametrize("embedding", HAND)
def test_a_cell_is_what_scikit_learn_gives_by_hand(results, embedding):
    layers, prepare = HAND[embedding]
    row = results[(results["embedding"] == embedding) & (results["seed"] == 3)].iloc[0]
    assert (row["train_images"], row["test_images"]) == (200, 500)
    train, test = shipped_features("natural", "insects")
    rows = sample_per_class(train.labels, 20, 3)
    A, B = (f.select(layers).astype(np.float64) for f in (train, test))
    A, B = prepare(A[rows], B)
    machine = LinearSVC(C=1, dual=True, tol=1e-6, max_iter=20_000).fit(A, train.labels[rows])
    by_hand = balanced_accuracy_score(test.labels, machine.predict(B))
    assert row["accuracy"] == pytest.approx(by_hand, abs=0.0041)


def test_rows_come_in_the_order_of_the_cells_and_are_those_of_evaluate_transfer(results):
    assert list(results["embedding"]) == [*EMBEDDINGS] * 2
    assert list(results["seed"]) == [0] * len(EMBEDDINGS) + [3] * len(EMBEDDINGS)
    for row in results.itertuples():
        embedding = EMBEDDINGS[row.embedding]
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


def test_any_layers_make_an_embedding():
    early = Embedding("early", ("conv1_1", "conv1_2"), "L2 by layer")
    found = run_sweep(make_cells("manmade", "clothes", early, seeds=(1,), C=1), store=False).loc[0]
    options = {"seed": 1, "normalization": "L2 by layer"}
    expected = evaluate_transfer("manmade", "clothes", early.layers, **options)
    assert (found["accuracy"], found["n_features"]) == (expected.accuracy, expected.n_features)


class TestStore:
    @pytest.fixture
    def measured(self, monkeypatch):
        """Cells that were measured, not read."""
        seen, measure = [], sweeps._measured

        def watched(number, cell, pair):
            seen.append(cell)
            return measure(number, cell, pair)

        monkeypatch.setattr(sweeps, "_measured", watched)
        return seen

    def test_a_second_sweep_measures_nothing_and_says_the_same(
        self, tmp_path, measured, monkeypatch
    ):
        first = run_sweep(ONE, tmp_path)
        assert len(measured) == len(ONE) == len(list(tmp_path.iterdir()))
        assert run_sweep(ONE, tmp_path).equals(first) and len(measured) == len(ONE)
        train, _ = shipped_features("natural", "insects")
        monkeypatch.setattr(train, "matrix", train.matrix * np.float32(1.5))
        run_sweep(ONE, tmp_path)  # of other features
        assert len(measured) == 2 * len(ONE)

    @pytest.mark.parametrize("harm", ["torn", "altered", "of another cell", "no result"])
    def test_a_harmed_cell_is_measured_again(self, tmp_path, measured, harm):
        whole = run_sweep(ONE, tmp_path)
        file, other = sorted(tmp_path.iterdir())[:2]
        text = file.read_text()
        record = json.loads(text)
        record["content"]["result"]["accuracy"] = 0.99
        broken = {
            "torn": text[: len(text) // 2],
            "altered": json.dumps(record),
            "of another cell": other.read_text(),
            "no result": "[1, 2]",
        }
        file.write_text(broken[harm])
        again = run_sweep(ONE, tmp_path)
        assert len(measured) == len(ONE) + 1
        assert list(again["accuracy"]) == list(whole["accuracy"])
        assert json.loads(file.read_text())["content"]["result"]["accuracy"] != 0.99

    @pytest.mark.parametrize("change", [{"C": 0.1}, {"seed": 7}, {"target": PhotoTarget("food")}])
    def test_other_settings_are_other_cells(self, tmp_path, measured, change):
        run_sweep(ONE[:1], tmp_path)
        run_sweep([replace(ONE[0], **change)], tmp_path)
        assert len(measured) == 2

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


def test_targets_by_name():
    assert as_target("insects") == PhotoTarget("insects")
    assert as_target("drawn textures") == DrawnTarget("textures")
    assert as_target("textures") == BenchmarkTarget("textures")
    mine = PhotoTarget("food", 10)
    assert as_target(mine) is mine
