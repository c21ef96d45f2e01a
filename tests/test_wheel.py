"""A wheel built from the tree holds all that the package reads from itself, and nothing else."""

import subprocess
import sys
import zipfile

import pytest
from test_house import project_files

from tlcourse import paths


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The names in a wheel of a copy of the tree, since building leaves files in it."""
    folder = tmp_path_factory.mktemp("wheel")
    for file in project_files():
        inside = file.relative_to(paths.PROJECT)
        if inside.parts[0] == "tlcourse" or inside.name in ("pyproject.toml", "README.md"):
            copy = folder / "tree" / inside
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(file.read_bytes())
    options = ["--quiet", "--no-index", "--no-deps", "--no-build-isolation"]
    command = [sys.executable, "-m", "pip", "wheel", *options, "--wheel-dir", folder]
    subprocess.run([*command, folder / "tree"], check=True)
    (built,) = folder.glob("*.whl")
    return set(zipfile.ZipFile(built).namelist())


def test_it_holds_every_file_of_the_package(wheel):
    ours = {file.relative_to(paths.PROJECT).as_posix() for file in project_files()}
    wanted = {name for name in ours if name.startswith("tlcourse/")}
    assert {name for name in wanted if not name.endswith(".py")}, "the package has data files"
    assert wanted - wheel == set()


def test_it_holds_nothing_else(wheel):
    others = {name for name in wheel if not name.startswith("tlcourse/")}
    assert all(".dist-info/" in name for name in others)
