"""What every notebook has for whoever learns or teaches from it."""

import re

from parsed import begins_a_slide, cells_of, each_notebook, text_of

from tlcourse import paths
from tlcourse.course.claims import CLAIMS

DOCS = paths.PROJECT / "docs"
SENTENCE = re.compile(r"\w+(\W+\w+){2,}.*[.?!]\"?$", re.DOTALL)


@each_notebook
def test_every_slide_has_a_note_for_the_speaker(notebook):
    slides = [cell for cell in cells_of(notebook) if begins_a_slide(cell)]
    notes = {cell.id: cell.metadata.slideshow.get("notes", "") for cell in slides}
    bad = {
        place: note for place, note in notes.items() if not SENTENCE.search(note) or len(note) > 350
    }
    assert bad == {}
    assert len(set(notes.values())) == len(notes), "Two slides have the same note."


@each_notebook
def test_it_has_an_opening_an_end_and_links_to_glossary_and_bibliography(notebook):
    opening, last = cells_of(notebook)[0].source, cells_of(notebook)[-1].source
    for part in ("**You will learn**", "**You need**", "**Time**"):
        assert part in opening
    assert 2 <= len(re.findall(r"^- ", opening, re.MULTILINE)) <= 4
    assert re.search(r"minutes?\s+for\s+you", opening)
    assert "for the machine" in " ".join(opening.split())
    assert last.startswith("## Remember")
    assert re.search(r"\[[^]]+\]\(\d\d_\w+\.ipynb\)", last.partition("**Next**")[2])
    text = text_of(notebook)
    assert "](../docs/glossary.md#" in text and "](../docs/bibliography.md" in text


def test_an_anchor_is_there_once():
    for page in ("glossary.md", "bibliography.md"):
        anchors = re.findall(r'<a id="([^"]+)">', (DOCS / page).read_text("utf-8"))
        assert len(anchors) == len(set(anchors)) > 20


def test_the_guide_has_a_place_for_every_claim_and_plans_without_a_gap():
    guide = (DOCS / "instructor.md").read_text("utf-8")
    assert [claim for claim in CLAIMS if f"`{claim}`" not in guide] == []
    for hours, plan in zip((2, 4), guide.split("## A plan for ")[1:], strict=True):
        times = [(int(a), int(b)) for a, b in re.findall(r"^\| (\d+) to (\d+) \|", plan, re.M)]
        assert times[0][0] == 0 and times[-1][1] == 60 * hours
        assert all(left[1] == right[0] for left, right in zip(times[:-1], times[1:], strict=True))
