"""The notebooks of the course, each read once a session."""

from functools import cache

import nbformat
import pytest

from tlcourse import paths

NOTEBOOKS = sorted((paths.PROJECT / "notebooks").glob("[0-9]*.ipynb"))

each_notebook = pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda file: file.stem)


@cache
def content_of(notebook):
    """A notebook as nbformat reads it; whoever changes it takes a copy."""
    return nbformat.read(notebook, as_version=4)


def cells_of(notebook):
    return content_of(notebook).cells


def outputs_of(notebook):
    return [output for cell in cells_of(notebook) for output in cell.get("outputs", [])]


def code_of(notebook):
    """Place of each code cell -> its source."""
    return {i: cell.source for i, cell in enumerate(cells_of(notebook)) if cell.cell_type == "code"}


def text_of(notebook):
    """All Markdown, cell below cell."""
    return "\n\n".join(c.source for c in cells_of(notebook) if c.cell_type == "markdown")


def begins_a_slide(cell):
    return cell.metadata.get("slideshow", {}).get("slide_type") in ("slide", "subslide")
