"""Spelling of everything that a reader or a contributor reads, by codespell."""

import subprocess
import sys

import pytest

from tlcourse import paths

READ = ("README.md", "LICENSE-CONTENT.md", "CITATION.cff", "start.py")
FOLDERS = ("docs", "deploy", "notebooks", "tlcourse", "tests", "benchmarks")


def codespell(*arguments):
    command = [sys.executable, "-m", "codespell_lib", *map(str, arguments)]
    return subprocess.run(command, cwd=paths.PROJECT, capture_output=True, encoding="utf-8")


def test_no_word_is_misspelt():
    found = codespell(*READ, *(folder for folder in FOLDERS if (paths.PROJECT / folder).is_dir()))
    assert found.returncode == 0, found.stdout + found.stderr


@pytest.mark.parametrize(("word", "status"), [("trans" + "fered", 65), ("vermillion", 0)])
def test_the_project_s_settings_are_used(tmp_path, word, status):
    (tmp_path / "page.md").write_text(word, encoding="utf-8")
    assert codespell(tmp_path / "page.md").returncode == status
