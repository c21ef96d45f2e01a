"""The torch/torchvision cure, each case in a Python of its own, where nothing is imported yet."""

import subprocess
import sys

import pytest

from tlcourse import paths

FORWARD = """
import torch, torchvision, tlcourse._torchvision_pair as pair
from torchvision.models import alexnet
with torch.no_grad():
    print(tuple(alexnet(weights=None).eval()(torch.zeros(1, 3, 64, 64)).shape))
print(len(pair._libraries))
try:
    torchvision.ops.nms(torch.zeros(1, 4), torch.zeros(1), 0.5)
except RuntimeError as problem:
    print(problem)
"""
MISFIT = """
import sys
import tlcourse._torchvision_pair as pair
pair._operators_load = lambda folder: False
declared = []
pair.declare_operators = lambda: declared.append(True)
"""


def run(code):
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=paths.PROJECT,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )


@pytest.fixture(scope="module")
def works_alone():
    return run("import torchvision").returncode == 0


@pytest.mark.parametrize("order", ["import tlcourse", "import torch, tlcourse"])
def test_torchvision_works_in_whichever_order_and_declared_is_what_is_missing(order, works_alone):
    finished = run(f"{order}\n{FORWARD}")
    shape, declared, *problem = finished.stdout.splitlines()
    assert shape == "(1, 1000)" and declared == ("0" if works_alone else "1"), finished.stderr
    assert works_alone or "custom C++ ops" in problem[0]


def test_operators_are_declared_for_a_pair_that_does_not_fit_and_once():
    code = f"""{MISFIT}
import torch
pair.cure_on_first_import()
print(sum(isinstance(finder, pair._BeforeTorchvision) for finder in sys.meta_path), declared)
try:
    import torchvision
finally:
    print(declared)"""
    assert run(code).stdout.splitlines() == ["1 []", "[True]"]
