"""What the repository promises: small files, notebooks without errors, twins that agree."""

import os
import re
import subprocess
import sys
import zipfile
from itertools import pairwise
from pathlib import Path

import jupytext
import nbformat
from jupytext.config import load_jupytext_config
from parsed import NOTEBOOKS, content_of, each_notebook, outputs_of, text_of

from tlcourse import paths

FOR_THE_WHEEL = {"pyproject.toml", "README.md"}
READ = ("README.md", "LICENSE-CONTENT.md", "CITATION.cff", "start.py")
FOLDERS = ("docs", "deploy", "notebooks", "tlcourse", "tests", "benchmarks")
NOT_OURS = {".git", ".venv", "build", "__pycache__", ".ipynb_checkpoints"}


def project_files():
    """The files under version control, or, in a copy without git, all that are ours."""
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z"]
    try:
        listed = subprocess.check_output(command, cwd=paths.PROJECT, encoding="utf-8").split("\0")
    except (OSError, subprocess.CalledProcessError):
        files = (file.relative_to(paths.PROJECT) for file in paths.PROJECT.rglob("*"))
        listed = [file for file in files if not NOT_OURS & set(file.parts)]
    return [file for name in listed if (file := paths.PROJECT / name).is_file()]


def megabytes(*files):
    return sum(file.stat().st_size for file in files) / 1e6


def test_files_stay_small():
    files = project_files()
    assert {paths.PROJECT / "start.py", paths.PROJECT / "README.md"} <= set(files)
    assert [file for file in files if megabytes(file) > 8] == []
    assert megabytes(*(file for file in paths.SHIPPED.rglob("*") if file.is_file())) < 100
    assert all(megabytes(file) <= 4 for file in paths.SHIPPED_WEIGHTS.glob("*.safetensors"))


@each_notebook
def test_no_error_path_or_prediction_of_whoever_ran_it_is_stored(notebook):
    assert [output.evalue for output in outputs_of(notebook) if output.output_type == "error"] == []
    text = notebook.read_text(encoding="utf-8")
    here = (paths.PROJECT, paths.PROJECT.resolve(), Path.home() / ".")
    assert not [folder for folder in here if f"{folder}{os.sep}" in text]
    assert "You predicted" not in text
    assert "widgets" not in content_of(notebook).metadata  # drawn from there, they do not answer
    assert text.count("No prediction was committed") == text.count(".measured(")


@each_notebook
def test_notebook_is_valid_and_not_paired_on_save_and_its_twin_says_the_same(notebook):
    nbformat.validate(content_of(notebook))
    assert "formats" not in content_of(notebook).metadata.get("jupytext", {})
    twin, config = twin_of(notebook), load_jupytext_config(str(notebook))
    made = jupytext.read(notebook, config=config)
    assert twin.read_text(encoding="utf-8") == jupytext.writes(made, "py:percent", config=config), (
        f"They differ: jupytext --to py:percent --output {twin} {notebook}, or, if the text is the "
        f"newer one, jupytext --to ipynb --update --output {notebook} {twin}"
    )


@each_notebook
def test_no_sentence_turns_into_a_list(notebook):
    """Markdown takes a line that begins with "200. " or "1) " for an item of a list."""
    number = r"\d+[.)] "
    for before, line in pairwise(text_of(notebook).splitlines()):
        assert not re.match(number, line) or re.match(rf"\s*$|{number}", before), line


def test_no_twin_is_alone():
    twins = set((paths.PROJECT / "notebooks").rglob("*.py"))
    assert twins == {twin_of(notebook) for notebook in NOTEBOOKS}


def twin_of(notebook):
    return notebook.parent / "text" / f"{notebook.stem}.py"


def test_no_word_that_is_read_is_misspelt(tmp_path):
    def found(*files):
        command = [sys.executable, "-m", "codespell_lib", *files]
        return subprocess.run(command, cwd=paths.PROJECT, capture_output=True, text=True).stdout

    assert found(*READ, *(each for each in FOLDERS if (paths.PROJECT / each).is_dir())) == ""
    (tmp_path / "page.md").write_text("trans" + "fered", encoding="utf-8")
    assert "transferred" in found(tmp_path / "page.md")


def test_a_wheel_holds_every_file_of_the_package_and_nothing_else(tmp_path):
    """Of a copy of the tree, since building leaves files in it."""
    ours = set()
    for file in project_files():
        name = file.relative_to(paths.PROJECT).as_posix()
        if name.startswith("tlcourse/") or name in FOR_THE_WHEEL:
            copy = tmp_path / "tree" / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(file.read_bytes())
            ours |= {name} - FOR_THE_WHEEL
    options = ["--quiet", "--no-index", "--no-deps", "--no-build-isolation"]
    command = [sys.executable, "-m", "pip", "wheel", *options, "--wheel-dir", tmp_path]
    subprocess.run([*command, tmp_path / "tree"], check=True)
    (built,) = tmp_path.glob("*.whl")
    held = zipfile.ZipFile(built).namelist()
    assert {name for name in held if ".dist-info/" not in name} == ours
