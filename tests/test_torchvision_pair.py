"""The torch/torchvision cure, each case in a Python of its own, where nothing is imported yet."""

import subprocess
import sys

import pytest

from tlcourse import paths

FORWARD = """
import torch
from torchvision.models import alexnet
with torch.no_grad():
    print(tuple(alexnet(weights=None).eval()(torch.zeros(1, 3, 64, 64)).shape))
"""
MISFIT = """
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


def works_alone():
    return run("import torchvision").returncode == 0


@pytest.mark.parametrize(
    "order", ["import tlcourse", "import torch, tlcourse", "import tlcourse, torch"]
)
def test_torchvision_works_in_whichever_order(order):
    finished = run(f"{order}\n{FORWARD}")
    assert finished.stdout.strip() == "(1, 1000)", finished.stderr


def test_nothing_is_declared_when_the_pair_fits():
    code = "import tlcourse._torchvision_pair as pair, torchvision; print(len(pair._libraries))"
    assert run(code).stdout.strip() == ("0" if works_alone() else "1")


def test_detection_still_fails_where_its_operators_are_missing():
    if works_alone():
        pytest.skip("torch and torchvision fit here: nothing is missing.")
    code = """
import tlcourse, torch, torchvision
torchvision.ops.nms(torch.zeros(1, 4), torch.zeros(1), 0.5)
"""
    finished = run(code)
    assert finished.returncode != 0 and "custom C++ ops" in finished.stderr


def test_operators_are_declared_for_a_pair_that_does_not_fit():
    code = f"{MISFIT}\ntry:\n    import torchvision\nfinally:\n    print(declared)"
    assert run(code).stdout.strip() == "[True]"


def test_the_cure_waits_for_torchvision_and_happens_once():
    code = f"""{MISFIT}
import json, torch
assert declared == []
count = sum(isinstance(f, pair._BeforeTorchvision) for f in __import__("sys").meta_path)
pair.cure_on_first_import()
again = sum(isinstance(f, pair._BeforeTorchvision) for f in __import__("sys").meta_path)
print(count, again)
"""
    assert run(code).stdout.split() == ["1", "1"]
