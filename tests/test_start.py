"""start.py: what it says when it cannot start, what it installs and when, and the server itself."""

import ast
import errno
import json
import os
import re
import runpy
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import SimpleNamespace

import pytest

from tlcourse import cli, paths
from tlcourse.tools import jupyter, suite

START = paths.PROJECT / "start.py"
UNREACHABLE = {
    "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
    "PIP_RETRIES": "1",
    "PIP_CONFIG_FILE": os.devnull,
    "PIP_NO_CACHE_DIR": "1",
}
PIP_SETTINGS = ("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_NO_INDEX", "PIP_CONSTRAINT")


def run(command, **environment):
    kept = {name: value for name, value in os.environ.items() if name not in PIP_SETTINGS}
    return subprocess.run(
        [str(word) for word in command],
        env={**kept, "PYTHONUTF8": "1", **environment},
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )


def run_changed(change, start=START):
    """Run start.py after the statement ``change``, in a Python without the site packages."""
    code = f"import runpy, sys; {change}; sys.argv = ['start.py']; "
    return run([sys.executable, "-c", f"{code}runpy.run_path({str(start)!r}, run_name='__main__')"])


def assert_one_sentence(finished, *words):
    assert finished.returncode != 0
    (sentence,) = finished.stderr.strip().splitlines()
    assert sentence.startswith("start.py: ") and sentence.endswith(".")
    for word in words:
        assert word in sentence


@pytest.fixture
def project(tmp_path):
    """A copy of the project that needs one small package and has no environment yet."""
    folder = tmp_path / "a project"
    (folder / "tlcourse").mkdir(parents=True)
    for name in ("start.py", "pyproject.toml", "tlcourse/__init__.py", "tlcourse/cli.py"):
        shutil.copy(paths.PROJECT / name, folder / name)
    shutil.copy(paths.PROJECT / "tlcourse/_torchvision_pair.py", folder / "tlcourse")
    (folder / "requirements.txt").write_text("six==1.17.0\n", encoding="utf-8")
    return folder


@pytest.fixture
def start(project, monkeypatch):
    """start.py of that copy as a module of its own, with pip and the environment played."""
    module = SimpleNamespace(**runpy.run_path(str(project / "start.py")))
    names = module.main.__globals__
    packages = project / ".venv" / "packages"
    module.calls = []

    def make_environment():
        module.calls.append("environment")
        packages.mkdir(parents=True)

    def pip(*arguments):
        module.calls.append(arguments[1])

    played = {
        "make_environment": make_environment,
        "pip": pip,
        "packages_folder": lambda: packages if packages.exists() else None,
        "runs": lambda *arguments: "pip",
    }
    for name, value in played.items():
        monkeypatch.setitem(names, name, value)
    module.packages, module.names = packages, names
    return module


INSTALL = ["-r", "--quiet"]


class TestRefusals:
    def test_python_3_6_can_parse_it(self):
        ast.parse(START.read_text(encoding="utf-8"), feature_version=(3, 6))

    @pytest.mark.parametrize("version", ["(3, 10, 13)", "(3, 6, 0)"])
    def test_old_python(self, version):
        finished = run_changed(f"sys.version_info = {version}")
        assert_one_sentence(finished, "3.11 or newer", "python.org")

    def test_unknown_verb_before_any_install(self, project):
        finished = run([sys.executable, project / "start.py", "slide"])
        assert_one_sentence(finished, "'slide'", "lab, test, check, fetch, bench")
        assert not (project / ".venv").exists()

    def test_help_before_any_install(self, project):
        finished = run([sys.executable, project / "start.py", "--help"])
        assert finished.returncode == 0 and finished.stdout.startswith("usage: start.py")
        assert not (project / ".venv").exists()

    def test_a_folder_that_cannot_be_written(self, start):
        problem = PermissionError(errno.EACCES, "Permission denied", ".venv")
        said = start.names["why_no_environment"](problem)
        assert "cannot be written: put the course into a folder of yours" in said

    def test_no_disk(self, project):
        change = "import shutil; shutil.disk_usage = lambda path: type('', (), {'free': 2e9})"
        finished = run_changed(change, project / "start.py")
        assert_one_sentence(finished, "2.0 GB free", "make room")
        assert not (project / ".venv").exists()

    def test_no_venv_module(self, project):
        finished = run_changed("sys.modules['ensurepip'] = None", project / "start.py")
        assert_one_sentence(finished, "-venv", "apt install")

    def test_no_network(self, project):
        finished = run([sys.executable, project / "start.py", "check"], **UNREACHABLE)
        assert_one_sentence(finished, "index cannot be reached", "start again")

    def test_environment_cannot_be_written(self, project):
        (project / ".venv").write_text("in the way", encoding="utf-8")
        finished = run([sys.executable, project / "start.py"])
        assert_one_sentence(finished, ".venv could not be made", "remove it")

    @pytest.mark.parametrize(
        ("complaint", "words"),
        [
            (
                "ERROR: Could not install packages: [Errno 28] No space left on device",
                "disk is full",
            ),
            ("WARNING: Retrying: NewConnectionError\nERROR: No matching", "cannot be reached"),
            ("WARNING: a\nERROR: No matching distribution found for six==9", "no six==9 for"),
            ("WARNING: a\nERROR: Cannot set up.", "pip failed (Cannot set up)"),
            ("", "no reason given"),
        ],
    )
    def test_what_pip_says_becomes_a_sentence(self, start, complaint, words):
        sentence = start.why_pip_failed(complaint, "pip-errors.txt")
        assert words in sentence and sentence.endswith(".") and "\n" not in sentence


