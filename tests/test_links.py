"""Links of the README, the docs and the notebooks: to files and places that are there.

Addresses of the web are looked at, not asked.
"""

import re
from functools import cache
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup
from markdown_it import MarkdownIt
from parsed import outputs_of, text_of

from tlcourse import paths

PATTERNS = ("*.md", "docs/*.md", "deploy/**/*.md", "notebooks/*.ipynb")
PAGES = sorted(page for pattern in PATTERNS for page in paths.PROJECT.glob(pattern))
MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable("table")
each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


@cache
def soup_of(page):
    """A page as HTML: its Markdown, and for a notebook that of its cells and its outputs."""
    is_text = page.suffix == ".md"
    html = MARKDOWN.render(page.read_text(encoding="utf-8") if is_text else text_of(page))
    outputs = [] if is_text else [output.get("data", {}) for output in outputs_of(page)]
    html += "".join("".join(data.get("text/html", "")) for data in outputs)
    return BeautifulSoup(html, "html.parser")


@cache
def links(page):
    found = soup_of(page).find_all(["a", "img"])
    found = {each.get("href") or each.get("src", "") for each in found}
    return sorted(link for link in found if not link.startswith("data:"))


@cache
def anchors(page):
    """What ``#...`` can name on a page: ids, and headings as GitHub and JupyterLab name them."""
    headings = [h.get_text() for h in soup_of(page).find_all(re.compile("^h[1-6]$"))]
    github = {re.sub(r"[^\w -]", "", text.lower()).replace(" ", "-") for text in headings}
    jupyter = {text.replace(" ", "-") for text in headings}
    return {element["id"] for element in soup_of(page).find_all(id=True)} | github | jupyter


def leads_somewhere(page, link):
    parts = urlsplit(link)
    if parts.scheme:
        return re.match(r"https?://[\w.-]+\.", link)
    target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
    return target.exists() and (not parts.fragment or unquote(parts.fragment) in anchors(target))


def broken_links(page):
    return [link for link in links(page) if not leads_somewhere(page, link)]


@each_page
def test_links_lead_somewhere_and_what_it_imports_is_there(page):
    assert broken_links(page) == []
    if page.suffix == ".md":
        for line in page.read_text(encoding="utf-8").splitlines():
            if re.match(r"(from|import) (tlcourse|scripts)\b.*[^,(]$", line):
                exec(line, {})


def test_what_leads_nowhere_is_seen(tmp_path):
    (tmp_path / "there.md").write_text('# A title: it\n<a id="x"></a>', encoding="utf-8")
    page = tmp_path / "page.md"
    good = "[](there.md) [](there.md#x) [](there.md#a-title-it) [](https://example.org)"
    bad = ["#no", "gone.md", "gone.png", "https:/example.org", "there.md#y"]
    page.write_text(good + "".join(f" []({link}) ![]({link})" for link in bad), encoding="utf-8")
    assert broken_links(page) == bad
