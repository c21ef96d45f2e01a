"""The torch/torchvision cure, each case in a Python of its own, where nothing is imported yet."""

import subprocess
import sys

import pytest

from tlcourse import paths

FORWARD = """
import torch, torchvision, tlcourse._torchvision_pair as pair
from torchvision.models import squeezenet1_1
with torch.no_grad():
    print(tuple(squeezenet1_1(weights=None).eval()(torch.zeros(1, 3, 32, 32)).shape))
print(len(pair._libraries), torchvision.extension._has_ops())
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
import torch
pair.cure_on_first_import()
print(sum(isinstance(finder, pair._BeforeTorchvision) for finder in sys.meta_path), declared)
try:
    import torchvision
finally:
    print(declared)
"""


def run(code):
    command = [sys.executable, "-c", code]
    options = {"capture_output": True, "encoding": "utf-8", "timeout": 120}
    return subprocess.run(command, cwd=paths.PROJECT, **options)


@pytest.mark.parametrize("order", ["import tlcourse", "import torch, tlcourse"])
def test_torchvision_works_in_whichever_order_and_declared_is_what_is_missing(order):
    finished = run(f"{order}\n{FORWARD}")
    shape, declared, *problem = finished.stdout.splitlines()
    assert shape == "(1, 1000)" and declared in ("0 True", "1 False"), finished.stderr
    assert declared == "0 True" or "custom C++ ops" in problem[0]


def test_operators_are_declared_for_a_pair_that_does_not_fit_and_once():
    assert run(MISFIT).stdout.splitlines() == ["1 []", "[True]"]
