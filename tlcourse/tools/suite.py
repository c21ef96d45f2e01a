"""All tests: units, notebooks, browser; the verb ``test``."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import psutil

from tlcourse.paths import PROJECT, data_folder

PYTEST = (sys.executable, "-m", "pytest")
IN_PARALLEL = ("-n", "2", "--durations", "5")
SHARED = ("--dist", "worksteal", *IN_PARALLEL)

NBVAL = (
    *("-p", "solutions", "--nbval-lax", "--nbval-current-env", "--nbval-cell-timeout", "300"),
    *(*IN_PARALLEL, "--dist", "loadscope", "--no-loadscope-reorder"),
)


def test(arguments):
    """All tests, or, with arguments, pytest with these arguments."""
    started = time.perf_counter()
    status = run_pytest(arguments) if arguments else max(test_everything())
    print(f"All of it took {time.perf_counter() - started:.0f} s.", flush=True)
    return status


def test_everything():
    """Exit statuses of the tests that drive a browser, the unit tests, and the notebooks.

    The browser waits more than it works, and it times what answers: the other tests run beside it,
    in the time that it leaves.
    """
    one_thread = {"OMP_NUM_THREADS": "1", **os.environ}
    browser = sorted(map(str, Path("tests").glob("test_browser*.py")))
    units = ["tests", "-m", "not browser", *SHARED]
    with tempfile.TemporaryFile("w+", encoding="utf-8") as printed:
        command = [*PYTEST, *browser, "-rP", *SHARED]
        beside = subprocess.Popen(command, stdout=printed, stderr=subprocess.STDOUT)
        priority = psutil.BELOW_NORMAL_PRIORITY_CLASS if os.name == "nt" else 19
        psutil.Process().nice(priority)  # of this process and of all that it starts from now on
        yield run_pytest(units, one_thread)
        yield test_notebooks(one_thread)
        print("The tests in a browser:", flush=True)
        status = beside.wait()
        printed.seek(0)
        shutil.copyfileobj(printed, sys.stdout)
        yield status


def test_notebooks(environment):
    """Run every notebook by nbval; those that fail are kept, executed, under ``build/``."""
    if not any(Path("notebooks").glob("*.ipynb")):
        return 0
    build = Path("build")
    build.mkdir(exist_ok=True)
    report = build / "notebooks.xml"
    xml = ["--junitxml", str(report), "-o", "junit_family=xunit1"]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as cache:
        own = {"TLCOURSE_CACHE": os.path.join(cache, "new"), "TLCOURSE_DATA": str(data_folder())}
        environment = {**environment, **own}
        environment["PYTHONPATH"] = os.pathsep.join(
            filter(None, (str(PROJECT / "tests"), os.environ.get("PYTHONPATH")))
        )
        status = run_pytest([*NBVAL, *xml, "notebooks"], environment)
        if status:
            for notebook in failed_notebooks(report):
                keep_executed(notebook, build, environment)
    return status


def run_pytest(arguments, environment=None):
    return subprocess.call([*PYTEST, *arguments], env=environment)


def failed_notebooks(report):
    """The notebooks with a failing cell in a JUnit report, in order, each once."""
    if not report.exists():
        return []
    cases = ElementTree.parse(report).iter("testcase")
    bad = [case for case in cases if {"failure", "error"} & {child.tag for child in case}]
    files = [case.get("file") or "" for case in bad]
    return list(dict.fromkeys(file for file in files if file.endswith(".ipynb")))


def keep_executed(notebook, folder, environment=None):
    """Execute ``notebook`` to its end, errors and all, into ``folder``."""
    print(f"Keeping {notebook} as executed in {folder}.", flush=True)
    command = [sys.executable, "-m", "nbconvert", "--to", "notebook", "--execute"]
    options = ["--allow-errors", "--log-level", "WARN", "--output-dir", str(folder)]
    subprocess.call([*command, *options, notebook], env=environment)
