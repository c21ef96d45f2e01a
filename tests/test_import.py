"""``import tlcourse`` is light; so are the verbs before anything is installed."""

import subprocess
import sys

import pytest

from tlcourse import paths

HEAVY = {"torch", "torchvision", "matplotlib", "sklearn", "jupyterlab", "IPython"}


def run(code, *options):
    command = [sys.executable, *options, "-c", code]
    options = {"check": True, "capture_output": True, "encoding": "utf-8"}
    return subprocess.run(command, cwd=paths.PROJECT, **options).stdout


@pytest.mark.parametrize("module", ["tlcourse.cli", "tlcourse.devices", "tlcourse.paths"])
def test_nothing_heavy_is_imported(module):
    loaded = run(f"import sys, {module}; print(*sys.modules)").split()
    assert module in loaded and not HEAVY & set(loaded)


def test_the_verbs_need_no_package_at_all():
    code = f"import sys; sys.path.insert(0, {str(paths.PROJECT)!r}); import tlcourse.cli"
    run(code, "-I", "-S")


def test_import_takes_less_than_the_budget():
    code = (
        "import time; started = time.perf_counter(); import tlcourse; "
        "print(time.perf_counter() - started)"
    )
    assert min(float(run(code)) for _ in range(3)) < 0.3
