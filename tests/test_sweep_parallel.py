"""The same sweep in processes of joblib and on a real Dask cluster: the same numbers."""

import joblib
import pytest

from tlcourse.tables.cells import make_cells
from tlcourse.tables.sweep import run_sweep
from tlcourse.tables.targets import DrawnTarget

CELLS = make_cells(
    "natural",
    ["insects", DrawnTarget("shapes", per_class=4, pool_per_class=6, test_per_class=4)],
    ["fc7", "all layers, L2 by layer", "full network"],
    seeds=(0, 1),
    C=1,
)


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
