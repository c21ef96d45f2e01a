"""Decks to carry away: one HTML file a notebook that needs neither network nor kernel, and a PDF.

A widget is shown as the static picture that it stored. Formulas are drawn by matplotlib.
"""

import copy
from functools import lru_cache
from pathlib import Path

import nbformat
from nbconvert.exporters import SlidesExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from traitlets import Set
from traitlets.config import Config

from tlcourse import paths
from tlcourse.browsers import CannotPrint, find_browser, print_page
from tlcourse.tools.slides.formulas import formula_html
from tlcourse.tools.slides.reveal import as_module_url, reveal_files
from tlcourse.widgets.base import TO_WAKE

WIDTH, HEIGHT = 1280, 720
SLIDES_CSS = paths.PROJECT / "notebooks" / "rise.css"
WIDGET = "application/vnd.jupyter.widget-view+json"
_TEMPLATES = Path(__file__).parent

_SHOWN = ("text/html", "text/markdown", "image/svg+xml", "image/png", "image/jpeg", "text/plain")

_EXPORTER = {
    "SlidesExporter": {"template_name": "deck", "extra_template_basedirs": [str(_TEMPLATES)]},
    "TemplateExporter": {"exclude_input_prompt": True, "exclude_output_prompt": True},
    "NbConvertBase": {"display_data_priority": list(_SHOWN)},
}


class CannotExport(RuntimeError):
    """A deck cannot be written; the message is one sentence for the instructor."""


class DeckExporter(SlidesExporter):
    """A notebook as one self-contained HTML file of slides."""

    linked = Set(help="Names of the notebooks whose decks are in the same folder.").tag(config=True)

    @property
    def default_config(self):
        config = super().default_config.copy()
        config.merge(Config(_EXPORTER))
        return config

    def markdown2html(self, context, source):
        renderer = _SlideText(self.linked)
        return MarkdownWithMath(renderer=renderer).render(source)

    markdown2html.jinja_pass_arg = SlidesExporter.markdown2html.jinja_pass_arg


class _SlideText(IPythonRenderer):
    """Markdown of a slide: formulas are pictures, links to notebooks lead to their decks."""

    def __init__(self, linked):
        super().__init__(escape=False, exclude_anchor_links=True)
        self.linked = linked

    def inline_math(self, body):
        return formula_html(body)

    def block_math(self, body):
        return f"<p>{formula_html(body)}</p>"

    def link(self, text, url, title=None):
        if url.startswith("../"):
            return text
        notebook, extension, anchor = url.partition(".ipynb")
        if not extension:
            return super().link(text, url, title)
        is_there = notebook in self.linked
        return super().link(text, f"{notebook}.html{anchor}", title) if is_there else text


def export_decks(notebooks, folder):
    """Write the deck of each notebook, and its PDF where there is a browser to print it."""
    linked = {notebook.stem for notebook in notebooks}
    decks = []
    try:
        folder = paths.writable_folder(Path(folder).expanduser()).resolve()
        for notebook in notebooks:
            deck = folder / f"{notebook.stem}.html"
            paths.write_text(deck, deck_html(notebook, linked))
            decks.append(deck)
            yield deck
    except paths.CannotWrite as problem:
        raise CannotExport(str(problem)) from None
    yield from print_pdfs(decks)


def deck_html(notebook, linked=()):
    """The deck of one notebook as HTML that asks for nothing."""
    content = nbformat.read(notebook, as_version=4)
    resources = {"deck": {"title": notebook.stem.replace("_", " "), **_deck_parts()}}
    html, _ = DeckExporter(linked=set(linked)).from_notebook_node(
        as_stored(content, notebook.name), resources
    )
    return html


def as_stored(content, name):
    """A copy for a deck: without widget states and progress bars, with speaker notes."""
    content = copy.deepcopy(content)
    cells = [cell for cell in content.cells if cell.cell_type == "code"]
    if cells and not any(cell.outputs for cell in cells):
        raise CannotExport(f"{name} has no stored outputs: run all of it, save it, export again.")
    content.metadata.pop("widgets", None)
    for cell in cells:
        cell.outputs = [output for output in cell.outputs if not is_progress(output)]
        for output in cell.outputs:
            _prepare_html(output.get("data", {}))
    content.cells = [shown for cell in content.cells for shown in _with_note(cell)]
    return content


def _with_note(cell):
    """A cell, and its speaker note as the cell that nbconvert makes a note of."""
    note = cell.metadata.get("slideshow", {}).get("notes")
    metadata = {"slideshow": {"slide_type": "notes"}}
    return [cell, nbformat.v4.new_markdown_cell(note, metadata=metadata)] if note else [cell]


def _prepare_html(data):
    """Mark the picture of a widget; leave no <section>, which reveal.js takes for a slide."""
    html = data.get("text/html")
    if html is None:
        return
    html = html.removeprefix(TO_WAKE)  # nothing runs in a deck
    html = html.replace("<section", '<div role="region"').replace("</section>", "</div>")
    data["text/html"] = f'<div class="stored-widget">{html}</div>' if WIDGET in data else html


def is_progress(output):
    """Whether a stored output is what is left of a progress bar."""
    data = output.get("data", {})
    text = data.get("text/plain", output.get("text", ""))
    is_bar = "%|" in text and "it/s" in text or "%|" in text and "s/it" in text or "/s]" in text
    return is_bar and "text/html" not in data


def print_pdfs(decks):
    """Print decks as PDF, a page a slide, by the browser of this machine."""
    browser = find_browser()
    if browser is None:
        raise CannotExport(
            "the decks are written, their PDFs are not: install Chromium, Chrome or Edge, which "
            "print them, and export again."
        )
    size, ready = {"width": WIDTH, "height": HEIGHT}, "window.Reveal?.isReady()"
    for deck in decks:
        try:
            yield print_page(browser, deck, size, ready)
        except CannotPrint as problem:
            raise CannotExport(
                f"the decks are written, {deck.stem}.pdf is not ({problem}): see that {browser} "
                "starts and that playwright is installed, and export again."
            ) from None


@lru_cache(maxsize=1)
def _deck_parts():
    """What all decks share: reveal.js and the style sheets."""
    files = reveal_files()
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "reveal_js": as_module_url(files["script"]),
        "notes_js": as_module_url(files["notes"]),
        "reveal_css": files["style"],
        "slides_css": SLIDES_CSS.read_text(encoding="utf-8"),
        "deck_css": (_TEMPLATES / "deck" / "deck.css").read_text(encoding="utf-8"),
    }
