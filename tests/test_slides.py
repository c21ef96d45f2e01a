"""Slides without a browser: what the verb understands, and what is in an exported deck."""

import base64
import os
import re
import subprocess
import sys

import nbformat
import pytest
from parsed import NOTEBOOKS, cells_of, content_of, each_notebook

from tlcourse import browsers, cli, paths
from tlcourse.tools.slides import export, formulas, reveal, verb
from tlcourse.tools.slides.export import CannotExport, as_stored, deck_html, export_decks

ADDRESS = re.compile(r"""<link|(?:\bsrc=["']|url\(["']?|@import\s*["'])(?!data:|#)""")
SIX = "06_feature_extraction"


def cell(source, slide_type="slide", outputs=None, tags=(), hidden=False, **slideshow):
    kind = nbformat.v4.new_markdown_cell if outputs is None else nbformat.v4.new_code_cell
    metadata = {"slideshow": {"slide_type": slide_type, **slideshow}, "tags": list(tags)}
    made = kind(source, metadata=metadata)
    if hidden:
        made.metadata.jupyter = {"outputs_hidden": True}
    if outputs is not None:
        made.outputs = [nbformat.v4.new_output("display_data", data) for data in outputs]
    return made


@pytest.fixture
def write(tmp_path):
    def write(*cells, name="07_made_up.ipynb"):
        nbformat.write(nbformat.v4.new_notebook(cells=list(cells)), tmp_path / name)
        return tmp_path / name

    return write


@pytest.fixture
def one_sentence(capsys):
    """What the verb said on standard error: one sentence."""

    def said():
        (sentence,) = capsys.readouterr().err.strip().splitlines()
        assert sentence.startswith("tlcourse: ") and sentence.endswith(".")
        return sentence

    return said


def slides_in(html):
    """Text of each slide of a deck, from the HTML that reveal.js reads."""
    return html.partition('<div class="slides">')[2].partition("<script")[0].split("<section")


class TestVerb:
    def test_start_py_knows_it_and_it_is_cheap_to_read(self):
        assert cli.split_verb(["slides", "06", "--export", "x"])[0] == "slides"
        assert "slides 06" in cli.help_text()
        code = "import sys, tlcourse.tools.slides.verb; sys.exit('nbconvert' in sys.modules)"
        assert subprocess.call([sys.executable, "-c", code]) == 0

    @pytest.mark.parametrize("name", ["6", "06", SIX, f"{SIX}.ipynb"])
    def test_a_notebook_by_number_or_name(self, name):
        assert verb.find_notebook(name).stem == SIX

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (["77"], "no notebook '77'"),
            (["6x", "--export", "somewhere"], "no notebook '6x'"),
            ([], "one notebook is shown at a time"),
            (["05", "06"], "one notebook is shown at a time"),
            (["06", "--export"], "--export needs a folder"),
            (["--export", "--port=8888"], "--export needs a folder"),
            (["--export="], "--export needs a folder"),
            (["06", "--export", "x", "--port=8888"], "--port=8888 is no option of --export"),
        ],
    )
    def test_one_sentence_for_what_is_not_understood(self, arguments, words, one_sentence):
        assert verb.slides(arguments) == 2
        assert words in one_sentence()

    def test_a_bad_port_is_refused_as_by_lab(self, monkeypatch, capsys):
        monkeypatch.chdir(paths.PROJECT)
        assert cli.main(["slides", "06", "--port", "many"]) == 2
        assert "'many' is not a port" in capsys.readouterr().err

    @pytest.mark.parametrize(
        ("arguments", "apart"),
        [
            (["--export", "a b", "05", "06"], (["05", "06"], "a b", [])),
            (["06", "--export=out"], (["06"], "out", [])),
            (
                ["06", "--no-browser", "--port", "9"],
                (["06"], None, ["--no-browser", "--port", "9"]),
            ),
        ],
    )
    def test_arguments_are_told_apart(self, arguments, apart):
        assert verb.split_arguments(arguments) == apart

    def test_the_server_opens_the_notebook_and_is_for_this_machine(self):
        options = verb.server_options(verb.find_notebook("06"), ["--port=8899"])
        assert f"--SlidesApp.default_url=/slides/notebooks/{SIX}.ipynb" in options
        assert {"--ip=127.0.0.1", "--ServerApp.port_retries=0", "--port=8899"} <= set(options)
        asked = verb.server_options(NOTEBOOKS[0], ["--ip=0.0.0.0", "--ServerApp.root_dir=there"])
        assert not any(o.endswith(("127.0.0.1", str(paths.PROJECT))) for o in asked)

    def test_slides_that_would_show_no_widget_say_so(self, monkeypatch, capsys):
        monkeypatch.setattr(verb, "version", lambda package: "8.1.10")
        assert verb.slides(["06"]) == 2
        assert "no widget with ipywidgets 8.1.10" in capsys.readouterr().err


