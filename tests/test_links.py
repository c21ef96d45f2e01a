"""Links of the README, the docs and the notebooks: to files and places that are there.

Addresses of the web are looked at, not asked; with ``TLCOURSE_ONLINE_LINKS=1`` they are asked.
"""

import os
import re
from functools import cache
from urllib.parse import unquote, urlsplit

import pytest
import requests
from bs4 import BeautifulSoup
from markdown_it import MarkdownIt
from parsed import cells_of, outputs_of

from tlcourse import paths

PAGES = sorted(
    page
    for pattern in ("*.md", "docs/*.md", "deploy/**/*.md", "notebooks/*.ipynb")
    for page in paths.PROJECT.glob(pattern)
)
MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable("table")
WEB = ("http", "https")
each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


@cache
def html_of(page):
    """A page as HTML: its Markdown, and for a notebook that of its cells and its outputs."""
    if page.suffix == ".md":
        return MARKDOWN.render(page.read_text(encoding="utf-8"))
    texts = [MARKDOWN.render(c.source) for c in cells_of(page) if c.cell_type == "markdown"]
    outputs = [output.get("data", {}) for output in outputs_of(page)]
    return "\n".join(texts + ["".join(data.get("text/html", "")) for data in outputs])


@cache
def links(page):
    soup = BeautifulSoup(html_of(page), "html.parser")
    found = [a["href"] for a in soup.find_all("a", href=True)]
    found += [image["src"] for image in soup.find_all("img", src=True)]
    return [link for link in dict.fromkeys(found) if not link.startswith("data:")]


@cache
def anchors(page):
    """What ``#...`` can name on a page: ids, and headings as GitHub and JupyterLab name them."""
    soup = BeautifulSoup(html_of(page), "html.parser")
    headings = [heading.get_text() for heading in soup.find_all(re.compile("^h[1-6]$"))]
    github = {re.sub(r"[^\w -]", "", text.lower()).replace(" ", "-") for text in headings}
    jupyter = {text.replace(" ", "-") for text in headings}
    return {element["id"] for element in soup.find_all(id=True)} | github | jupyter


def broken_links(page):
    """The relative links of a page that lead nowhere."""
    broken = []
    for link in links(page):
        parts = urlsplit(link)
        target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
        if parts.scheme or (target.exists() and anchor_is_there(target, parts.fragment)):
            continue
        broken.append(link)
    return broken


def anchor_is_there(target, anchor):
    return not anchor or target.suffix in (".md", ".ipynb") and unquote(anchor) in anchors(target)


@cache
def web_links():
    found = {link for page in PAGES for link in links(page)}
    return sorted(link for link in found if urlsplit(link).scheme)


@each_page
def test_relative_links_lead_somewhere(page):
    assert broken_links(page) == []


def test_addresses_are_well_formed():
    bad = [
        link
        for link in web_links()
        if urlsplit(link).scheme not in WEB or "." not in (urlsplit(link).hostname or "")
    ]
    assert bad == []
    hosts = sorted({urlsplit(link).hostname for link in web_links()})
    print(f"\n{len(web_links())} addresses, hosts: {', '.join(hosts) or 'none'}", end=" ")


@pytest.mark.skipif(
    os.environ.get("TLCOURSE_ONLINE_LINKS") != "1",
    reason="addresses of the web are asked with TLCOURSE_ONLINE_LINKS=1",
)
def test_addresses_answer(monkeypatch):
    monkeypatch.undo()  # this one test may use the network
    answers = {link: requests.head(link, allow_redirects=True, timeout=20) for link in web_links()}
    assert [link for link, answer in answers.items() if answer.status_code in (404, 410)] == []


def test_what_leads_nowhere_is_seen(tmp_path):
    (tmp_path / "there.md").write_text('# A title: it\n<a id="x"></a>', encoding="utf-8")
    page = tmp_path / "page.md"
    good = "[](there.md) [](there.md#x) [](there.md#a-title-it)"
    page.write_text(f"{good} [](there.md#y) [](gone.md) ![](gone.png) [](#no)", encoding="utf-8")
    assert broken_links(page) == ["there.md#y", "gone.md", "#no", "gone.png"]


@pytest.mark.parametrize("page", [page for page in PAGES if page.suffix == ".md"])
def test_what_a_page_imports_is_there(page):
    lines = page.read_text(encoding="utf-8").splitlines()
    for line in lines:
        if re.match(r"(from|import) (tlcourse|scripts)\b.*[^,(]$", line):
            exec(line, {})
