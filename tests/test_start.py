"""start.py: what it says when it cannot start, what it installs and when, and the server itself."""

import ast
import errno
import json
import os
import runpy
import shutil
import socket
import subprocess
import sys
import tomllib
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from packaging.requirements import Requirement

from tlcourse import cli, paths
from tlcourse.tools import jupyter, suite, warm_up
from tlcourse.tools.slides import verb as slides
from tlcourse.widgets.prediction import Prediction

START = paths.PROJECT / "start.py"


def copy_project(folder, requirements):
    """The project with other requirements, without data and with no environment yet."""
    shutil.copytree(paths.PROJECT / "tlcourse", folder / "tlcourse")
    for name in ("start.py", "pyproject.toml", "README.md"):
        shutil.copy(paths.PROJECT / name, folder / name)
    (folder / "requirements.txt").write_text(requirements, encoding="utf-8")
    return folder


def load_start(folder, monkeypatch):
    """start.py of a project as a module of its own; ``play`` puts others for some of its names."""
    module = SimpleNamespace(**runpy.run_path(str(folder / "start.py")))
    names = module.main.__globals__
    monkeypatch.setattr(sys, "path", [*sys.path])  # ``main`` puts its project there

    def play(**values):
        for name, value in values.items():
            monkeypatch.setitem(names, name, value)

    module.play = play
    return module


@pytest.fixture
def project(tmp_path):
    return copy_project(tmp_path / "a project", "six==1.17.0\n")


@pytest.fixture
def start(project, monkeypatch):
    """start.py of that project, with pip and the environment played."""
    module = load_start(project, monkeypatch)
    packages = project / ".venv" / "packages"
    module.calls, module.packages = [], packages

    def make_environment():
        module.calls.append("environment")
        packages.mkdir(parents=True, exist_ok=True)

    module.play(
        make_environment=make_environment,
        pip=lambda *arguments: module.calls.append(arguments[1]),
        packages_folder=lambda: packages if packages.exists() else None,
        runs=lambda *arguments: "pip",
    )
    return module


def run_changed(change, start, *arguments):
    """Run start.py after the statement ``change``."""
    code = f"import runpy, sys; {change}; sys.argv = ['start.py', *{arguments!r}]; "
    code += f"runpy.run_path({str(start)!r}, run_name='__main__')"
    environment = {**os.environ, "PYTHONUTF8": "1"}
    command = [sys.executable, "-c", code]
    return subprocess.run(command, env=environment, capture_output=True, encoding="utf-8")


def assert_one_sentence(finished, *words):
    assert finished.returncode != 0
    (sentence,) = finished.stderr.strip().splitlines()
    assert sentence.startswith("start.py: ") and sentence.endswith(".")
    assert all(word in sentence for word in words)


class TestRefusals:
    def test_python_3_6_can_parse_it(self):
        ast.parse(START.read_text(encoding="utf-8"), feature_version=(3, 6))

    @pytest.mark.parametrize(
        ("change", "verb", "words"),
        [
            ("sys.version_info = (3, 10, 13)", "lab", ("3.11 or newer", "python.org")),
            ("pass", "slide", ("'slide'", "lab, test, check, fetch, bench")),
            ("sys.modules['ensurepip'] = None", "lab", ("-venv", "apt install")),
            (
                "import shutil; shutil.disk_usage = lambda path: type('', (), {'free': 2e9})",
                "lab",
                ("2.0 GB free", "make room"),
            ),
        ],
    )
    def test_what_is_missing_is_said_before_any_install(self, project, change, verb, words):
        assert_one_sentence(run_changed(change, project / "start.py", verb), *words)
        assert not (project / ".venv").exists()

    def test_help_before_any_install(self, project):
        finished = run_changed("pass", project / "start.py", "--help")
        assert finished.returncode == 0 and finished.stdout.startswith("usage: start.py")
        assert not (project / ".venv").exists()

    def test_environment_cannot_be_written(self, start, project):
        said = start.why_no_environment(PermissionError(errno.EACCES, "Permission denied", ".venv"))
        assert "cannot be written: put the course into a folder of yours" in said
        (project / ".venv").write_text("in the way", encoding="utf-8")
        finished = run_changed("pass", project / "start.py")
        assert_one_sentence(finished, ".venv could not be made", "remove it")

    @pytest.mark.parametrize(
        ("complaint", "words"),
        [
            ("ERROR: Could not: [Errno 28] No space left on device", "disk is full"),
            ("WARNING: Retrying: NewConnectionError\nERROR: No matching", "cannot be reached"),
            ("WARNING: a\nERROR: No matching distribution found for six==9", "no six==9 for"),
            ("WARNING: a\nERROR: Cannot set up.", "pip failed (Cannot set up)"),
            ("", "no reason given"),
        ],
    )
    def test_what_pip_says_becomes_a_sentence(self, start, complaint, words):
        sentence = start.why_pip_failed(complaint, "pip-errors.txt")
        assert words in sentence and sentence.endswith(".") and "\n" not in sentence


INSTALL = ["-r", "--quiet"]  # of the requirements, then of the course itself


