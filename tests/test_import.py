"""``import tlcourse`` is light, the verbs need no package, and torchvision is cured.

Each case in a Python of its own, where nothing is imported yet.
"""

import subprocess
import sys

import pytest

from tlcourse import paths

HEAVY = {"torch", "torchvision", "matplotlib", "sklearn", "jupyterlab", "IPython", "nbconvert"}
LIGHT = ("cli", "devices", "paths", "plots", "tools.slides.verb")
FORWARD = """
import torch, torchvision, tlcourse._torchvision_pair as pair
from torchvision.models import squeezenet1_1
with torch.no_grad():
    print(tuple(squeezenet1_1(weights=None).eval()(torch.zeros(1, 3, 32, 32)).shape))
print(len(pair._libraries), torchvision.extension._has_ops())
"""
MISFIT = """
import contextlib, sys
import tlcourse._torchvision_pair as pair
pair._operators_load = lambda folder: False
declared = []
pair.declare_operators = lambda: declared.append(True)
import torch
pair.cure_on_first_import()
print(sum(isinstance(finder, pair._BeforeTorchvision) for finder in sys.meta_path), declared)
with contextlib.suppress(Exception):
    import torchvision
print(declared)
"""


def run(code, *options):
    command = [sys.executable, *options, "-c", code]
    return subprocess.check_output(command, cwd=paths.PROJECT, encoding="utf-8")


def test_nothing_heavy_is_imported_and_the_verbs_need_no_package_at_all():
    modules = ", ".join(f"tlcourse.{name}" for name in LIGHT)
    loaded = run(f"import sys, {modules}; print(*sys.modules)").split()
    assert not HEAVY & set(loaded)
    run(f"import sys; sys.path.insert(0, {str(paths.PROJECT)!r}); import tlcourse.cli", "-I", "-S")


@pytest.mark.parametrize("order", ["import tlcourse", "import torch, tlcourse"])
def test_torchvision_works_in_whichever_order_and_declared_is_what_is_missing(order):
    shape, declared = run(f"{order}\n{FORWARD}").splitlines()
    assert shape == "(1, 1000)" and declared in ("0 True", "1 False")


def test_operators_are_declared_for_a_pair_that_does_not_fit_and_once():
    assert run(MISFIT).splitlines() == ["1 []", "[True]"]
