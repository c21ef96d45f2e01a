"""start.py's install: the real pip, in a real environment, from package indexes on this machine."""

import os
import re
import runpy
import shutil
import socket
import subprocess
import sys
import time
import venv
from importlib import metadata
from types import SimpleNamespace

import pytest
from package_index import package_index, wheel, wheel_of_installed

from tlcourse import paths

TORCH, TORCHVISION = "2.13.0", "0.28.0"
PINS = f"torch=={TORCH}\ntorchvision=={TORCHVISION}\n"
PAIR = [("torch", TORCH), ("torchvision", TORCHVISION)]
CPU_PAIR = [(name, f"{version}+cpu") for name, version in PAIR]
CPU_WHEELS = [wheel(*build) for build in CPU_PAIR]
OTHER_PYTHON = [wheel(*build, tag="cp39-cp39-any") for build in CPU_PAIR]
OLDER = [wheel("torch", "2.12.1+cpu"), wheel("torchvision", "0.27.1+cpu")]
FOR_GPUS = [wheel("torch", TORCH, needs=["nvidia-cublas"]), wheel("nvidia_cublas", "13")]
FOR_GPUS += [wheel("torchvision", TORCHVISION)]
PYTHON_IN_ENVIRONMENT = ".venv/Scripts/python.exe" if os.name == "nt" else ".venv/bin/python"
PARTS = ("start.py", "pyproject.toml", "tlcourse/__init__.py", "tlcourse/cli.py")


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """An environment with pip and nothing else, to be copied."""
    folder = tmp_path_factory.mktemp("environment") / ".venv"
    venv.EnvBuilder(with_pip=True, symlinks=os.name != "nt").create(folder)
    return folder


@pytest.fixture(autouse=True)
def only_these_indexes(monkeypatch):
    """pip without the settings of this machine: a test that names no index reaches none."""
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    settings = {"CONFIG_FILE": os.devnull, "NO_CACHE_DIR": "1", "DISABLE_PIP_VERSION_CHECK": "1"}
    for name, value in {**settings, "INDEX_URL": refused(), "RETRIES": "0"}.items():
        monkeypatch.setenv(f"PIP_{name}", value)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def project(environment, tmp_path):
    """A copy of the project that needs torch and torchvision, in an environment without them."""
    folder = tmp_path / "a project"
    (folder / "tlcourse").mkdir(parents=True)
    for name in (*PARTS, "tlcourse/_torchvision_pair.py", "README.md"):
        shutil.copy(paths.PROJECT / name, folder / name)
    setuptools = f"setuptools=={metadata.version('setuptools')}"
    (folder / "requirements.txt").write_text(f"-e .\n{PINS}{setuptools}\n", encoding="utf-8")
    shutil.copytree(environment, folder / ".venv", symlinks=True)
    return folder


@pytest.fixture
def start(project, monkeypatch):
    """start.py of that copy as a module, on a Linux with room, without driver or own index."""
    module = SimpleNamespace(**runpy.run_path(str(project / "start.py")))
    names = module.main.__globals__
    module.play = lambda name, value: monkeypatch.setitem(names, name, value)
    played = {"LINUX": True, "why_not_for_the_cpu": lambda: "", "hand_over": lambda command: 0}
    played.update(ANSWER_SECONDS=30, PROBE_SECONDS=60)  # on a machine that is busy with other tests
    for name, value in played.items():
        module.play(name, value)
    module.packages = module.packages_folder()
    module.setenv = monkeypatch.setenv
    module.with_room = lambda size: monkeypatch.setattr(
        shutil, "disk_usage", lambda path: SimpleNamespace(free=size)
    )
    module.with_room(1e12)
    return module


