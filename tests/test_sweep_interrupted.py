"""A sweep that is really interrupted: its process is killed, and the next one goes on."""

import os
import signal
import subprocess
import sys
import time

import pytest

from tlcourse import paths
from tlcourse.tables import sweep
from tlcourse.tables.cells import make_cells
from tlcourse.tables.sweep import run_sweep

SETTINGS = ("natural", ["insects", "cats and dogs"], ["fc7", "full network"], range(12), 1)
SCRIPT = f"""
import signal, sys
from tlcourse.tables.cells import make_cells
from tlcourse.tables.sweep import run_sweep
signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it
run_sweep(make_cells(*{SETTINGS!r}), sys.argv[1], progress=False)
"""


def stored(folder):
    return {file.name: file.stat().st_mtime_ns for file in folder.glob("*.json")}


@pytest.mark.parametrize("name", ["SIGKILL", "SIGINT"])
@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_killed_half_way_it_resumes(tmp_path, monkeypatch, name):
    cells, store = make_cells(*SETTINGS), tmp_path / "store"
    command = [sys.executable, "-c", SCRIPT, str(store)]
    process = subprocess.Popen(command, cwd=paths.PROJECT, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 120
        while len(stored(store)) < 5 and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(getattr(signal, name))
        assert process.wait(60) != 0
    finally:
        process.kill()
        process.wait()
    before = stored(store)
    assert 5 <= len(before) < len(cells)

    measured, measure = [], sweep._measured

    def watched(number, cell, pair):
        measured.append(cell)
        return measure(number, cell, pair)

    monkeypatch.setattr(sweep, "_measured", watched)
    resumed = run_sweep(cells, store, progress=False)
    after = stored(store)
    assert len(measured) == len(cells) - len(before) and len(after) == len(cells)
    assert before.items() <= after.items()
    few = slice(0, 6)
    again = run_sweep(cells[few], store=False, progress=False)
    assert list(resumed["accuracy"][few]) == list(again["accuracy"])
    assert not [file for file in store.iterdir() if file.suffix == ".part"]