class TestInstall:
    def test_once_and_again_when_the_requirements_change(self, start):
        start.set_up()
        start.set_up()
        assert start.calls == ["environment", *INSTALL]
        start.REQUIREMENTS.write_text("six==1.16.0\n", encoding="utf-8")
        start.set_up()
        assert start.calls == ["environment", *INSTALL, *INSTALL]

    @pytest.mark.parametrize(("cut_off", "status"), [(True, 130), (False, 1)])
    def test_an_install_that_ended_early_goes_on(self, start, cut_off, status):
        def failing(*arguments):
            raise KeyboardInterrupt if cut_off else start.CannotStart("the disk is full.")

        pip = start.main.__globals__["pip"]
        start.play(pip=failing)
        assert start.main(["check"]) == status
        assert not start.read_stamp(start.packages)
        start.play(pip=pip)
        start.calls.clear()
        start.set_up()
        assert start.calls == INSTALL

    def test_environment_without_pip_is_made_again_and_a_half_installed_package_goes(self, start):
        whole, half = (start.packages / f"{name}-1.dist-info" for name in ("whole", "half"))
        for folder in (whole, half):
            folder.mkdir(parents=True)
        (whole / "RECORD").touch()
        start.play(runs=lambda *arguments: "")
        start.set_up()
        assert start.calls == ["environment", *INSTALL]
        assert whole.exists() and not half.exists()

    @pytest.mark.skipif(os.name == "nt", reason="a script stands in for the environment's Python")
    def test_broken_environment_and_one_in_a_folder_of_another_alphabet(self, project, monkeypatch):
        """A Python that prints in a code page, as on Windows, unless it is told otherwise."""
        start = load_start(project, monkeypatch)
        python = start.environment_python()
        assert start.packages_folder() is None
        python.parent.mkdir(parents=True)
        python.touch()
        assert start.packages_folder() is None
        python.write_text(
            f"#!{sys.executable}\nimport sys\n"
            "encoding = 'utf-8' if 'utf8' in sys.argv else 'cp1252'\n"
            "sys.stdout.reconfigure(encoding=encoding)\nprint('/home/Łukasz/数据')\n",
            encoding="utf-8",
        )
        python.chmod(0o755)
        assert start.packages_folder() == Path("/home/Łukasz/数据")

    def test_letters_that_the_code_page_lacks(self, project):
        there = project.rename(project.with_name("数据"))
        finished = run_changed(
            "import shutil, types; sys.stdout.reconfigure(encoding='cp1252'); "
            "shutil.disk_usage = lambda path: types.SimpleNamespace(free=1e12); "
            "sys.modules['venv'] = None",
            there / "start.py",
        )
        assert_one_sentence(finished, "came without venv")
        assert "\\u6570\\u636e" in finished.stdout

    def test_every_requirement_is_pinned_and_every_dependency_required(self):
        lines = paths.PROJECT.joinpath("requirements.txt").read_text(encoding="utf-8").splitlines()
        pins = [line for line in lines if line and not line.startswith(("#", "-e "))]
        pinned = dict(pin.partition(" ; ")[0].split("==") for pin in pins)
        project = tomllib.loads(paths.PROJECT.joinpath("pyproject.toml").read_text("utf-8"))
        for dependency in map(Requirement, project["project"]["dependencies"]):
            assert dependency.specifier.contains(pinned[dependency.name])
        assert "setuptools" in pinned  # it builds the course, where no index is asked


class TestVerbs:
    def test_arguments_of_test_reach_pytest(self, monkeypatch):
        monkeypatch.chdir(paths.PROJECT)
        instead = "import sys; exit(int(sys.argv[1]))"
        monkeypatch.setattr(suite, "PYTEST", (sys.executable, "-c", instead))
        assert cli.main(["test", "7"]) == 7

    def test_failing_notebook_is_found_in_the_report_and_kept_as_executed(self, tmp_path):
        good, bad = (str(tmp_path / name) for name in ("good.ipynb", "bad.ipynb"))
        cell = '<testcase file="{}" name="cell">{}</testcase>'
        cells = [(good, ""), (bad, "<failure/>"), (bad, "<error/>"), (good, "<skipped/>")]
        body = "".join(cell.format(*names) for names in cells)
        report = tmp_path / "report.xml"
        report.write_text(f"<testsuites><testsuite>{body}</testsuite></testsuites>")
        assert suite.failed_notebooks(report) == [bad]
        cells = [nbformat.v4.new_code_cell(source) for source in ("1 / 0", "print(6 * 7)")]
        nbformat.write(nbformat.v4.new_notebook(cells=cells), bad)
        suite.keep_executed(bad, tmp_path / "kept")
        kept = nbformat.read(tmp_path / "kept" / "bad.ipynb", as_version=4)
        assert kept.cells[0].outputs[0].ename == "ZeroDivisionError"
        assert kept.cells[1].outputs[0].text == "42\n"


