"""What every notebook has for whoever learns or teaches from it."""

import re

from parsed import begins_a_slide, cells_of, each_notebook, text_of

from tlcourse import paths
from tlcourse.course.claims import CLAIMS

DOCS = paths.PROJECT / "docs"
SENTENCE = re.compile(r"\w+(\W+\w+){2,}.*[.?!]\"?$", re.DOTALL)


@each_notebook
def test_every_slide_has_a_note_for_the_speaker(notebook):
    notes = {
        cell.id: cell.metadata.slideshow.get("notes", "")
        for cell in cells_of(notebook)
        if begins_a_slide(cell)
    }
    assert [place for place, note in notes.items() if not SENTENCE.search(note)] == []
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
def test_it_says_what_to_remember_and_where_to_go_next(notebook):
    last = cells_of(notebook)[-1].source
    assert last.startswith("## Remember") and "**Next**" in last
    assert re.search(r"\[[^]]+\]\(\d\d_\w+\.ipynb\)", last.partition("**Next**")[2])


@each_notebook
def test_it_leads_to_the_glossary_and_the_bibliography(notebook):
    text = text_of(notebook)
    assert "](../docs/glossary.md#" in text and "](../docs/bibliography.md" in text


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
