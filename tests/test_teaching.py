"""What every notebook has for whoever learns or teaches from it."""

import re

import nbformat
import pytest

from tlcourse import paths
from tlcourse.course.claims import CLAIMS

NOTEBOOKS = sorted((paths.PROJECT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
LINK = re.compile(r"\]\(([\w./]+\.(?:md|ipynb))(?:#([\w-]+))?\)")
DOCS = paths.PROJECT / "docs"

each_notebook = pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda file: file.stem)


def cells_of(notebook):
    return nbformat.read(notebook, as_version=4).cells


def text_of(notebook):
    return "\n\n".join(c.source for c in cells_of(notebook) if c.cell_type == "markdown")


def begins_a_slide(cell):
    return cell.metadata.get("slideshow", {}).get("slide_type") in ("slide", "subslide")


@each_notebook
def test_every_slide_has_a_note_for_the_speaker(notebook):
    notes = {
        cell.id: cell.metadata["slideshow"].get("notes", "")
        for cell in cells_of(notebook)
        if begins_a_slide(cell)
    }
    assert [place for place, note in notes.items() if not note.strip()] == []
    assert [note for note in notes.values() if len(note) > 350] == []
    assert len(set(notes.values())) == len(notes), "Two slides have the same note."


@each_notebook
def test_it_opens_with_objectives_prerequisites_and_time(notebook):
    opening = cells_of(notebook)[0].source
    for part in ("**You will learn**", "**You need**", "**Time**"):
        assert part in opening
    assert 2 <= len(re.findall(r"^- ", opening, re.MULTILINE)) <= 4
    assert re.search(r"minutes?\s+for\s+you", opening) and "for the machine" in " ".join(
        opening.split()
    )


@each_notebook
def test_every_exercise_has_a_check_and_a_solution(notebook):
    cells = cells_of(notebook)
    checks = sum("check_answer(" in c.source for c in cells if c.cell_type == "code")
    solutions = text_of(notebook).count("<summary>Solution</summary>")
    assert 2 <= checks <= 4 and checks == solutions


@each_notebook
def test_it_says_what_to_remember_and_where_to_go_next(notebook):
    last = cells_of(notebook)[-1].source
    assert last.startswith("## Remember") and "**Next**" in last
    assert re.search(r"\[[^]]+\]\(\d\d_\w+\.ipynb\)", last.partition("**Next**")[2])


@each_notebook
def test_it_leads_to_the_glossary_and_the_bibliography(notebook):
    text = text_of(notebook)
    assert "](../docs/glossary.md#" in text and "](../docs/bibliography.md" in text


@each_notebook
def test_its_links_lead_somewhere(notebook):
    broken = []
    for file, anchor in re.findall(
        r"\]\(([\w./]+\.(?:md|ipynb))(?:#([\w-]+))?\)", text_of(notebook)
    ):
        target = notebook.parent / file
        if not target.exists() or anchor and f'<a id="{anchor}">' not in target.read_text("utf-8"):
            broken.append(f"{file}#{anchor}")
    assert broken == []


def test_an_anchor_is_there_once():
    for page in ("glossary.md", "bibliography.md"):
        anchors = re.findall(r'<a id="([^"]+)">', (DOCS / page).read_text("utf-8"))
        assert len(anchors) == len(set(anchors)) > 20


def test_the_guide_has_a_place_for_every_claim():
    guide = (DOCS / "instructor.md").read_text("utf-8")
    assert [claim for claim in CLAIMS if f"`{claim}`" not in guide] == []


def test_the_plans_fill_their_time_without_a_gap():
    guide = (DOCS / "instructor.md").read_text("utf-8")
    for hours, plan in zip((2, 4), guide.split("## A plan for ")[1:], strict=True):
        times = [(int(a), int(b)) for a, b in re.findall(r"^\| (\d+) to (\d+) \|", plan, re.M)]
        assert times[0][0] == 0 and times[-1][1] == 60 * hours
        assert all(left[1] == right[0] for left, right in zip(times[:-1], times[1:], strict=True))
