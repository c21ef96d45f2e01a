"""From the layout of each data set, and of Places365's weights, to a row of the table."""

import numpy as np
import pytest
from benchmark_archives import COUNTS
from sklearn.svm import LinearSVC
from test_benchmarks import archives, host  # noqa: F401
from test_places365 import as_of_2017, save_as_published
from torchvision import models

from tlcourse.classifiers.score import sample_per_class
from tlcourse.datasets import BENCHMARKS
from tlcourse.datasets.drawn import DrawnImages, Factors
from tlcourse.features import cache
from tlcourse.features.extraction import extract_features, shipped_features
from tlcourse.networks import places365
from tlcourse.networks.backbones import load_backbone
from tlcourse.networks.sources import SOURCES
from tlcourse.tables import sweep, targets
from tlcourse.tables.cells import PAPER, make_cells
from tlcourse.tables.sweep import run_sweep
from tlcourse.tables.targets import (
    DATA_SETS,
    REAL,
    BenchmarkTarget,
    DrawnTarget,
    RealTarget,
    _benchmark,
    _part,
    as_target,
    explored,
    offered_sources,
    offered_targets,
    source_backbone,
)

pytestmark = pytest.mark.filterwarnings("ignore:.*ImageNet:UserWarning")


@pytest.fixture
def data(host):  # noqa: F811
    """The small data sets behind the catalogue; nothing remembered from another test."""
    for cached in (_benchmark, _part, source_backbone, sweep._load):
        cached.cache_clear()
    return host.data


@pytest.mark.parametrize("name", BENCHMARKS)
def test_from_the_archive_to_a_row_of_the_table(data, tmp_path, name):
    benchmark = fetched_here(name)
    results = run_sweep(make_cells("natural", name, PAPER, C=1), tmp_path / "store", progress=False)
    assert len(results) == len(PAPER) * COUNTS[name][-1]
    assert results["seed"].nunique() == COUNTS[name][-1]
    first = results[results["seed"] == 0].iloc[0]
    assert (first["train_images"], first["test_images"]) == COUNTS[name][2:4]
    assert results["accuracy"].mean() > 0.85  # red and blue
    assert set(results["target"]) == {name}
    row = results[(results["embedding"] == "fc7") & (results["seed"] == 0)].iloc[0]
    assert row["accuracy"] == pytest.approx(fc7_by_hand(benchmark), abs=0.05)


def fetched_here(name):
    from tlcourse.datasets import load_benchmark
    from tlcourse.datasets.benchmarks import fetch_benchmark

    fetch_benchmark(name)
    return load_benchmark(name)


def fc7_by_hand(benchmark):
    backbone = load_backbone("natural")
    parts = [
        extract_features(backbone, images, ["fc7"], precision="float32", cache=False)
        for images in (benchmark.train(0), benchmark.test(0))
    ]
    A, B = (part.matrix / np.linalg.norm(part.matrix, axis=1, keepdims=True) for part in parts)
    predicted = LinearSVC(C=1, dual=True).fit(A, parts[0].labels).predict(B)
    labels = parts[1].labels
    return np.mean([(predicted[labels == c] == c).mean() for c in np.unique(labels)])


def test_a_data_set_that_is_not_there(data):
    with pytest.raises(FileNotFoundError, match="run 'python3 start.py fetch mit67'"):
        run_sweep(make_cells("natural", "mit67", "fc7"), store=False)


def test_places365_alexnet_to_a_row_of_the_table(data, tmp_path):
    fetched_here("wood")
    state = models.alexnet(weights=None, num_classes=365).state_dict()
    save_as_published(as_of_2017(state, "alexnet"), places365.file_of("alexnet_places365"))
    cells = make_cells("alexnet places365", "wood", PAPER, C=1)
    results = run_sweep(cells, tmp_path / "store", progress=False)
    assert list(results["embedding"].unique()) == list(PAPER)
    assert results.groupby("embedding")["n_features"].first()["fc6"] == 4096
    assert results["accuracy"].between(0.3, 1).all()


def test_a_network_without_fc6_and_fc7(data):
    fetched_here("wood")
    with pytest.raises(ValueError, match="resnet18 random on wood have no layer fc7, which 'fc7'"):
        run_sweep(make_cells("resnet18 random", "wood", "fc7"), store=False, progress=False)


