"""``check``: it names what is missing, says what to do, and fails only if the course cannot run."""

import shutil
import sys
from types import SimpleNamespace

import pytest

from tlcourse import _torchvision_pair, paths
from tlcourse.tools import check


@pytest.fixture
def printed(capsys):
    """Of a report that ends with this status, what it prints."""

    def printed(status):
        assert check.report() == status
        return capsys.readouterr().out

    return printed


def test_this_machine_can_run_the_course(printed):
    report = printed(0)
    for word in ("Python", "torchvision", "device cuda", "backbone natural", "cache", "memory"):
        assert word in report


def test_missing_or_truncated_weights_stop_the_course(monkeypatch, tmp_path, printed):
    shutil.copytree(paths.SHIPPED_WEIGHTS, tmp_path / "weights")
    monkeypatch.setattr(paths, "SHIPPED_WEIGHTS", tmp_path / "weights")
    file = tmp_path / "weights" / "natural.safetensors"
    file.write_bytes(file.read_bytes()[:-1])
    missing = [finding.what for finding in check.shipped_findings() if finding.remedy]
    assert missing == ["backbone natural"]
    file.unlink()
    assert "- backbone natural (needed): " in printed(1)


def test_missing_features_are_counted(monkeypatch, tmp_path):
    monkeypatch.setattr(paths, "SHIPPED_FEATURES", tmp_path)
    (finding,) = [f for f in check.shipped_findings() if f.what == "shipped features"]
    assert finding.essential and finding.found == "37 of 37 files missing"


def test_broken_torch_is_reported_and_the_rest_still_looked_at(monkeypatch, printed):
    monkeypatch.setitem(sys.modules, "torch", None)
    report = printed(1)
    assert "- torch (needed): remove the folder .venv" in report and "free disk" in report


def test_tiny_imagenet(monkeypatch, tmp_path):
    monkeypatch.setenv("TLCOURSE_DATA", str(tmp_path))
    absent = check.tiny_imagenet_finding()
    for split in ("train", "val"):
        (tmp_path / "tiny-imagenet-200" / split).mkdir(parents=True)
    there = check.tiny_imagenet_finding()
    assert absent.remedy and not there.remedy and str(tmp_path) in there.found
    assert not absent.essential


FINDINGS = {"kept": ", 2.5 MB", "new/cache": " (empty)"}
FINDINGS |= {f"kept/features/{name}": " cannot be written" for name in ("file", "file/new/cache")}


@pytest.mark.parametrize("cache", FINDINGS)
def test_the_cache(monkeypatch, tmp_path, cache):
    (tmp_path / "kept" / "features").mkdir(parents=True)
    (tmp_path / "kept" / "features" / "file").write_bytes(bytes(2_500_000))
    monkeypatch.setenv("TLCOURSE_CACHE", str(tmp_path / cache))
    finding, found = check.cache_finding(), FINDINGS[cache]
    assert finding.found == f"{tmp_path / cache}{found}"
    assert finding.remedy.count("TLCOURSE_CACHE") == bool(finding.remedy) == ("cannot" in found)


@pytest.mark.parametrize(("free", "asks"), [(0.5e9, True), (5e9, False)])
def test_little_disk(monkeypatch, free, asks):
    monkeypatch.setattr(check.shutil, "disk_usage", lambda path: SimpleNamespace(free=free))
    assert bool(check.disk_finding().remedy) == asks


def test_a_pair_that_does_not_fit_is_not_called_cured(monkeypatch, printed):
    fails = "'import torchvision' fails: remove the folder .venv"
    for libraries, found in (([], "(fits torch)"), (["declared"], fails)):
        monkeypatch.setattr(_torchvision_pair, "_libraries", libraries)
        assert found in printed(0)


def test_another_numpy_of_pythonpath_is_named(monkeypatch, tmp_path, printed):
    (tmp_path / "numpy").mkdir()
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setitem(sys.modules, "numpy", None)
    remedy = f"unset PYTHONPATH, which brings numpy from {tmp_path}, and try again."
    assert f"- numpy (needed): {remedy}" in printed(1)
