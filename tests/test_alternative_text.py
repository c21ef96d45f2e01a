"""Every figure that a notebook stores says in words what it shows; no browser is needed."""

import pytest
from bs4 import BeautifulSoup
from parsed import cells_of, each_notebook, text_of

BITMAPS = ("image/png", "image/jpeg")


def html_of(notebook):
    """The HTML of each output, with the number of its cell."""
    for number, cell in enumerate(cells_of(notebook)):
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            html = "".join(data.get("text/html", ""))
            if any(kind in data for kind in BITMAPS) and not html:
                html = "<img>"  # a bitmap that is shown as it is has no alternative text
            yield number, html + "".join(data.get("image/svg+xml", ""))


def unnamed_pictures(html):
    """Pictures without a name: neither text, label nor title, and not declared decoration."""
    soup = BeautifulSoup(html, "html.parser")
    images = soup.find_all("img")
    images = [i for i in images if not (is_named(i, i.get("alt")) or is_beside_its_text(i))]
    drawings = [svg for svg in soup.find_all("svg") if not is_named(svg, title_of(svg))]
    return [str(picture)[:120] for picture in images + drawings]


def title_of(svg):
    return svg.title.get_text() if svg.title else None


def is_named(element, text):
    labels = (text, element.get("aria-label"), element.get("aria-labelledby"))
    return any((label or "").strip() for label in labels) or is_hidden(element)


def is_beside_its_text(image):
    """Declared as decoration, ``alt=""``, in a row or a sentence that says what it shows."""
    around = list(image.parents)[:3]
    return image.get("alt") == "" and any(part.get_text(strip=True) for part in around)


def is_hidden(element):
    return any(part.get("aria-hidden") == "true" for part in (element, *element.parents))


@each_notebook
def test_every_picture_has_a_name(notebook):
    unnamed = [(number, p) for number, html in html_of(notebook) for p in unnamed_pictures(html)]
    assert unnamed == []


@each_notebook
def test_every_table_has_headers(notebook):
    bare = [
        (number, str(table)[:120])
        for number, html in html_of(notebook)
        for table in BeautifulSoup(html, "html.parser").find_all("table")
        if not table.find("th") and table.get("role") != "presentation"
    ]
    assert bare == []


@each_notebook
def test_headings_go_down_one_level_at_a_time(notebook):
    lines = outside_code(text_of(notebook))
    levels = [len(line) - len(line.lstrip("#")) for line in lines if line.startswith("#")]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in zip(levels, levels[1:], strict=False))


def outside_code(source):
    return [line for block in source.split("```")[::2] for line in block.splitlines()]


@pytest.mark.parametrize(
    ("html", "count"),
    [
        ("<img>", 1),
        ('<img alt=" ">', 1),
        ('<img alt="a cat">', 0),
        ('<p><img alt=""></p>', 1),
        ('<p><img alt=""> a cat</p>', 0),
        ("<svg><path/></svg>", 1),
        ("<svg><title>a net</title></svg>", 0),
        ('<svg aria-label="a net"></svg>', 0),
        ('<div aria-hidden="true"><svg></svg></div>', 0),
    ],
)
def test_a_picture_without_a_name_is_seen(html, count):
    assert len(unnamed_pictures(html)) == count