def refused():
    """The address of an index where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"http://127.0.0.1:{server.getsockname()[1]}"


def versions(start):
    """What is installed of the pair."""
    found = {name: start.installed(start.packages, f"{name}=={pin}") for name, pin in PAIR}
    return [(name, version) for name, version in found.items() if version]


def install(start, *builds):
    """What a user, or a start that was cut off, put into the environment."""
    with package_index(*(wheel(*build) for build in builds)) as index:
        pins = [f"{name}=={version}" for name, version in builds]
        start.pip("install", "--quiet", "--no-deps", "--index-url", index.address, *pins)


def bring_torch(start, index):
    start.play("CPU_INDEX", index if isinstance(index, str) else index.address)
    start.bring_torch(start.packages)


def set_up(start, cpu_index, *wheels):
    """Start with this index of builds for the CPU, and a package index with these wheels."""
    start.play("CPU_INDEX", cpu_index)
    with package_index(*wheels, wheel_of_installed("setuptools")) as index:
        start.setenv("PIP_INDEX_URL", index.address)
        status = start.main(["check"])
    return status, index


class TestBuildsForTheCPU:
    def test_reachable(self, start, capfd):
        with package_index(*CPU_WHEELS) as cpu:
            status, index = set_up(start, cpu.address, *FOR_GPUS)
        assert status == 0 and versions(start) == CPU_PAIR
        assert not [name for name in index.asked if "torch" in name or "nvidia" in name]
        said = capfd.readouterr().out
        assert "built for the CPU" in said and "2 GB on disk" in said
        start.setenv("PIP_INDEX_URL", refused())
        with (start.PROJECT / "pyproject.toml").open("a", encoding="utf-8") as file:
            file.write("# changed\n")
        assert start.main(["check"]) == 0  # what is there needs no index

    @pytest.mark.parametrize(
        "wheels",
        [OLDER, CPU_WHEELS[:1], CPU_WHEELS[1:], FOR_GPUS, OTHER_PYTHON],
        ids=["older", "no torchvision", "no torch", "for GPUs", "for another Python"],
    )
    def test_without_the_pinned_pair(self, start, wheels, capfd):
        with package_index(*wheels) as cpu:
            bring_torch(start, cpu)
        said = capfd.readouterr().out
        assert cpu.asked and versions(start) == []
        assert "about 3 GB to download and 5.6 GB on disk" in said and "did not come" not in said

    def test_unreachable(self, start, capfd):
        bring_torch(start, refused())
        assert versions(start) == []
        assert "5.6 GB on disk" in capfd.readouterr().out

    def test_slow(self, start, capfd):
        with package_index(*CPU_WHEELS) as cpu:
            cpu.answers = False
            start.play("ANSWER_SECONDS", start.ANSWER_SECONDS)
            start.play("PROBE_SECONDS", start.PROBE_SECONDS)
            began = time.perf_counter()
            bring_torch(start, cpu)
            seconds = time.perf_counter() - began
        assert versions(start) == [] and "5.6 GB on disk" in capfd.readouterr().out
        assert cpu.asked == ["torch"] and seconds < start.PROBE_SECONDS + 5

    def test_a_stalled_name_server_is_not_waited_for(self, start):
        start.play("PROBE_SECONDS", 0.1)
        with package_index(*CPU_WHEELS) as cpu:
            start.play("CPU_INDEX", cpu.address)
            assert not start.cpu_index_has(f"torch=={TORCH}+cpu")

    def test_then_both_come_from_the_package_index(self, start):
        with package_index(CPU_WHEELS[0]) as cpu:
            status, index = set_up(start, cpu.address, *FOR_GPUS)
        assert status == 0 and versions(start) == PAIR
        assert "torch" in index.asked and "nvidia-cublas" in index.asked

    def test_answers_and_then_breaks(self, start, capfd):
        with package_index(*CPU_WHEELS) as cpu:
            cpu.breaks = True
            bring_torch(start, cpu)
        assert versions(start) == []
        said = capfd.readouterr().out
        assert "did not come: " in said and "5.6 GB on disk" in said

    def test_other_systems_are_served_by_the_package_index(self, start, capfd):
        start.play("LINUX", False)
        with package_index(*CPU_WHEELS) as cpu:
            bring_torch(start, cpu)
        assert cpu.asked == versions(start) == [] and capfd.readouterr().out == ""


class TestNeverMixed:
    @pytest.mark.parametrize("first", CPU_PAIR, ids=lambda build: build[0])
    def test_cut_off_between_the_two(self, start, first):
        install(start, first)
        start.play("why_not_for_the_cpu", lambda: "this machine has an NVIDIA driver")
        with package_index(*CPU_WHEELS) as cpu:
            bring_torch(start, cpu)
        assert versions(start) == CPU_PAIR

    def test_cut_off_and_no_longer_reachable(self, start):
        install(start, CPU_PAIR[0])
        status, _ = set_up(start, refused(), *FOR_GPUS)
        assert status == 0 and versions(start) == PAIR

    @pytest.mark.parametrize(
        "builds",
        [CPU_PAIR, PAIR, PAIR[:1], [(name, f"{version}+cu130") for name, version in PAIR]],
        ids=["cpu", "package index", "torch of the package index", "another index"],
    )
    def test_what_was_installed_beforehand_is_kept(self, start, builds):
        install(start, *builds)
        with package_index(*CPU_WHEELS) as cpu:
            bring_torch(start, cpu)
        assert versions(start) == builds and cpu.asked == []

    def test_another_release_is_replaced_by_the_pair(self, start):
        install(start, ("torch", "2.12.1+cpu"), ("torchvision", "0.27.1+cpu"))
        with package_index(*CPU_WHEELS) as cpu:
            bring_torch(start, cpu)
        assert versions(start) == CPU_PAIR

    def test_one_pin_that_moved_is_followed_by_a_build_of_the_same_kind(self, start):
        install(start, CPU_PAIR[0], ("torchvision", "0.27.1+cpu"))
        with package_index(*CPU_WHEELS) as cpu:
            bring_torch(start, cpu)
        assert versions(start) == CPU_PAIR


class TestWhyNot:
    @pytest.fixture
    def start(self, start, monkeypatch):
        """On a machine without a driver, whatever this one has."""
        start.play("NVIDIA_DRIVER", ())
        monkeypatch.setattr(shutil, "which", lambda program: None)
        monkeypatch.delenv("PIP_INDEX_URL")
        return start

    def test_no_reason(self, start):
        start.setenv("PIP_EXTRA_INDEX_URL", refused())
        assert start.why_not_for_the_cpu() == ""

    def test_the_driver_s_files(self, start, tmp_path):
        (tmp_path / "nvidiactl").touch()
        start.play("NVIDIA_DRIVER", (str(tmp_path / "version"), str(tmp_path / "nvidiactl")))
        assert start.why_not_for_the_cpu() == "this machine has an NVIDIA driver"

    def test_the_driver_s_program(self, start, monkeypatch):
        monkeypatch.setattr(shutil, "which", {"nvidia-smi": "nvidia-smi"}.get)
        assert start.why_not_for_the_cpu() == "this machine has an NVIDIA driver"

    def test_an_index_of_the_user_s_own_is_respected(self, start, capfd):
        start.setenv("PIP_INDEX_URL", refused())
        start.play("why_not_for_the_cpu", start.why_not_for_the_cpu)
        with package_index(*CPU_WHEELS) as cpu:
            bring_torch(start, cpu)
        assert cpu.asked == [] and "an index of your own" in capfd.readouterr().out

    def test_also_in_a_configuration_file(self, start, tmp_path):
        (tmp_path / "pip.conf").write_text(f"[install]\nindex-url = {refused()}\n", "utf-8")
        start.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
        assert "an index of your own" in start.why_not_for_the_cpu()


class TestRoom:
    def test_enough_for_the_cpu_is_not_enough_for_gpus(self, start):
        start.with_room(5e9)
        with package_index(*CPU_WHEELS) as cpu:
            bring_torch(start, cpu)
        assert versions(start) == CPU_PAIR
        start.pip("uninstall", "--yes", "--quiet", "torch", "torchvision")
        with pytest.raises(start.CannotStart, match="about 12 GB .* 5.0 GB free"):
            bring_torch(start, refused())

    def test_a_disk_that_fills_up_stops_the_set_up(self, start):
        def full(*arguments):
            raise start.CannotStart(start.disk_is_full())

        start.play("pip", full)
        start.play("cpu_index_has", lambda build: True)
        with pytest.raises(start.CannotStart, match="disk is full"):
            start.bring_torch(start.packages)


class TestSettingsOfTheUser:
    def test_pip_user(self, start):
        start.setenv("PIP_USER", "1")
        with package_index(*CPU_WHEELS) as cpu:
            status, _ = set_up(start, cpu.address)
        assert status == 0 and versions(start) == CPU_PAIR
        assert list(start.packages.glob("tlcourse-*.dist-info"))

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            *(("PIP_TARGET", "t"), ("PIP_PREFIX", "p"), ("PIP_ROOT", "r"), ("PIP_PYTHON", "none")),
            *(("PIP_REQUIRE_VIRTUALENV", "1"), ("PYTHONHOME", "nowhere")),
        ],
    )
    def test_variables_that_lead_elsewhere(self, start, name, value, tmp_path):
        start.setenv(name, value if value == "1" else str(tmp_path / value))
        start.forget_other_environments()
        install(start, PAIR[0])
        assert versions(start) == PAIR[:1] and not (tmp_path / value).exists()

    def test_packages_of_pythonpath_do_not_count(self, start, tmp_path):
        (tmp_path / f"torch-{TORCH}.dist-info").mkdir()
        (tmp_path / f"torch-{TORCH}.dist-info" / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: torch\nVersion: {TORCH}\n", encoding="utf-8"
        )
        start.setenv("PYTHONPATH", str(tmp_path))
        start.forget_other_environments()
        install(start, PAIR[0])
        assert versions(start) == PAIR[:1]

    @pytest.mark.skipif(not sys.platform.startswith("linux"), reason="where Linux keeps pip.conf")
    @pytest.mark.parametrize("section", ["global", "install"])
    @pytest.mark.parametrize("setting", ["user = true", "target = {}", "prefix = {}", "root = {}"])
    def test_configuration_that_leads_elsewhere(
        self, start, section, setting, tmp_path, monkeypatch
    ):
        elsewhere = tmp_path / "elsewhere"
        (tmp_path / "pip").mkdir()
        (tmp_path / "pip" / "pip.conf").write_text(
            f"[{section}]\n{setting.format(elsewhere)}\n", encoding="utf-8"
        )
        monkeypatch.delenv("PIP_CONFIG_FILE")
        start.setenv("XDG_CONFIG_HOME", str(tmp_path))
        start.keep_pip_here()
        install(start, PAIR[0])
        assert versions(start) == PAIR[:1] and not elsewhere.exists()


class TestPipsWay:
    """``pip install -r requirements.txt`` in an environment that the user made."""

    def test_installs_every_pin_and_the_course(self, project):
        shutil.copy(paths.PROJECT / "requirements.txt", project)
        lines = (project / "requirements.txt").read_text(encoding="utf-8").splitlines()
        pins = [re.fullmatch(r"([a-z0-9.-]+)==([\w.]+)( ; .+)?", line) for line in lines]
        wheels = dict(wheel(pin[1], pin[2]) for pin in pins if pin)
        wheels.update([wheel_of_installed("setuptools")])
        with package_index(*wheels.items()) as index:
            pip_install(project, index, "-r", "requirements.txt")
        where = "import tlcourse; print(tlcourse.__file__)"
        command = [project / PYTHON_IN_ENVIRONMENT, "-c", where]
        found = subprocess.check_output(command, cwd=project.parent, encoding="utf-8").strip()
        assert os.path.samefile(found, project / "tlcourse" / "__init__.py")

    def test_with_pytorch_s_index_beside_it_both_are_for_the_cpu(self, project):
        (project / "pins.txt").write_text(PINS, encoding="utf-8")
        with package_index(*FOR_GPUS) as index, package_index(*CPU_WHEELS) as cpu:
            beside = ("--extra-index-url", cpu.address)
            said = pip_install(project, index, *beside, "-r", "pins.txt")
        for name, version in CPU_PAIR:
            assert f"{name}-{version}" in said
        assert "nvidia" not in said

    def test_the_readme_takes_the_pinned_pair_from_one_index(self):
        pins = (paths.PROJECT / "requirements.txt").read_text(encoding="utf-8").split()
        pair = [pin for pin in pins if pin.startswith(("torch==", "torchvision=="))]
        readme = " ".join((paths.PROJECT / "README.md").read_text(encoding="utf-8").split())
        assert f"pip install {' '.join(pair)} --index-url https://download.pytorch" in readme
        assert "--extra-index-url" not in readme


def pip_install(project, index, *arguments):
    """What pip says that it installed."""
    command = [project / PYTHON_IN_ENVIRONMENT, "-m", "pip", "install"]
    return subprocess.run(
        [*command, "--index-url", index.address, *arguments],
        cwd=project,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        check=True,
    ).stdout