class TestWarmUp:
    @pytest.fixture
    def course(self, monkeypatch, tmp_path):
        """A course of three notebooks, of which two fail, and a cache of its own."""
        monkeypatch.chdir(paths.PROJECT)
        monkeypatch.setenv("TLCOURSE_CACHE", str(tmp_path / "cache"))
        sources = "open('left.txt', 'w').close()", "1 / 0", "import os; os.kill(os.getpid(), 9)"
        for name, source in zip(("00_good", "01_bad", "02_dead"), sources, strict=True):
            cells = [nbformat.v4.new_code_cell(source)]
            nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / f"{name}.ipynb")
        there = sorted(tmp_path.glob("*.ipynb"))
        for module in (slides, warm_up):
            monkeypatch.setattr(module, "all_notebooks", lambda: there)
        return tmp_path

    def test_plans_are_those_of_the_guide(self):
        plans = warm_up.plans()
        assert list(plans) == ["two-hours", "four-hours"]
        assert plans["two-hours"][0] == "00" and plans["two-hours"][-1] == "12"
        assert plans["four-hours"] == [notebook.stem[:2] for notebook in slides.all_notebooks()]

    def test_it_runs_notebooks_and_leaves_them_alone(self, course, capsys):
        before = [file.read_bytes() for file in sorted(course.glob("*.ipynb"))]
        assert cli.main(["warm-up"]) == 1 and cli.main(["warm-up", "00"]) == 0
        good, bad, dead, again = capsys.readouterr().out.splitlines()
        assert good.startswith("00_good ") and good.endswith(" s") and again.startswith("00_good ")
        assert bad.startswith("01_bad ") and "failed: ZeroDivisionError: division by zero" in bad
        assert dead.startswith("02_dead ") and dead.endswith("failed: kernel: died")
        assert [file.read_bytes() for file in sorted(course.glob("*.ipynb"))] == before
        assert not (course / "left.txt").exists() and not (paths.PROJECT / "left.txt").exists()

    def test_predictions_are_cleared_on_request_only(self, course, capsys):
        Prediction("reuse-all", "Which?", ["a", "b"]).committed = "b"
        assert cli.main(["warm-up", "00"]) == 0
        assert Prediction("reuse-all", "Which?", ["a", "b"]).committed == "b"
        assert cli.main(["warm-up", "--clear"]) == 0 and cli.main(["warm-up", "--clear"]) == 0
        cleared, none = capsys.readouterr().out.splitlines()[-2:]
        assert cleared == "Predictions cleared: reuse-all." and "there were none" in none
        assert Prediction("reuse-all", "Which?", ["a", "b"]).committed is None

    def test_what_is_no_plan_and_no_notebook_is_a_sentence(self, monkeypatch, capsys):
        monkeypatch.chdir(paths.PROJECT)
        assert cli.main(["warm-up", "three-hours"]) == 2
        assert "three-hours" in capsys.readouterr().err


class TestLab:
    @pytest.fixture(params=[["lab"], ["slides", "06"]], ids=["lab", "slides"])
    def refusal(self, request, monkeypatch, capsys):
        """Of such options, the one sentence with which the verb ends before a server starts."""
        from tlcourse.tools.slides.server import SlidesApp

        monkeypatch.setattr(jupyter, "run_jupyterlab", lambda arguments: pytest.fail("started"))
        monkeypatch.setattr(SlidesApp, "launch_instance", lambda argv: pytest.fail("started"))
        monkeypatch.chdir(paths.PROJECT)

        def refusal(*options):
            assert cli.main([*request.param, *options]) == 2
            (sentence,) = capsys.readouterr().err.strip().splitlines()
            return sentence

        return refusal

    def test_a_port_that_is_none_or_in_use(self, refusal):
        for port in ("0", "65536", "http", ""):
            assert "1 to 65535" in refusal("--no-browser", "--port", port)
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
            assert f"port {port} is in use" in refusal(f"--port={port}")

    def test_a_home_that_cannot_be_written(self, refusal, monkeypatch, tmp_path):
        (tmp_path / "taken").touch()
        monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "taken" / "runtime"))
        said = refusal()
        assert f"{tmp_path / 'taken' / 'runtime'}, which cannot be" in said and "set HOME" in said

    def test_it_opens_the_first_notebook_for_this_machine_alone(self, monkeypatch):
        asked = []
        monkeypatch.setattr(jupyter, "run_jupyterlab", asked.extend)
        monkeypatch.chdir(paths.PROJECT)
        assert cli.main(["--no-browser"]) == 0  # the verb that is meant where none is named
        assert asked[-1] == "--no-browser" and "--ip=127.0.0.1" in asked
        assert not any("token" in word for word in asked)  # Jupyter's own is wanted
        options = dict(word.split("=", 1) for word in asked if "=" in word)
        assert options["--ServerApp.root_dir"] == str(cli.PROJECT)
        page = options["--LabApp.default_url"]
        assert (cli.PROJECT / page.removeprefix("/lab/tree/")).is_file()
        settings = Path(options["--LabApp.app_settings_dir"], "overrides.json")
        settings = json.loads(settings.read_text(encoding="utf-8"))
        assert settings["@jupyterlab/apputils-extension:notification"]["fetchNews"] == "false"
