"""start.py's install: what it decides, and the real pip with package indexes on this machine."""

import os
import re
import shutil
import socket
import time
import venv
from importlib import metadata
from types import SimpleNamespace

import pytest
from package_index import package_index, wheel
from test_start import copy_project, load_start

from tlcourse import paths

TORCH, TORCHVISION = "2.13.0", "0.28.0"
PINS = f"torch=={TORCH}\ntorchvision=={TORCHVISION}\n"


def pair(suffix, torch=TORCH, torchvision=TORCHVISION):
    return [f"torch=={torch}{suffix}", f"torchvision=={torchvision}{suffix}"]


CPU, FOR_GPUS, CUDA = pair("+cpu"), pair(""), pair("+cu130")
OLDER = pair("+cpu", "2.12.1", "0.27.1")
CPU_WHEELS = [wheel(*build.split("==")) for build in CPU]
GPU_WHEELS = [wheel("torch", TORCH, needs=["nvidia-cublas"]), wheel("nvidia_cublas", "13")]
GPU_WHEELS += [wheel("torchvision", TORCHVISION)]
DRIVER = "this machine has an NVIDIA driver"


@pytest.fixture
def project(tmp_path):
    """A copy of the project that needs torch and torchvision."""
    return copy_project(tmp_path / "a project", f"-e .\n{PINS}")


def with_room(monkeypatch, gigabytes):
    free = SimpleNamespace(free=gigabytes * 1e9)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: free)


def versions(packages):
    """What of the pair is in an environment."""
    found = [re.fullmatch(r"(torch\w*)-(.+)\.dist-info", path.name) for path in packages.iterdir()]
    return sorted(f"{each[1]}=={each[2]}" for each in found if each)


class TestWhichBuilds:
    """What is decided, with a pip that makes and removes the folders that are looked at."""

    @pytest.fixture
    def start(self, project, monkeypatch):
        start, packages = load_start(project, monkeypatch), project / "packages"
        packages.mkdir()

        def pip(verb, *words):
            for name in ("torch", "torchvision"):
                builds = [word for word in words if word.startswith(f"{name}==")]
                for folder in packages.glob(f"{name}-*") if builds or verb == "uninstall" else ():
                    folder.rmdir()
                for build in builds:
                    (packages / f"{build.replace('==', '-')}.dist-info").mkdir()

        def bring(there, offered, why_not=""):
            pip("uninstall")
            pip("install", *there)
            start.play(why_not_for_the_cpu=lambda: why_not, cpu_index_has=offered.__contains__)
            start.bring_torch(packages)
            return versions(packages)

        start.bring = bring
        start.play(LINUX=True, pip=pip)
        with_room(monkeypatch, 1000)
        return start

    @pytest.mark.parametrize(
        ("there", "offered", "why_not", "wanted", "said"),
        [
            ([], CPU, "", CPU, "0.5 GB to download and 2 GB on disk"),
            ([], CPU[:1], "", [], "3 GB to download and 5.6 GB on disk"),
            ([], CPU[1:], "", [], "5.6 GB on disk"),
            ([], CPU, DRIVER, [], DRIVER),
            # one of the pair is completed by its like, whatever this machine has
            (CPU[:1], CPU, DRIVER, CPU, "built for the CPU"),
            (CPU[1:], CPU, DRIVER, CPU, "built for the CPU"),
            ([CPU[0], OLDER[1]], CPU, "", CPU, "built for the CPU"),
            (CPU[:1], [], "", [], "5.6 GB on disk"),  # or taken away
            (OLDER, CPU, "", CPU, "built for the CPU"),
            # what was installed beforehand is kept, and nothing said
            (CPU, CPU, "", CPU, None),
            (FOR_GPUS, CPU, "", FOR_GPUS, None),
            (FOR_GPUS[:1], CPU, "", FOR_GPUS[:1], None),
            (CUDA, CPU, "", CUDA, None),
        ],
    )
    def test_two_kinds_are_never_mixed(self, start, there, offered, why_not, wanted, said, capsys):
        assert start.bring(there, offered, why_not) == wanted
        printed = capsys.readouterr().out
        assert said in printed if said else printed == ""

    def test_other_systems_are_served_by_the_package_index(self, start, capsys):
        start.play(LINUX=False)
        assert start.bring([], CPU) == [] and capsys.readouterr().out == ""

    def test_room_for_the_cpu_is_not_room_for_gpus(self, start, monkeypatch):
        with_room(monkeypatch, 5)
        assert start.bring([], CPU) == CPU
        with pytest.raises(start.CannotStart, match="about 12 GB .* 5.0 GB free"):
            start.bring(CPU[:1], [])

    def test_a_disk_that_fills_up_stops_the_set_up(self, start):
        def full(*arguments):
            raise start.CannotStart(start.disk_is_full())

        start.play(pip=full)
        with pytest.raises(start.CannotStart, match="disk is full"):
            start.bring([], CPU)


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """An environment with pip and setuptools and nothing else."""
    folder = tmp_path_factory.mktemp("environment") / ".venv"
    venv.EnvBuilder(with_pip=True, symlinks=os.name != "nt").create(folder)
    there, setuptools = next(folder.rglob("site-packages")), metadata.distribution("setuptools")
    for older in there.glob("setuptools*"):  # venv brought one up to Python 3.11
        shutil.rmtree(older)
    for part in ("setuptools", "_distutils_hack", f"setuptools-{setuptools.version}.dist-info"):
        shutil.copytree(setuptools.locate_file(part), there / part, dirs_exist_ok=True)
    return folder


