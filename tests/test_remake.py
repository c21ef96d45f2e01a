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
    module.measured = []

    def measure(policy, seed):
        module.measured.append((policy, seed))
        return {"accuracy": 0.25}

    module.steps = lambda options: module.runs.steps(KEYS, measure)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(runner, "COMMANDS", (*runner.COMMANDS, "made_up"))
    return module


def test_runs_are_kept_a_row_each(command, capsys):
    runner.main(["made_up"])
    rows = command.runs.read()
    assert rows[["policy", "seed"]].to_dict("records") == KEYS
    assert (rows["accuracy"] == 0.25).all()
    assert capsys.readouterr().out.splitlines()[0] == "freeze, 0: accuracy 0.25"


def test_what_is_done_is_passed_over(command):
    command.runs.add(KEYS[1] | {"accuracy": 0.5})
    runner.main(["made_up"])
    assert command.measured == [("freeze", 0), ("freeze", 1), ("tune", 1)]
    runner.main(["made_up"])
    assert len(command.measured) == 3


def test_a_run_that_fails_leaves_those_before_it(command, monkeypatch):
    def measure(policy, seed):
        if seed:
            raise FloatingPointError("Loss not finite: lower the rate.")
        return {"accuracy": 0.5}

    monkeypatch.setattr(command, "steps", lambda options: command.runs.steps(KEYS, measure))
    with pytest.raises(SystemExit, match="^Loss not finite: lower the rate.$"):
        runner.main(["made_up"])
    assert command.runs.read()["policy"].tolist() == ["freeze", "tune"]


def test_two_workers_share_the_plan(command):
    runner.main(["made_up", "--worker", "1", "--workers", "2"])
    assert command.measured == [("tune", 0), ("tune", 1)]
    runner.main(["made_up", "--worker", "0", "--workers", "2"])
    assert len(command.runs.read()) == 4


def test_two_processes_do_not_write_at_once(command):
    adding = Thread(target=command.runs.add, args=(KEYS[1] | {"accuracy": 0.5},))
    with FileLock(paths.cache_folder() / "runs.lock"):
        adding.start()
        adding.join(0.5)
        assert adding.is_alive() and not command.runs.file.exists()
    adding.join()
    assert len(command.runs.read()) == 1


def test_a_plan_is_only_said(command, capsys):
    command.runs.add(KEYS[0] | {"accuracy": 0.5})
    runner.main(["made_up", "--plan"])
    assert capsys.readouterr().out.splitlines()[:2] == ["done:  freeze, 0", "to do: tune, 0"]
    assert command.measured == []


def test_a_command_that_is_killed_and_started_again_gives_the_same_table(command):
    def steps_of(name, killed_at=None):
        table = runner.Table(command.runs.file.with_name(name))

        def measure(policy, seed):
            if (policy, seed) == killed_at:
                raise KeyboardInterrupt
            return {"accuracy": 0.1 * seed, "predicted": "aab" if seed else None}

        return table, table.steps(KEYS, measure)

    whole, steps = steps_of("whole.csv")
    assert [step.make() for step in steps] == ["accuracy 0.0"] * 2 + ["accuracy 0.1"] * 2
    resumed, steps = steps_of("resumed.csv", killed_at=("freeze", 1))
    with pytest.raises(KeyboardInterrupt):
        for step in steps:
            step.make()
    assert len(resumed.read()) == 2
    _, steps = steps_of("resumed.csv")
    for step in steps:
        if not step.is_done:
            step.make()
    assert resumed.file.read_bytes() == whole.file.read_bytes()


@pytest.mark.parametrize("name", ["shipping", "class_means"])
def test_what_is_shipped_is_what_the_plan_makes(name, capsys):
    runner.main([name, "--plan"])
    assert {line[:6] for line in capsys.readouterr().out.splitlines()} == {"done: "}


def test_the_command_lists_its_names():
    command = [sys.executable, "-m", "scripts.remake"]
    finished = subprocess.run(command, cwd=paths.PROJECT, capture_output=True, encoding="utf-8")
    assert finished.returncode == 1
    assert finished.stderr.startswith("usage: python -m scripts.remake {pretraining,shipping,")
