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
    names = [word for word in arguments if word != "--clear"]
    try:
        notebooks = named(names)
    except BadSlides as problem:
        print(f"tlcourse: {problem}", file=sys.stderr)
        return 2
    notebooks = [] if arguments == ["--clear"] else notebooks or all_notebooks()
    os.environ.setdefault("TQDM_DISABLE", "1")
    good = [runs(notebook) for notebook in notebooks]
    if "--clear" in arguments:
        cleared = sorted(file.stem for file in predictions_folder().glob("*.json"))
        for claim in cleared:
            (predictions_folder() / f"{claim}.json").unlink()
        print(f"Predictions cleared: {', '.join(cleared) or 'there were none'}.")
    return int(not all(good))


def plans():
    """The plans of the instructor's guide, ``two-hours`` and others: name -> numbers, in order."""
    plan = re.compile(r"^## A plan for (\w+) hours\n(.*?)(?=^## )", re.MULTILINE | re.DOTALL)
    found = plan.findall(GUIDE.read_text(encoding="utf-8"))
    numbers = re.compile(r"^\| *\d+ to \d+ *\| *(\d\d) *\|", re.MULTILINE)
    return {f"{hours}-hours": numbers.findall(table) for hours, table in found}


def named(words):
    """The notebooks of these plans and numbers; BadSlides if one is neither."""
    known = plans()
    for word in words:
        if word.startswith("-") or not (word in known or word[:1].isdigit()):
            raise BadSlides(
                f"{word!r} is no plan and no notebook: warm-up takes {', '.join(known)}, numbers "
                "of notebooks, and --clear."
            )
    return [find_notebook(each) for word in words for each in known.get(word, [word])]


def runs(notebook):
    """Run all cells in a folder of their own; the file stays as it is. Whether they ran."""
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, DeadKernelError

    print(f"{notebook.stem:<28}", end="", flush=True)
    started, wrong = time.perf_counter(), ""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        content = nbformat.read(notebook, as_version=4)
        metadata = {"metadata": {"path": folder}}
        try:
            NotebookClient(content, timeout=None, startup_timeout=600, resources=metadata).execute(
                stderr=subprocess.DEVNULL  # ipykernel's warnings
            )
        except CellExecutionError as problem:
            wrong = f"  failed: {problem.ename}: {problem.evalue}"
        except DeadKernelError:
            wrong = "  failed: its kernel died, usually for want of memory"
    print(f"{time.perf_counter() - started:5.0f} s{wrong}", flush=True)
    return not wrong
