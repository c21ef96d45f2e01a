"""A class warmed up: its notebooks run once, before it begins; the verb ``warm-up``."""

import os
import re
import subprocess
import sys
import tempfile
import time

from tlcourse import paths
from tlcourse.course.claims import predictions_folder
from tlcourse.tools.slides.verb import BadSlides, all_notebooks, find_notebook

GUIDE = paths.PROJECT / "docs" / "instructor.md"


def warm_up(arguments):
    """Run the notebooks that are named, of a plan, or all; with ``--clear``, forget predictions.

    ``--clear`` alone runs nothing. Returns the exit status: 1 if a notebook failed.
    """
    words, known = [word for word in arguments if word != "--clear"], plans()
    try:
        notebooks = [find_notebook(each) for word in words for each in known.get(word, [word])]
    except BadSlides as problem:
        print(f"tlcourse: {problem} Plans are {', '.join(known)}.", file=sys.stderr)
        return 2
    os.environ.setdefault("TQDM_DISABLE", "1")
    good = [runs(notebook) for notebook in notebooks or ([] if arguments else all_notebooks())]
    if "--clear" in arguments:
        cleared = sorted(predictions_folder().glob("*.json"))
        for file in cleared:
            file.unlink()
        names = ", ".join(file.stem for file in cleared)
        print(f"Predictions cleared: {names or 'there were none'}.")
    return int(not all(good))


def plans():
    """The plans of the instructor's guide, ``two-hours`` and others: name -> numbers, in order."""
    plan = re.compile(r"^## A plan for (\w+) hours\n(.*?)(?=^## )", re.MULTILINE | re.DOTALL)
    numbers = re.compile(r"^\| *\d+ to \d+ *\| *(\d\d) *\|", re.MULTILINE)
    found = plan.findall(GUIDE.read_text(encoding="utf-8"))
    return {f"{hours}-hours": numbers.findall(table) for hours, table in found}


def runs(notebook):
    """Run all cells in a folder of their own; the file stays as it is. Whether they ran."""
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    print(f"{notebook.stem:<36}", end="", flush=True)
    started, wrong = time.perf_counter(), ""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        there, content = {"metadata": {"path": folder}}, nbformat.read(notebook, as_version=4)
        client = NotebookClient(content, timeout=None, startup_timeout=600, resources=there)
        try:
            client.execute(stderr=subprocess.DEVNULL)  # ipykernel's own warnings
        except (CellExecutionError, RuntimeError, AssertionError) as problem:  # a dead kernel: any
            name, why = getattr(problem, "ename", "kernel"), getattr(problem, "evalue", "died")
            wrong = f"  failed: {name}: {why}"
    print(f"{time.perf_counter() - started:5.0f} s{wrong}", flush=True)
    return not wrong
