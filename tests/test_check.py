"""``check``: it names what is missing, says what to do, and fails only if the course cannot run."""

import io
import os
import shutil
import subprocess
import sys
from collections import namedtuple

import pytest

from tlcourse import _torchvision_pair, paths
from tlcourse.networks import weights
from tlcourse.tools import check

Usage = namedtuple("Usage", "total used free")


def remedies(findings):
    return {finding.what: finding.remedy for finding in findings if finding.remedy}


def test_this_machine_can_run_the_course(capsys):
    assert check.report() == 0
    printed = capsys.readouterr().out
    for word in ("Python", "torchvision", "device cuda", "backbone natural", "cache", "memory"):
        assert word in printed


def test_missing_weights_stop_the_course(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(paths, "SHIPPED_WEIGHTS", tmp_path)
    assert check.report() == 1
    assert "- backbone natural (needed): " in capsys.readouterr().out


def test_truncated_weights_stop_the_course(monkeypatch, tmp_path):
    for file in paths.SHIPPED_WEIGHTS.iterdir():
        shutil.copy(file, tmp_path)
    file = tmp_path / "natural.safetensors"
    file.write_bytes(file.read_bytes()[:-1])
    monkeypatch.setattr(weights.paths, "SHIPPED_WEIGHTS", tmp_path)
    assert list(remedies(check.shipped_findings())) == ["backbone natural"]


def test_missing_features_are_counted(monkeypatch, tmp_path):
    monkeypatch.setattr(paths, "SHIPPED_FEATURES", tmp_path)
    (finding,) = [f for f in check.shipped_findings() if f.what == "shipped features"]
    assert finding.essential and finding.found == "37 of 37 files missing"


def test_broken_torch_is_reported_and_the_rest_still_looked_at(monkeypatch, capsys):
    monkeypatch.setitem(__import__("sys").modules, "torch", None)
    assert check.report() == 1
    printed = capsys.readouterr().out
    assert "- torch (needed): remove the folder .venv" in printed and "free disk" in printed


@pytest.mark.parametrize("where", ["there", "not there"])
def test_tiny_imagenet(monkeypatch, tmp_path, where):
    monkeypatch.setenv("TLCOURSE_DATA", str(tmp_path))
    for split in ("train", "val") if where == "there" else ():
        (tmp_path / "tiny-imagenet-200" / split).mkdir(parents=True)
    finding = check.tiny_imagenet_finding()
    assert not finding.essential
    assert bool(finding.remedy) == (where == "not there") and str(tmp_path) in finding.found


def test_the_size_of_the_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("TLCOURSE_CACHE", str(tmp_path))
    (tmp_path / "features").mkdir()
    (tmp_path / "features" / "entry.npz").write_bytes(bytes(2_500_000))
    assert check.cache_finding().found == f"{tmp_path}, 2.5 MB"


@pytest.mark.parametrize("inside", ["", "new/cache"])
def test_a_cache_that_is_a_file_or_below_one_is_asked_for(monkeypatch, tmp_path, inside):
    file = tmp_path / "taken"
    file.touch()
    monkeypatch.setenv("TLCOURSE_CACHE", str(file / inside))
    finding = check.cache_finding()
    assert finding.found.endswith("cannot be written") and "TLCOURSE_CACHE" in finding.remedy


def test_a_cache_that_is_not_there_yet_is_empty(monkeypatch, tmp_path):
    monkeypatch.setenv("TLCOURSE_CACHE", str(tmp_path / "new" / "cache"))
    finding = check.cache_finding()
    assert finding.found == f"{tmp_path / 'new' / 'cache'} (empty)" and not finding.remedy


def test_letters_that_the_code_page_lacks(monkeypatch, tmp_path):
    """As ``check > out.txt`` on Windows, in a folder of another alphabet."""
    from tlcourse import cli

    printed = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(printed, encoding="cp1252"))
    monkeypatch.setenv("TLCOURSE_CACHE", str(tmp_path / "数据"))
    monkeypatch.chdir(paths.PROJECT)
    assert cli.main(["check"]) == 0
    sys.stdout.flush()
    assert rb"\u6570\u636e (empty)" in printed.getvalue()


@pytest.mark.parametrize(("free", "asks"), [(0.5e9, True), (5e9, False)])
def test_little_disk(monkeypatch, free, asks):
    monkeypatch.setattr(check.shutil, "disk_usage", lambda path: Usage(1e12, 0, free))
    assert bool(check.disk_finding().remedy) == asks


def test_a_pair_that_does_not_fit_is_not_called_cured(monkeypatch):
    pytest.importorskip("torchvision")
    monkeypatch.setattr(_torchvision_pair, "_libraries", [])
    assert not check._torchvision().remedy
    monkeypatch.setattr(_torchvision_pair, "_libraries", ["declared"])
    finding = check._torchvision()
    assert "built for another torch, works after import tlcourse" in finding.found
    assert "'import torchvision' fails: remove the folder .venv" in finding.remedy
    assert not finding.essential


def test_another_numpy_of_pythonpath_is_named(tmp_path):
    (tmp_path / "numpy").mkdir()
    (tmp_path / "numpy" / "__init__.py").write_text("raise ImportError('built for Python 2.7')")
    search = os.pathsep.join((str(tmp_path), str(paths.PROJECT)))
    finished = subprocess.run(
        [sys.executable, "-m", "tlcourse", "check"],
        env={**os.environ, "PYTHONPATH": search},
        cwd=paths.PROJECT,
        capture_output=True,
        encoding="utf-8",
    )
    assert finished.returncode == 1 and not finished.stderr
    assert "numpy " in finished.stdout and "built for Python 2.7" in finished.stdout
    assert f"unset PYTHONPATH, which brings numpy from {tmp_path}" in finished.stdout
    assert "remove the folder .venv" not in finished.stdout