@each_notebook
def test_a_deck_asks_for_nothing_and_has_every_slide(notebook):
    html = deck_html(notebook)
    assert [html[m.start() : m.start() + 80] for m in ADDRESS.finditer(html)] == []
    assert "application/vnd.jupyter.widget" not in html and "<iframe" not in html
    kinds = [cell.metadata.slideshow.slide_type for cell in cells_of(notebook)]
    starts = sum(kind in ("slide", "subslide") for kind in kinds)
    assert len(slides_in(html)) - 1 == starts + kinds.count("slide")
    shown = (cell for cell in as_stored(content_of(notebook), notebook.name).cells)
    shown = [cell for cell in shown if cell.metadata.slideshow.slide_type != "skip"]
    for data in (o.get("data", {}) for cell in shown for o in cell.get("outputs", [])):
        assert export.WIDGET not in data or "stored-widget" in data["text/html"]


def test_progress_bars_are_left_out_and_widgets_marked():
    bar = {export.WIDGET: {}, "text/plain": "drawing: 100%|####| 3/3 [00:02<00:00, 1.3it/s]"}
    html = f"{export.TO_WAKE}<p>Device: cpu</p>"
    widget = {export.WIDGET: {}, "text/html": html, "text/plain": "Choice"}
    card = {"text/html": "<section><b>Holds</b></section>"}
    text = {"text/plain": "fc7 50% | fc6 40%"}
    content = nbformat.v4.new_notebook(cells=[cell("a", outputs=[bar, widget, card, text])])
    content.metadata.widgets = {"state": {}}
    stored = as_stored(content, "")
    kept = [output.data.get("text/html") for output in stored.cells[0].outputs]
    assert kept == [
        '<div class="stored-widget"><p>Device: cpu</p></div>',
        '<div role="region"><b>Holds</b></div>',
        None,
    ]
    assert "widgets" in content.metadata and len(content.cells[0].outputs) == 4  # as it was


def test_skipped_cells_and_notes_are_no_slides(write):
    shown = cell("# Shown"), cell("1", "-", [{"text/plain": "1"}], hidden=True)
    skipped = cell("left out", "skip"), cell("say this", "notes")
    html = deck_html(write(*shown, *skipped))
    assert "left out" not in html and "1" in slides_in(html)[-1]
    assert re.search(r'<aside class="notes">.*say this.*</aside>', html, re.DOTALL)


def test_a_note_in_the_metadata_is_on_its_own_slide(write):
    first, second = cell("# A", notes="Ask *why*."), cell("# B", notes="Count hands.")
    slides_of_deck = slides_in(deck_html(write(first, cell("more", "-"), second)))
    notes = [re.findall(r'<aside class="notes">(.*?)</aside>', s, re.S) for s in slides_of_deck]
    assert [len(found) for found in notes] == [0, 0, 1, 0, 1]
    assert "<em>why</em>" in notes[2][0] and "Count hands." in notes[4][0]
    assert "more" in slides_of_deck[2]


def test_links_lead_to_decks_that_are_there(write):
    text = "[one](01_one.ipynb#end) [two](02_two.ipynb) [paper](https://example.org/a)"
    html = deck_html(write(cell(f"{text} [word](../docs/glossary.md#word)")), linked={"01_one"})
    assert '<a href="01_one.html#end">one</a>' in html
    assert "two" in html and "02_two" not in html and "../docs" not in html
    assert '<a href="https://example.org/a">paper</a>' in html


