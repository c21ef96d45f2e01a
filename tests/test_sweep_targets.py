"""From the layout of each data set, and of Places365's weights, to a row of the table."""

import numpy as np
import pytest
from benchmark_archives import COUNTS
from sklearn.metrics import balanced_accuracy_score
from sklearn.preprocessing import normalize
from sklearn.svm import LinearSVC
from test_benchmarks import archives, host  # noqa: F401
from test_places365 import as_of_2017, save_as_published
from torchvision import models

from tlcourse.classifiers.score import sample_per_class
from tlcourse.datasets import BENCHMARKS, load_benchmark
from tlcourse.datasets.benchmarks import fetch_benchmark
from tlcourse.datasets.drawn import DrawnImages, Factors
from tlcourse.features.extraction import extract_features, shipped_features
from tlcourse.networks import places365
from tlcourse.networks.sources import SOURCES
from tlcourse.tables import sweep, targets
from tlcourse.tables.cells import PAPER, make_cells
from tlcourse.tables.sweep import run_sweep
from tlcourse.tables.targets import DrawnTarget, explored, offered_sources, offered_targets

pytestmark = pytest.mark.filterwarnings("ignore:.*ImageNet:UserWarning")


@pytest.fixture
def data(host):  # noqa: F811
    """The small data sets behind the catalogue; nothing remembered from another test."""
    for cached in (targets._benchmark, targets._part, targets.source_backbone, sweep._load):
        cached.cache_clear()
    return host.data


def fetched_here(name):
    fetch_benchmark(name)
    return load_benchmark(name)


def fc7_by_hand(backbone, train, test, rows=slice(None)):
    """The accuracy of an SVM on normalised features of fc7, by scikit-learn."""
    options = {"precision": "float32", "cache": False, "progress": False}
    parts = [extract_features(backbone, each, ["fc7"], **options) for each in (train, test)]
    A, B = (normalize(part.matrix) for part in parts)
    machine = LinearSVC(C=1, dual=True).fit(A[rows], parts[0].labels[rows])
    return balanced_accuracy_score(parts[1].labels, machine.predict(B))


@pytest.mark.parametrize("name", BENCHMARKS)
def test_from_the_archive_to_a_row_of_the_table(data, tmp_path, natural, name):
    benchmark = fetched_here(name)
    results = run_sweep(make_cells("natural", name, PAPER, C=1), tmp_path / "store", progress=False)
    assert len(results) == len(PAPER) * COUNTS[name][-1]
    assert results["seed"].nunique() == COUNTS[name][-1]
    row = results[(results["embedding"] == "fc7") & (results["seed"] == 0)].iloc[0]
    assert (row["train_images"], row["test_images"]) == COUNTS[name][2:4]
    assert results["accuracy"].mean() > 0.85  # red and blue
    assert set(results["target"]) == {name}
    by_hand = fc7_by_hand(natural, benchmark.train(0), benchmark.test(0))
    assert row["accuracy"] == pytest.approx(by_hand, abs=0.05)


def test_places365_alexnet_to_a_row_of_the_table_and_what_is_not_there(data, tmp_path):
    fetched_here("wood")
    state = models.alexnet(weights=None, num_classes=365).state_dict()
    save_as_published(as_of_2017(state, "alexnet"), places365.file_of("alexnet_places365"))
    cells = make_cells("alexnet places365", "wood", PAPER, seeds=(0,), C=1)
    results = run_sweep(cells, tmp_path / "store", progress=False).set_index("embedding")
    assert set(results.index) == set(PAPER)
    assert set(results.loc["fc6", "n_features"]) == {4096}
    assert results["accuracy"].between(0.3, 1).all()
    with pytest.raises(FileNotFoundError, match="run 'python3 start.py fetch mit67'"):
        run_sweep(make_cells("natural", "mit67", "fc7"), store=False, progress=False)
    with pytest.raises(ValueError, match="wood have no layer fc7"):
        run_sweep(make_cells("resnet18 random", "wood", "fc7"), store=False, progress=False)


DRAWN = DrawnTarget("shapes", per_class=3, pool_per_class=5, test_per_class=4)