class TestInstall:
    def test_installs_once(self, start):
        start.set_up()
        assert start.calls == ["environment", *INSTALL]
        start.set_up()
        assert start.calls == ["environment", *INSTALL]

    def test_installs_again_when_the_requirements_change(self, start):
        start.set_up()
        start.REQUIREMENTS.write_text("six==1.16.0\n", encoding="utf-8")
        start.set_up()
        assert start.calls == ["environment", *INSTALL, *INSTALL]

    def test_interrupted_install_goes_on(self, start, monkeypatch):
        def interrupted(*arguments):
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setitem(start.names, "pip", interrupted)
            assert start.main(["check"]) == 130
        start.calls.clear()
        start.set_up()
        assert start.calls == INSTALL

    def test_failed_install_is_not_taken_for_done(self, start, monkeypatch):
        def failing(*arguments):
            raise start.CannotStart("the disk is full.")

        with monkeypatch.context() as patch:
            patch.setitem(start.names, "pip", failing)
            assert start.main(["check"]) == 1
        assert not start.read_stamp(start.packages)

    def test_environment_without_pip_is_made_again(self, start, monkeypatch):
        start.packages.mkdir(parents=True)
        monkeypatch.setitem(start.names, "runs", lambda *arguments: "")
        monkeypatch.setitem(
            start.names, "make_environment", lambda: start.calls.append("environment")
        )
        start.set_up()
        assert start.calls == ["environment", *INSTALL]

    def test_half_installed_package_is_forgotten(self, start):
        whole, half = (start.packages / f"{name}-1.dist-info" for name in ("whole", "half"))
        for folder in (whole, half):
            folder.mkdir(parents=True)
            (folder / "METADATA").touch()
        (whole / "RECORD").touch()
        start.set_up()
        assert whole.exists() and not half.exists()

    def test_broken_environment_is_noticed(self, project):
        names = runpy.run_path(str(project / "start.py"))
        assert names["packages_folder"]() is None
        python = names["environment_python"]()
        python.parent.mkdir(parents=True)
        python.touch()
        assert names["packages_folder"]() is None

    @pytest.mark.skipif(os.name == "nt", reason="a script stands in for the environment's Python")
    def test_folder_of_another_alphabet(self, project):
        """A Python that prints in a code page, as on Windows, unless it is told otherwise."""
        names = runpy.run_path(str(project / "start.py"))
        python = names["environment_python"]()
        python.parent.mkdir(parents=True)
        python.write_text(
            f"#!{sys.executable}\nimport sys\n"
            "encoding = 'utf-8' if 'utf8' in sys.argv else 'cp1252'\n"
            "sys.stdout.reconfigure(encoding=encoding)\nprint('/home/Łukasz/数据')\n",
            encoding="utf-8",
        )
        python.chmod(0o755)
        assert names["packages_folder"]() == Path("/home/Łukasz/数据")

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


class TestPins:
    def test_every_line_is_pinned(self):
        lines = paths.PROJECT.joinpath("requirements.txt").read_text(encoding="utf-8").splitlines()
        pins = [line for line in lines if line and not line.startswith("#")]
        assert pins.pop(0) == "-e ."  # the course itself
        loose = [pin for pin in pins if not re.fullmatch(r"[a-z0-9.-]+==[\w.]+( ; .+)?", pin)]
        assert len(pins) > 50 and not loose

    def test_the_set_that_shows_widgets_on_slides(self):
        text = paths.PROJECT.joinpath("requirements.txt").read_text(encoding="utf-8")
        for pin in ("jupyterlab==4.6.6", "ipywidgets==8.1.2", "jupyterlab-widgets==3.0.10"):
            assert f"\n{pin}\n" in text


