"""What the repository promises: small files, notebooks without errors, twins that agree."""

import os
import re
import subprocess
from itertools import pairwise
from pathlib import Path

import jupytext
import nbformat
from jupytext.config import load_jupytext_config
from parsed import NOTEBOOKS, cells_of, content_of, each_notebook, outputs_of

from tlcourse import paths

NOT_OURS = {".git", ".venv", "build", "__pycache__", ".ipynb_checkpoints"}
MEGABYTE = 1e6


def project_files():
    """The files under version control, or, in a copy without git, all that are ours."""
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z"]
    try:
        listed = subprocess.run(command, cwd=paths.PROJECT, capture_output=True, check=True).stdout
        files = [paths.PROJECT / name for name in listed.decode("utf-8").split("\0") if name]
    except (OSError, subprocess.CalledProcessError):
        files = [
            file
            for file in paths.PROJECT.rglob("*")
            if not NOT_OURS & set(file.relative_to(paths.PROJECT).parts)
        ]
    return [file for file in files if file.is_file()]


def megabytes(files):
    return sum(file.stat().st_size for file in files) / MEGABYTE


def test_the_listing_sees_the_project():
    assert {paths.PROJECT / "start.py", paths.PROJECT / "README.md"} <= set(project_files())


def test_no_file_is_over_8_mb():
    assert [file for file in project_files() if megabytes([file]) > 8] == []


def test_data_stays_under_100_mb():
    data = [file for file in paths.SHIPPED.rglob("*") if file.is_file()]
    assert megabytes(data) < 100


def test_each_bundled_network_stays_under_4_mb():
    assert all(megabytes([file]) <= 4 for file in paths.SHIPPED_WEIGHTS.glob("*.safetensors"))


@each_notebook
def test_no_error_is_stored(notebook):
    assert [output.evalue for output in outputs_of(notebook) if output.output_type == "error"] == []


@each_notebook
def test_no_path_of_a_machine_is_stored(notebook):
    text = notebook.read_text(encoding="utf-8")
    here = (paths.PROJECT, paths.PROJECT.resolve(), Path.home() / ".")
    assert not [folder for folder in here if f"{folder}{os.sep}" in text]


@each_notebook
def test_no_prediction_of_whoever_ran_it_is_stored(notebook):
    text = notebook.read_text(encoding="utf-8")
    assert "You predicted" not in text
    assert text.count("No prediction was committed") == text.count(".measured(")


@each_notebook
def test_notebook_is_valid_and_not_paired_on_save(notebook):
    nbformat.validate(content_of(notebook))
    assert "formats" not in content_of(notebook).metadata.get("jupytext", {})


@each_notebook
def test_twin_is_the_notebook(notebook):
    twin = twin_of(notebook)
    assert twin.exists(), f"Make it: jupytext --to py:percent --output {twin} {notebook}"
    assert twin.read_text(encoding="utf-8") == as_text(notebook), (
        f"They differ: jupytext --to py:percent --output {twin} {notebook}, or, if the text is the "
        f"newer one, jupytext --to ipynb --update --output {notebook} {twin}"
    )


@each_notebook
def test_no_sentence_turns_into_a_list(notebook):
    """Markdown takes a line that begins with "200. " or "1) " for an item of a list."""
    lines = [
        cell.source.splitlines() for cell in cells_of(notebook) if cell.cell_type == "markdown"
    ]
    numbered = re.compile(r"\d+[.)] ")
    turned = [
        line
        for text in lines
        for before, line in pairwise(text)
        if numbered.match(line) and before.strip() and not numbered.match(before)
    ]
    assert turned == []


def test_no_twin_is_alone():
    twins = set((paths.PROJECT / "notebooks").rglob("*.py"))
    assert twins == {twin_of(notebook) for notebook in NOTEBOOKS}


def twin_of(notebook):
    return notebook.parent / "text" / f"{notebook.stem}.py"


def as_text(notebook):
    """The twin that Jupytext writes with the project's configuration."""
    config = load_jupytext_config(str(notebook))
    return jupytext.writes(jupytext.read(notebook, config=config), "py:percent", config=config)
