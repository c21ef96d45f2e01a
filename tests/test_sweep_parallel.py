"""A sweep in processes of joblib, on a real Dask cluster, and after a kill: the same numbers."""

import os
import signal
import subprocess
import sys
import time

import joblib
import pytest

from tlcourse import paths
from tlcourse.tables.cells import make_cells
from tlcourse.tables.sweep import run_sweep
from tlcourse.tables.targets import DrawnTarget

SMALL = DrawnTarget("shapes", per_class=2, pool_per_class=3, test_per_class=2)
CELLS = make_cells("natural", ["insects", SMALL], ["fc7", "full network"], seeds=(0,), C=1)
SETTINGS = ("natural", "insects", ["fc7", "full network"], range(24), 1)
SCRIPT = f"""
import signal, sys
from tlcourse.tables.cells import make_cells
from tlcourse.tables.sweep import run_sweep
signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it
run_sweep(make_cells(*{SETTINGS!r}), sys.argv[1], progress=False)
"""


@pytest.fixture(scope="module")
def serial():
    return run_sweep(CELLS, store=False, progress=False)


def same(found, expected):
    timeless = [name for name in expected if name not in ("seconds", "date")]
    return found[timeless].equals(expected[timeless])


def test_two_processes(serial, tmp_path):
    assert same(run_sweep(CELLS, tmp_path, n_jobs=2, progress=False), serial)
    assert len(list(tmp_path.iterdir())) == len(CELLS)


def test_two_workers_of_dask(serial, tmp_path):
    distributed = pytest.importorskip("distributed")
    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    with (
        distributed.LocalCluster(processes=True, **options) as cluster,
        distributed.Client(cluster) as client,
        joblib.parallel_config(backend="dask"),
    ):
        client.wait_for_workers(2)
        found = run_sweep(CELLS, tmp_path, progress=False)
        worked = client.run(lambda: "tlcourse.tables.sweep" in __import__("sys").modules)
    assert same(found, serial)
    assert list(worked.values()) == [True, True]
    assert len(list(tmp_path.iterdir())) == len(CELLS)


def stored(folder):
    return {file.name: file.stat().st_mtime_ns for file in folder.glob("*.json")}


@pytest.mark.parametrize("name", ["SIGKILL", "SIGINT"])
@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_killed_half_way_it_resumes(tmp_path, name):
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
    resumed = run_sweep(cells, store, progress=False)
    after = stored(store)
    assert len(after) == len(cells) and before.items() <= after.items()  # none measured again
    again = run_sweep(cells[:6], store=False, progress=False)
    assert list(resumed["accuracy"][:6]) == list(again["accuracy"])
    assert not [file for file in store.iterdir() if file.suffix == ".part"]
