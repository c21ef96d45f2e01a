"""What every notebook has for whoever learns or teaches from it."""

import re

from bs4 import BeautifulSoup
from parsed import begins_a_slide, cells_of, each_notebook, outputs_of, text_of

from tlcourse import paths
from tlcourse.course.claims import CLAIMS

DOCS = paths.PROJECT / "docs"
BITMAPS = {"image/png", "image/jpeg"}
UNNAMED = (
    ":is(img:not([alt]), img[alt=''], svg:not(:has(> title)))"
    ":not([aria-label], [aria-labelledby], [aria-hidden=true], [aria-hidden=true] *)"
)
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


def unnamed_pictures(soup):
    """Pictures without a name: neither text, label nor title, and not declared decoration."""
    return [str(each)[:120] for each in soup.select(UNNAMED) if not is_beside_its_text(each)]


def is_beside_its_text(image):
    """Declared as decoration, ``alt=""``, in a row or a sentence that says what it shows."""
    around = list(image.parents)[:3]
    return image.get("alt") == "" and any(part.get_text(strip=True) for part in around)


@each_notebook
def test_every_picture_has_a_name_and_every_table_headers(notebook):
    found = []
    for data in (output.get("data", {}) for output in outputs_of(notebook)):
        bitmap = "<img>" * bool(BITMAPS & data.keys())  # as it is, it has no alternative text
        html = data.get("text/html", bitmap) + data.get("image/svg+xml", "")
        soup = BeautifulSoup(html, "html.parser")
        found += unnamed_pictures(soup)
        found += [str(t)[:120] for t in soup.select("table:not(:has(th), [role=presentation])")]
    assert found == []


@each_notebook
def test_headings_go_down_one_level_at_a_time(notebook):
    outside_code = "".join(text_of(notebook).split("```")[::2]).splitlines()
    levels = [len(line) - len(line.lstrip("#")) for line in outside_code if line[:1] == "#"]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in zip(levels, levels[1:], strict=False))


def test_a_picture_without_a_name_is_seen():
    def count(html):
        return len(unnamed_pictures(BeautifulSoup(html, "html.parser")))

    named = '<img alt="a cat"><p><img alt=""> a cat</p><svg><title>a net</title></svg>'
    assert count(f'{named}<div aria-hidden="true"><svg></svg></div>') == 0
    assert count('<p><img></p><p><img alt=""></p><svg><path/></svg>') == 3
