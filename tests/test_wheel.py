"""A wheel built from the tree holds all that the package reads from itself, and nothing else."""

import subprocess
import sys
import zipfile

from test_house import project_files

from tlcourse import paths


def test_a_wheel_holds_every_file_of_the_package_and_nothing_else(tmp_path):
    """Of a copy of the tree, since building leaves files in it."""
    ours = set()
    for file in project_files():
        inside = file.relative_to(paths.PROJECT)
        if inside.parts[0] == "tlcourse" or inside.name in ("pyproject.toml", "README.md"):
            copy = tmp_path / "tree" / inside
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(file.read_bytes())
            ours |= {inside.as_posix()} if inside.parts[0] == "tlcourse" else set()
    assert {name for name in ours if not name.endswith(".py")}, "the package has data files"
    options = ["--quiet", "--no-index", "--no-deps", "--no-build-isolation"]
    command = [sys.executable, "-m", "pip", "wheel", *options, "--wheel-dir", tmp_path]
    subprocess.run([*command, tmp_path / "tree"], check=True)
    (built,) = tmp_path.glob("*.whl")
    held = set(zipfile.ZipFile(built).namelist())
    assert ours - held == set()
    assert all(name.startswith("tlcourse/") or ".dist-info/" in name for name in held)
