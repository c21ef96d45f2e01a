"""The verb ``warm-up``: plans of the guide, a run that leaves notebooks alone, predictions."""

import nbformat
import pytest

from tlcourse import cli, paths
from tlcourse.tools import warm_up
from tlcourse.tools.slides import verb
from tlcourse.widgets.prediction import Prediction


@pytest.fixture
def course(monkeypatch, tmp_path):
    """A course of three notebooks, of which two fail, and a cache of its own."""
    monkeypatch.chdir(paths.PROJECT)
    monkeypatch.setenv("TLCOURSE_CACHE", str(tmp_path / "cache"))
    sources = "open('left.txt', 'w').close()", "1 / 0", "import os; os.kill(os.getpid(), 9)"
    for name, source in zip(("00_good", "01_bad", "02_dead"), sources, strict=True):
        cells = [nbformat.v4.new_code_cell(source)]
        nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / f"{name}.ipynb")
    there = sorted(tmp_path.glob("*.ipynb"))
    for module in (verb, warm_up):
        monkeypatch.setattr(module, "all_notebooks", lambda: there)
    return tmp_path


def test_plans_are_those_of_the_guide():
    plans = warm_up.plans()
    assert list(plans) == ["two-hours", "four-hours"]
    assert plans["two-hours"][0] == "00" and plans["two-hours"][-1] == "12"
    assert plans["four-hours"] == [notebook.stem[:2] for notebook in verb.all_notebooks()]


def test_it_runs_notebooks_and_leaves_them_alone(course, capsys):
    before = [file.read_bytes() for file in sorted(course.glob("*.ipynb"))]
    assert cli.main(["warm-up"]) == 1 and cli.main(["warm-up", "00"]) == 0
    good, bad, dead, again = capsys.readouterr().out.splitlines()
    assert good.startswith("00_good ") and good.endswith(" s") and again.startswith("00_good ")
    assert bad.startswith("01_bad ") and "failed: ZeroDivisionError: division by zero" in bad
    assert dead.startswith("02_dead ") and dead.endswith("failed: kernel: died")
    assert [file.read_bytes() for file in sorted(course.glob("*.ipynb"))] == before
    assert not (course / "left.txt").exists() and not (paths.PROJECT / "left.txt").exists()


def test_predictions_are_cleared_on_request_only(course, capsys):
    Prediction("reuse-all", "Which?", ["a", "b"]).committed = "b"
    assert cli.main(["warm-up", "00"]) == 0
    assert Prediction("reuse-all", "Which?", ["a", "b"]).committed == "b"
    assert cli.main(["warm-up", "--clear"]) == 0 and cli.main(["warm-up", "--clear"]) == 0
    cleared, none = capsys.readouterr().out.splitlines()[-2:]
    assert cleared == "Predictions cleared: reuse-all." and "there were none" in none
    assert Prediction("reuse-all", "Which?", ["a", "b"]).committed is None


def test_what_is_no_plan_and_no_notebook_is_a_sentence(monkeypatch, capsys):
    monkeypatch.chdir(paths.PROJECT)
    assert cli.main(["warm-up", "three-hours"]) == 2
    assert "three-hours" in capsys.readouterr().err