@pytest.fixture
def start(project, environment, monkeypatch):
    """start.py on a Linux with room, with a pip that has no settings and reaches no index."""
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    settings = {"CONFIG_FILE": os.devnull, "NO_CACHE_DIR": "1", "DISABLE_PIP_VERSION_CHECK": "1"}
    for name, value in {**settings, "INDEX_URL": refused(), "RETRIES": "0"}.items():
        monkeypatch.setenv(f"PIP_{name}", value)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    start = load_start(project, monkeypatch)
    start.play(ENVIRONMENT=environment, LINUX=True, why_not_for_the_cpu=lambda: "")
    start.play(hand_over=lambda command: 0)
    start.play(ANSWER_SECONDS=30, PROBE_SECONDS=60)  # other tests keep this machine busy
    with_room(monkeypatch, 1000)
    start.packages = start.packages_folder()
    places = (environment, start.packages)
    before = {path for place in places for path in place.iterdir()}
    yield start
    for path in {path for place in places for path in place.iterdir()} - before:
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def refused():
    """The address of an index where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"http://127.0.0.1:{server.getsockname()[1]}"


def set_up(start, monkeypatch, cpu, *wheels):
    """Start with this index of builds for the CPU, and a package index with these wheels."""
    start.play(CPU_INDEX=cpu.address)
    with package_index(*wheels) as index:
        monkeypatch.setenv("PIP_INDEX_URL", index.address)
        assert start.main(["check"]) == 0
    return index


class TestSetUp:
    def test_builds_for_the_cpu_once(self, start, monkeypatch, capfd):
        with package_index(*CPU_WHEELS) as cpu:
            index = set_up(start, monkeypatch, cpu, *GPU_WHEELS)
        assert versions(start.packages) == CPU and "built for the CPU" in capfd.readouterr().out
        assert not [name for name in index.asked if "torch" in name or "nvidia" in name]
        monkeypatch.setenv("PIP_INDEX_URL", refused())
        with (start.PROJECT / "pyproject.toml").open("a", encoding="utf-8") as file:
            file.write("# changed\n")
        assert start.main(["check"]) == 0  # what is there needs no index

    def test_an_index_that_answers_and_then_breaks(self, start, monkeypatch, capfd):
        with package_index(*CPU_WHEELS) as cpu:
            cpu.breaks = True
            index = set_up(start, monkeypatch, cpu, *GPU_WHEELS)
        assert versions(start.packages) == FOR_GPUS and "nvidia-cublas" in index.asked
        said = capfd.readouterr().out
        assert "did not come: " in said and "5.6 GB on disk" in said

    def test_no_network(self, start, monkeypatch, capfd):
        monkeypatch.setenv("PIP_RETRIES", "1")  # what it says of them is read
        start.play(CPU_INDEX=refused())
        assert start.main(["check"]) == 1
        (sentence,) = capfd.readouterr().err.strip().splitlines()
        assert "index cannot be reached" in sentence and sentence.endswith("is kept.")

    def test_settings_that_lead_elsewhere(self, start, monkeypatch, tmp_path):
        """In variables and, as Linux keeps it, in a configuration; so do packages elsewhere."""
        elsewhere = tmp_path / "elsewhere"
        lines = [f"{name} = {elsewhere}" for name in ("target", "prefix", "root")]
        lines = "\n".join(["user = true", *lines])
        (tmp_path / "pip").mkdir()
        (tmp_path / "pip" / "pip.conf").write_text(f"[global]\n{lines}\n[install]\n{lines}\n")
        monkeypatch.delenv("PIP_CONFIG_FILE")
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
        for name in ("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_PYTHON", "PYTHONHOME"):
            monkeypatch.setenv(name, str(elsewhere))
        for name in ("PIP_USER", "PIP_REQUIRE_VIRTUALENV"):
            monkeypatch.setenv(name, "1")
        there = tmp_path / "theirs" / f"torch-{TORCH}+cpu.dist-info"
        there.mkdir(parents=True)
        about = f"Metadata-Version: 2.1\nName: torch\nVersion: {TORCH}+cpu\n"
        (there / "METADATA").write_text(about, encoding="utf-8")
        monkeypatch.setenv("PYTHONPATH", str(there.parent))
        with package_index(*CPU_WHEELS) as cpu:
            set_up(start, monkeypatch, cpu)
        assert versions(start.packages) == CPU and not elsewhere.exists()
        assert list(start.packages.glob("tlcourse-*.dist-info"))


class TestTheIndexOfBuildsForTheCPU:
    def test_what_it_has_for_this_python(self, start):
        wheels = [*CPU_WHEELS, *(wheel(*build.split("==")) for build in OLDER)]
        wheels += [wheel("for-gpus", "1"), wheel("another-python", "1+cpu", tag="cp39-cp39-any")]
        with package_index(*wheels) as cpu:
            start.play(CPU_INDEX=cpu.address)
            assert start.cpu_index_has(CPU[0])
            for build in ("torch==2.14.0+cpu", "for-gpus==1+cpu", "another-python==1+cpu"):
                assert not start.cpu_index_has(build)
        assert {"torch", "for-gpus", "another-python"} == set(cpu.asked)

    def test_one_that_is_silent_or_a_name_server_that_stalls(self, start):
        start.play(ANSWER_SECONDS=1)
        with package_index(*CPU_WHEELS) as cpu:
            cpu.answers = False
            start.play(CPU_INDEX=cpu.address)
            began = time.perf_counter()
            assert not start.cpu_index_has(CPU[0])
            assert cpu.asked == ["torch"] and time.perf_counter() - began < 30
            cpu.answers = True
            start.play(PROBE_SECONDS=0.1)
            assert not start.cpu_index_has(CPU[0])


class TestWhyNot:
    @pytest.fixture
    def why_not(self, start, monkeypatch):
        """On a machine without a driver, whatever this one has."""
        start.play(NVIDIA_DRIVER=())
        monkeypatch.setattr(shutil, "which", lambda program: None)
        monkeypatch.delenv("PIP_INDEX_URL")
        return start.why_not_for_the_cpu

    def test_a_driver(self, why_not, start, tmp_path, monkeypatch):
        start.play(NVIDIA_DRIVER=(str(tmp_path / "version"), str(tmp_path)))
        assert why_not() == DRIVER
        start.play(NVIDIA_DRIVER=())
        monkeypatch.setattr(shutil, "which", {"nvidia-smi": "nvidia-smi"}.get)
        assert why_not() == DRIVER

    def test_an_index_of_the_user_s_own(self, why_not, tmp_path, monkeypatch):
        monkeypatch.setenv("PIP_EXTRA_INDEX_URL", refused())
        assert why_not() == ""  # one beside the usual one
        (tmp_path / "pip.conf").write_text(f"[install]\nindex-url = {refused()}\n", "utf-8")
        for name, value in (("CONFIG_FILE", tmp_path / "pip.conf"), ("INDEX_URL", refused())):
            with monkeypatch.context() as patch:
                patch.setenv(f"PIP_{name}", str(value))
                assert "an index of your own" in why_not()


def test_the_readme_takes_the_pinned_pair_from_one_index():
    requirements = (paths.PROJECT / "requirements.txt").read_text(encoding="utf-8")
    pins = re.findall("^torch(?:vision)?==.*", requirements, re.M)
    readme = " ".join((paths.PROJECT / "README.md").read_text(encoding="utf-8").split())
    assert f"pip install {' '.join(pins)} --index-url https://download.pytorch" in readme
