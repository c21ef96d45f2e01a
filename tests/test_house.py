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
    texts = [cell.source for cell in cells_of(notebook) if cell.cell_type == "markdown"]
    numbered = re.compile(r"\d+[.)] ")
    turned = [
        line
        for text in texts
        for before, line in pairwise(text.splitlines())
        if numbered.match(line) and before.strip() and not numbered.match(before)
    ]
    assert turned == []


def test_no_twin_is_alone():
    twins = set((paths.PROJECT / "notebooks").rglob("*.py"))
    assert twins == {twin_of(notebook) for notebook in NOTEBOOKS}


def twin_of(notebook):
    return notebook.parent / "text" / f"{notebook.stem}.py"