def test_formulas_are_pictures_with_their_source_as_text(write):
    html = deck_html(write(cell(r"The kernel $(x \cdot z + 1)^2$ and $$\sqrt2 > 1$$")))
    found = re.findall(r'<img alt="([^"]*)" class="formula"', html)
    assert found == [r"(x \cdot z + 1)^2", r"\sqrt2 &gt; 1"]
    assert "$" not in slides_in(html)[-1]
    assert formulas.formula_html(r"\begin{x} <") == r"<code>\begin{x} &lt;</code>"
    styles = map(formulas.formula_html, ("x", r"\sum_{i=1}^{n} x_i^2"))
    low, high = (float(re.search(r"height:([\d.]+)em", style)[1]) for style in styles)
    assert 0.3 < low < 1 < high < 3  # the height is that of the text
    depth = re.search(r"vertical-align:(-?[\d.]+)em", formulas.formula_html("y_g"))[1]
    assert float(depth) < 0


def test_a_notebook_without_outputs_makes_no_deck(write):
    with pytest.raises(CannotExport, match="07_made_up.ipynb has no stored outputs: run all of it"):
        deck_html(write(cell("1 + 1", outputs=[])))


def test_without_a_browser_a_sentence_says_that_there_is_no_pdf(
    write, tmp_path, monkeypatch, one_sentence
):
    monkeypatch.setattr(browsers.shutil, "which", lambda name: None)
    monkeypatch.setattr(browsers, "USUAL_PLACES", ())
    assert verb.export([write(cell("a"))], tmp_path / "new" / "decks") == 1
    assert (tmp_path / "new" / "decks" / "07_made_up.html").exists()
    assert "their PDFs are not: install Chromium" in one_sentence()


@pytest.mark.skipif(os.name == "nt", reason="a shell script stands in for a browser")
@pytest.mark.parametrize("missing", ["the browser", "playwright"])
def test_what_does_not_print_is_a_sentence(write, tmp_path, monkeypatch, one_sentence, missing):
    (tmp_path / "chromium").write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    (tmp_path / "chromium").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    if missing == "playwright":
        monkeypatch.setitem(sys.modules, "playwright.sync_api", None)
    assert verb.export([write(cell("a"))], tmp_path / "decks") == 1
    assert [file.name for file in (tmp_path / "decks").iterdir()] == ["07_made_up.html"]
    assert "07_made_up.pdf is not (" in one_sentence()


def test_a_deck_appears_only_when_whole(write, tmp_path, monkeypatch):
    (folder := tmp_path / "decks").mkdir()
    (folder / "07_made_up.html").write_text("the old deck", encoding="utf-8")

    def full(self, *arguments, **options):
        self.touch()
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(type(tmp_path), "write_text", full)
        with pytest.raises(CannotExport, match="cannot be written .No space left on device"):
            list(export_decks([write(cell("a"))], folder))
    assert (folder / "07_made_up.html").read_text(encoding="utf-8") == "the old deck"
    assert len(list(folder.iterdir())) == 1


class TestReveal:
    def test_it_comes_from_the_installed_rise(self):
        files = reveal.reveal_files()
        assert "reveal.js" in files["script"][:100] and "export default" in files["script"]
        assert "postMessage" in files["notes"]
        assert files["style"].count("{") == files["style"].count("}") > 300
        data = reveal.as_module_url("export default 1; // ✓").partition("base64,")[2]
        assert base64.b64decode(data).decode("utf-8") == "export default 1; // ✓"

    def test_a_rise_without_it_is_named(self, monkeypatch, tmp_path, write, one_sentence):
        monkeypatch.setattr(reveal, "_rise_folder", lambda: tmp_path)
        export._deck_parts.cache_clear()
        assert verb.export([write(cell("a"))], tmp_path / "decks") == 1
        assert "jupyterlab-rise holds no reveal.js" in one_sentence()
        export._deck_parts.cache_clear()
