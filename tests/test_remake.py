"""The runner of ``scripts/remake``: it plans, goes on after a kill, shares a plan, writes whole."""

import subprocess
import sys
from threading import Thread
from types import ModuleType

import pytest
from filelock import FileLock

from scripts.remake import runner
from tlcourse import paths

KEYS = [{"policy": policy, "seed": seed} for seed in (0, 1) for policy in ("freeze", "tune")]


@pytest.fixture
def command(tmp_path, monkeypatch):
    """A command of four runs, and which of them were measured."""
    module = ModuleType("scripts.remake.made_up", "Made up.")
    module.runs = runner.Table(tmp_path / "runs.csv")
    module.measured, module.fails_at = [], {}

    def measure(policy, seed):
        if (policy, seed) in module.fails_at:
            raise module.fails_at[policy, seed]
        module.measured.append((policy, seed))
        return {"accuracy": 0.1 * seed, "predicted": "aab" if seed else None}

    module.steps = lambda options: module.runs.steps(KEYS, measure)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(runner, "COMMANDS", (*runner.COMMANDS, "made_up"))
    return module


def test_runs_are_kept_a_row_each_and_what_is_done_is_passed_over(command, capsys):
    command.runs.add(KEYS[1] | {"accuracy": 0.5, "predicted": None})
    runner.main(["made_up", "--plan"])
    assert capsys.readouterr().out.splitlines()[:2] == ["to do: freeze, 0", "done:  tune, 0"]
    assert command.measured == []
    runner.main(["made_up"])
    assert capsys.readouterr().out.splitlines()[0] == "freeze, 0: accuracy 0.0"
    assert command.measured == [("freeze", 0), ("freeze", 1), ("tune", 1)]
    runner.main(["made_up"])
    assert len(command.measured) == 3 and len(command.runs.read()) == 4


def test_a_run_that_fails_leaves_those_before_it(command):
    command.fails_at = {("freeze", 1): FloatingPointError("Loss not finite: lower the rate.")}
    with pytest.raises(SystemExit, match="^Loss not finite: lower the rate.$"):
        runner.main(["made_up"])
    assert command.runs.read()["policy"].tolist() == ["freeze", "tune"]


def test_two_workers_share_the_plan(command):
    runner.main(["made_up", "--worker", "0", "--workers", "2"])
    assert command.measured == [("freeze", 0), ("freeze", 1)]
    runner.main(["made_up", "--worker", "1", "--workers", "2"])
    assert len(command.runs.read()) == 4


def test_two_processes_do_not_write_at_once(command):
    adding = Thread(target=command.runs.add, args=(KEYS[1] | {"accuracy": 0.5},))
    with FileLock(paths.cache_folder() / "runs.lock"):
        adding.start()
        adding.join(0.5)
        assert adding.is_alive() and not command.runs.file.exists()
    adding.join()
    assert len(command.runs.read()) == 1


def test_a_command_that_is_killed_and_started_again_gives_the_same_table(command):
    runner.main(["made_up"])
    whole = command.runs.file.read_bytes()
    assert command.runs.read()[["policy", "seed"]].to_dict("records") == KEYS
    command.runs.file.unlink()
    command.fails_at = {("freeze", 1): KeyboardInterrupt()}
    with pytest.raises(KeyboardInterrupt):
        runner.main(["made_up"])
    assert len(command.runs.read()) == 2
    command.fails_at = {}
    runner.main(["made_up"])
    assert command.runs.file.read_bytes() == whole


@pytest.mark.parametrize("name", ["shipping", "class_means"])
def test_what_is_shipped_is_what_the_plan_makes(name, capsys):
    runner.main([name, "--plan"])
    assert {line[:6] for line in capsys.readouterr().out.splitlines()} == {"done: "}


def test_the_command_lists_its_names():
    command = [sys.executable, "-m", "scripts.remake"]
    finished = subprocess.run(command, cwd=paths.PROJECT, capture_output=True, encoding="utf-8")
    assert finished.returncode == 1
    assert finished.stderr.startswith("usage: python -m scripts.remake {pretraining,shipping,")
