"""Every figure that a notebook stores says in words what it shows; no browser is needed."""

from bs4 import BeautifulSoup
from parsed import cells_of, each_notebook, text_of

BITMAPS = ("image/png", "image/jpeg")


def soups_of(notebook):
    """The HTML of each output, with the number of its cell."""
    for number, cell in enumerate(cells_of(notebook)):
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            html = "".join(data.get("text/html", ""))
            if any(kind in data for kind in BITMAPS) and not html:
                html = "<img>"  # a bitmap that is shown as it is has no alternative text
            html += "".join(data.get("image/svg+xml", ""))
            yield number, BeautifulSoup(html, "html.parser")


def unnamed_pictures(soup):
    """Pictures without a name: neither text, label nor title, and not declared decoration."""
    images = [i for i in soup.find_all("img") if not is_named(i, i.get("alt"))]
    images = [i for i in images if not is_beside_its_text(i)]
    drawings = soup.find_all("svg")
    drawings = [svg for svg in drawings if not is_named(svg, svg.title and svg.title.get_text())]
    return [str(picture)[:120] for picture in images + drawings]


def is_named(element, text):
    labels = (text, element.get("aria-label"), element.get("aria-labelledby"))
    is_hidden = any(part.get("aria-hidden") == "true" for part in (element, *element.parents))
    return any((label or "").strip() for label in labels) or is_hidden


def is_beside_its_text(image):
    """Declared as decoration, ``alt=""``, in a row or a sentence that says what it shows."""
    around = list(image.parents)[:3]
    return image.get("alt") == "" and any(part.get_text(strip=True) for part in around)


@each_notebook
def test_every_picture_has_a_name_and_every_table_headers(notebook):
    found = []
    for number, soup in soups_of(notebook):
        found += [(number, picture) for picture in unnamed_pictures(soup)]
        tables = [table for table in soup.find_all("table") if not table.find("th")]
        found += [(number, str(t)[:120]) for t in tables if t.get("role") != "presentation"]
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