def test_drawn_pools_and_test_pictures_are_apart_and_drawn_by_the_seed():
    features = DRAWN.features("natural", progress=False)
    classes = len(features.classes)
    train, test = DRAWN.split(features, seed=2)
    assert np.bincount(features.labels[train]).tolist() == [3] * classes
    assert np.bincount(features.labels[test]).tolist() == [4] * classes
    assert not set(train) & set(test) and max(train) < 5 * classes == min(test)
    assert set(train) != set(DRAWN.split(features, seed=3)[0])


def test_a_drawn_accuracy_by_hand_and_other_factors_are_another_target(natural):
    grey = DrawnTarget("shapes", Factors(noise=0.4), 3, 5, 4, name="noisy shapes")
    cells = make_cells("natural", [DRAWN, grey], "fc7", (1,), C=1)
    results = run_sweep(cells, store=False, progress=False)
    assert list(results["target"]) == ["drawn shapes", "noisy shapes"]
    train, test = (DrawnImages("shapes", n_per_class=n, seed=i) for i, n in enumerate((5, 4)))
    by_hand = fc7_by_hand(natural, train, test, sample_per_class(np.array(train.targets), 3, 1))
    assert results["accuracy"][0] == pytest.approx(by_hand, abs=0.03)
    one, other = (each.features("natural", progress=False) for each in (DRAWN, grey))
    assert not np.array_equal(one.matrix, other.matrix)


def test_what_is_not_here_names_the_command_until_it_is(data, monkeypatch, tmp_path):
    monkeypatch.setattr("torch.hub.get_dir", lambda: str(tmp_path))
    monkeypatch.setattr(targets, "HF_HUB_CACHE", str(tmp_path))
    for name in (name for names in offered_targets().values() for name in names):
        assert targets.as_target(name).name == name
    sources, sets = offered_sources(), offered_targets()[targets.DATA_SETS]
    assert [*sources] == [*SOURCES, "imagenet", "vgg16", "alexnet", "alexnet places365"]
    assert sources["vgg16"] == "run 'python3 start.py fetch vgg16'."
    assert sets["wood"] == "run 'python3 start.py fetch wood'."
    (tmp_path / "checkpoints").mkdir()
    for file in ("vgg16-397923af.pth", "resnet50-11ad3fa6.pth"):
        (tmp_path / "checkpoints" / file).touch()
    (tmp_path / "models--timm--convnext_tiny.in12k_ft_in1k").mkdir()
    fetched_here("wood")
    sources, sets = offered_sources(), offered_targets()[targets.DATA_SETS]
    assert sources["vgg16"] == sources["resnet50"] == sets["wood"] == ""
    assert sources["timm:convnext_tiny.in12k_ft_in1k"] == ""
    assert sources["alexnet"] and sets["mit67"]


def test_a_real_set_is_explored_by_ten_classes_of_its_features():
    for name in offered_targets()[targets.REAL]:
        whole, target = shipped_features("imagenet", name), explored(name, "imagenet")
        features, few = target.features("imagenet"), min(10, len(whole[0].classes))
        assert features.classes == whole[0].classes[:few]
        train, test = target.split(features, seed=0)
        assert np.bincount(features.labels[train]).tolist() == [20] * few
        assert len(test) == np.sum(whole[1].labels < few) and not set(train) & set(test)
        first = whole[1].matrix[whole[1].labels < few][0]
        assert np.array_equal(features.matrix[test[0]], first)


def test_a_target_is_explored_under_another_source_once_it_is_fetched(data):
    for name, how in (("steel", "choose that source.$"), ("flowers102", "fetch flowers102'.$")):
        with pytest.raises(ValueError, match=how):
            explored(name, "natural").features("natural")
    fetched_here("flowers102")
    assert isinstance(explored("flowers102", "imagenet"), targets.RealTarget)
    features = explored("flowers102", "natural").features("natural", progress=False)
    assert features.classes == ["pink primrose", "hard-leaved pocket orchid"]
    whole, target = fetched_here("mit67"), explored("mit67", "natural")  # by its first fold
    train, test = target.split(target.features("natural", progress=False), seed=3)
    files = np.array(target.images().files)
    assert set(files[train]) == set(whole.train(0).files)
    assert set(files[test]) == set(whole.test(0).files)