class TestDrawn:
    target = DrawnTarget("shapes", per_class=3, pool_per_class=5, test_per_class=4)

    def test_pools_and_test_pictures_are_apart_and_drawn_by_the_seed(self):
        features = self.target.features("natural", progress=False)
        classes = len(features.classes)
        train, test = self.target.split(features, seed=2)
        assert np.bincount(features.labels[train]).tolist() == [3] * classes
        assert np.bincount(features.labels[test]).tolist() == [4] * classes
        assert not set(train) & set(test) and max(train) < 5 * classes == min(test)
        other, _ = self.target.split(features, seed=3)
        assert set(train) != set(other)

    def test_an_accuracy_by_hand(self):
        results = run_sweep(
            make_cells("drawn", self.target, "fc7", (1,), C=1), False, progress=False
        )
        backbone = load_backbone("drawn")
        train, test = (
            extract_features(backbone, DrawnImages("shapes", n_per_class=n, seed=seed), ["fc7"])
            for seed, n in enumerate((5, 4))
        )
        rows = sample_per_class(train.labels, 3, 1)
        A, B = (f.matrix / np.linalg.norm(f.matrix, axis=1, keepdims=True) for f in (train, test))
        predicted = LinearSVC(C=1, dual=True).fit(A[rows], train.labels[rows]).predict(B)
        right = [(predicted[test.labels == c] == c).mean() for c in np.unique(test.labels)]
        assert results["accuracy"][0] == pytest.approx(np.mean(right), abs=0.03)

    def test_other_factors_are_another_target(self):
        grey = DrawnTarget("shapes", Factors(noise=0.4), 3, 5, 4, name="noisy shapes")
        cells = make_cells("natural", [self.target, grey], "full network", seeds=(0,), C=1)
        results = run_sweep(cells, store=False, progress=False)
        assert list(results["target"]) == ["drawn shapes", "noisy shapes"]
        one, other = (each.features("natural", progress=False) for each in (self.target, grey))
        assert not np.array_equal(one.matrix, other.matrix)

    def test_a_worker_reads_the_features_that_were_kept(self, monkeypatch):
        pair = sweep._prepare("natural", self.target, (), progress=False)
        assert cache.read(pair.entry)
        monkeypatch.setattr(DrawnTarget, "features", None)
        sweep._load.cache_clear()
        assert sweep._load(pair).matrix.shape[0] == 9 * len(sweep._load(pair).classes)


def test_names_of_benchmarks_are_not_those_of_drawn_families():
    assert BenchmarkTarget("textures").name == "textures"
    assert DrawnTarget("textures").name == "drawn textures"


class TestTheOneList:
    def test_every_target_is_known_by_its_name(self):
        for names in offered_targets().values():
            for name in names:
                assert as_target(name).name == name

    def test_what_is_not_here_names_the_command_until_it_is(self, data, monkeypatch, tmp_path):
        monkeypatch.setattr("torch.hub.get_dir", lambda: str(tmp_path))
        monkeypatch.setattr(targets, "HF_HUB_CACHE", str(tmp_path))
        assert [*offered_sources()] == [
            *SOURCES,
            "imagenet",
            "vgg16",
            "alexnet",
            "alexnet places365",
        ]
        assert offered_sources()["vgg16"] == "run 'python3 start.py fetch vgg16'."
        assert offered_targets()[DATA_SETS]["wood"] == "run 'python3 start.py fetch wood'."
        for file in ("checkpoints/vgg16-397923af.pth", "checkpoints/resnet50-11ad3fa6.pth"):
            (tmp_path / file).parent.mkdir(exist_ok=True)
            (tmp_path / file).touch()
        (tmp_path / "models--timm--convnext_tiny.in12k_ft_in1k").mkdir()
        fetched_here("wood")
        offered = offered_sources()
        assert offered["vgg16"] == offered["resnet50"] == ""
        assert offered["timm:convnext_tiny.in12k_ft_in1k"] == "" != offered["alexnet"]
        assert offered_targets()[DATA_SETS]["wood"] == "" != offered_targets()[DATA_SETS]["mit67"]

    def test_a_real_set_is_explored_by_ten_classes_of_its_features(self):
        for name in offered_targets()[REAL]:
            whole = shipped_features("imagenet", name)
            target = explored(name, "imagenet")
            features = target.features("imagenet")
            few = min(10, len(whole[0].classes))
            assert features.classes == whole[0].classes[:few]
            train, test = target.split(features, seed=0)
            assert np.bincount(features.labels[train]).tolist() == [20] * few
            assert len(test) == np.sum(whole[1].labels < few) and not set(train) & set(test)
            first = whole[1].matrix[whole[1].labels < few][0]
            assert np.array_equal(features.matrix[test[0]], first)

    def test_under_another_source_it_says_what_to_do(self, data):
        for name, how in (("steel", "choose that source.$"), ("flowers102", "fetch flowers102'.$")):
            with pytest.raises(ValueError, match=how):
                explored(name, "natural").features("natural")

    def test_a_fetched_data_set_is_explored_by_its_first_fold(self, data):
        whole = fetched_here("mit67")
        target = explored("mit67", "natural")
        train, test = target.split(target.features("natural", progress=False), seed=3)
        files = np.array(target.images().files)
        assert set(files[train]) == set(whole.train(0).files)
        assert set(files[test]) == set(whole.test(0).files)

    def test_a_fetched_real_set_goes_through_other_networks(self, data):
        fetched_here("flowers102")
        assert isinstance(explored("flowers102", "imagenet"), RealTarget)
        features = explored("flowers102", "natural").features("natural", progress=False)
        assert features.classes == ["pink primrose", "hard-leaved pocket orchid"]