class TestVerbs:
    @pytest.mark.parametrize(
        ("arguments", "verb", "rest"),
        [
            ([], "lab", []),
            (["--port", "80"], "lab", ["--port", "80"]),
            (["test", "-k", "a"], "test", ["-k", "a"]),
            (["--help"], "help", []),
        ],
    )
    def test_split(self, arguments, verb, rest):
        assert cli.split_verb(arguments) == (verb, rest)

    @pytest.mark.parametrize("port", ["0", "65536", "-1", "http", ""])
    def test_no_port(self, port):
        with pytest.raises(jupyter.BadPort, match="1 to 65535"):
            jupyter.port_asked_for(["--no-browser", "--port", port])

    def test_arguments_of_test_reach_pytest(self):
        finished = run([sys.executable, "-m", "tlcourse", "test", "--version"])
        assert finished.returncode == 0 and "pytest" in finished.stdout + finished.stderr

    def test_failing_notebooks_are_found_in_the_report(self, tmp_path):
        report = tmp_path / "report.xml"
        cell = '<testcase file="notebooks/{}.ipynb" name="cell">{}</testcase>'
        cells = [("00", ""), ("06", "<failure/>"), ("06", "<error/>"), ("07", "<skipped/>")]
        body = "".join(cell.format(*names) for names in cells)
        report.write_text(f"<testsuites><testsuite>{body}</testsuite></testsuites>")
        assert suite.failed_notebooks(report) == ["notebooks/06.ipynb"]

    def test_failing_notebook_is_kept_as_executed(self, tmp_path):
        import nbformat

        cells = [nbformat.v4.new_code_cell(source) for source in ("1 / 0", "print(6 * 7)")]
        nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "bad.ipynb")
        suite.keep_executed(str(tmp_path / "bad.ipynb"), tmp_path / "kept")
        kept = nbformat.read(tmp_path / "kept" / "bad.ipynb", as_version=4)
        assert kept.cells[0].outputs[0].ename == "ZeroDivisionError"
        assert kept.cells[1].outputs[0].text == "42\n"


class TestLab:
    def test_port_in_use(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
            finished = run([sys.executable, "-m", "tlcourse", "lab", "--port", port])
        assert finished.returncode != 0 and not finished.stdout
        (sentence,) = finished.stderr.strip().splitlines()
        assert f"port {port} is in use" in sentence

    @pytest.mark.parametrize("verb", [["lab"], ["slides", "06"]])
    def test_a_home_that_cannot_be_written_is_a_sentence(self, verb, monkeypatch, tmp_path, capsys):
        from tlcourse.tools.slides.server import SlidesApp

        (tmp_path / "taken").touch()
        monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "taken" / "runtime"))
        monkeypatch.setattr(jupyter, "run_jupyterlab", lambda arguments: pytest.fail("started"))
        monkeypatch.setattr(SlidesApp, "launch_instance", lambda argv: pytest.fail("started"))
        monkeypatch.chdir(paths.PROJECT)
        assert cli.main(verb) == 2
        (sentence,) = capsys.readouterr().err.strip().splitlines()
        assert f"keeps files in {tmp_path / 'taken' / 'runtime'}, which cannot be" in sentence
        assert sentence.endswith("make room there, or set HOME to a folder that can be written.")

    def test_server_is_local_and_wants_a_token(self, tmp_path):
        port = free_port()
        command = [sys.executable, "-m", "tlcourse", "lab", "--no-browser", f"--port={port}"]
        environment = {**os.environ, "JUPYTER_RUNTIME_DIR": str(tmp_path)}
        with subprocess.Popen(
            command, cwd=paths.PROJECT, env=environment, stdout=-3, stderr=-3
        ) as server:
            try:
                about = wait_for_server(tmp_path, server)
                assert (about["hostname"], about["port"]) == ("127.0.0.1", port)
                assert status_of(f"http://127.0.0.1:{port}/api/contents") == 403
                token = f"?token={about['token']}"
                assert status_of(f"http://127.0.0.1:{port}/api/contents{token}") == 200
            finally:
                server.terminate()


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def wait_for_server(runtime_folder, server, seconds=60):
    """What a server writes about itself once it listens."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and server.poll() is None:
        for file in runtime_folder.glob("jpserver-*.json"):
            about = json.loads(file.read_text(encoding="utf-8") or "{}")
            if about and status_of(about["url"] + "api") == 200:
                return about
        time.sleep(0.1)
    pytest.fail(f"JupyterLab was not up within {seconds} s.")


def status_of(address):
    try:
        with urllib.request.urlopen(address, timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as problem:
        return problem.code
    except urllib.error.URLError:
        return None


def test_lab_opens_the_first_notebook_with_the_project_as_its_root(monkeypatch):
    asked = []
    monkeypatch.setattr(jupyter, "run_jupyterlab", asked.extend)
    assert cli.main(["lab", "--no-browser"]) == 0
    assert f"--ServerApp.root_dir={cli.PROJECT}" in asked
    (page,) = [word.split("=", 1)[1] for word in asked if word.startswith("--LabApp.default_url")]
    assert (cli.PROJECT / page.removeprefix("/lab/tree/")).is_file()
    assert "--ip=127.0.0.1" in asked and asked[-1] == "--no-browser"
    (folder,) = [w.split("=", 1)[1] for w in asked if w.startswith("--LabApp.app_settings_dir")]
    settings = json.loads((Path(folder) / "overrides.json").read_text(encoding="utf-8"))
    assert settings["@jupyterlab/apputils-extension:notification"]["fetchNews"] == "false"
    (folder,) = [w.split("=", 1)[1] for w in asked if "extra_labextensions_path" in w]
    assert (Path(folder) / "tlcourse-widgets" / "package.json").is_file()
