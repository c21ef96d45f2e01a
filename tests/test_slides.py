"""Slides without a browser: what the verb understands, and what is in an exported deck."""

import os
import re
import sys

import nbformat
import pytest
from parsed import NOTEBOOKS, cells_of, each_notebook

from tlcourse import browsers, paths
from tlcourse.tools.slides import export, formulas, reveal, verb
from tlcourse.tools.slides.export import as_stored, deck_html

ADDRESS = re.compile(r"""<link|(?:\bsrc=["']|url\(["']?|@import\s*["'])(?!data:|#)""")
SIX = "06_feature_extraction"


def cell(source, slide_type="slide", outputs=None, tags=(), hidden=False, **slideshow):
    kind = nbformat.v4.new_markdown_cell if outputs is None else nbformat.v4.new_code_cell
    metadata = {"slideshow": {"slide_type": slide_type, **slideshow}, "tags": list(tags)}
    made = kind(source, metadata=metadata | {"jupyter": {"outputs_hidden": hidden}})
    if outputs is not None:
        made.outputs = [nbformat.v4.new_output("display_data", data) for data in outputs]
    return made


def write(folder, *cells):
    file = folder / "07_made_up.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=list(cells)), file)
    return file


@pytest.fixture
def says(capsys):
    """Whether the verb said these words on standard error, in one sentence."""
    return lambda words: re.fullmatch(
        f"tlcourse: .*{re.escape(words)}.*[.]\n", capsys.readouterr().err
    )


def slides_in(html):
    """Text of each slide of a deck, from the HTML that reveal.js reads."""
    return html.partition('<div class="slides">')[2].partition("<script")[0].split("<section")


class TestVerb:
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
    def test_one_sentence_for_what_is_not_understood(self, arguments, words, says):
        assert verb.slides(arguments) == 2 and says(words)

    def test_arguments_are_told_apart(self):
        apart = verb.split_arguments
        assert apart(["--export", "a b", "05", "06"]) == (["05", "06"], "a b", [])
        assert apart(["06", "--export=out"]) == (["06"], "out", [])
        assert apart(["06", "--port", "9"]) == (["06"], None, ["--port", "9"])

    def test_the_server_is_for_this_machine_unless_it_is_asked_for_more(self):
        options = verb.server_options(NOTEBOOKS[6], ["--port=8899"])
        assert {"--ip=127.0.0.1", "--ServerApp.port_retries=0", "--port=8899"} <= set(options)
        asked = verb.server_options(NOTEBOOKS[0], ["--ip=0.0.0.0", "--ServerApp.root_dir=there"])
        assert not any(o.endswith(("127.0.0.1", str(paths.PROJECT))) for o in asked)

    def test_slides_that_would_show_no_widget_say_so(self, monkeypatch, says):
        monkeypatch.setattr(verb, "version", lambda package: "8.1.10")
        assert verb.slides(["06"]) == 2 and says("no widget with ipywidgets 8.1.10")


@each_notebook
def test_a_deck_asks_for_nothing_and_has_every_slide(notebook):
    html = deck_html(notebook)
    assert [html[m.start() : m.start() + 80] for m in ADDRESS.finditer(html)] == []
    assert "application/vnd.jupyter.widget" not in html and "<iframe" not in html
    kinds = [cell.metadata.slideshow.slide_type for cell in cells_of(notebook)]
    starts = sum(kind in ("slide", "subslide") for kind in kinds)
    assert len(slides_in(html)) - 1 == starts + kinds.count("slide")


def test_progress_bars_are_left_out_and_widgets_marked():
    bar = {export.WIDGET: {}, "text/plain": "drawing: 100%|####| 3/3 [00:02<00:00, 1.3it/s]"}
    widget = {export.WIDGET: {}, "text/html": f"{export.TO_WAKE}<p>Device: cpu</p>"}
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


def test_notes_are_for_the_speaker_and_skipped_cells_for_nobody(tmp_path):
    one, two = cell("# A", notes="Ask *why*."), cell("# B", notes="Count hands.")
    more = cell("1", "-", [{"text/plain": "1"}], hidden=True), cell("say this", "notes")
    html = deck_html(write(tmp_path, one, *more, cell("left out", "skip"), two))
    notes = [re.findall(r'<aside class="notes">(.*?)</aside>', s, re.S) for s in slides_in(html)]
    assert "left out" not in html and [len(found) for found in notes] == [0, 0, 2, 0, 1]
    assert "<em>why</em>" in notes[2][0] and "say this" in notes[2][1]
    assert "<pre>1</pre>" in slides_in(html)[2]


def test_links_lead_to_decks_that_are_there(tmp_path):
    text = "[one](01_one.ipynb#end) [two](02_two.ipynb) [paper](https://example.org/a)"
    notebook = write(tmp_path, cell(f"{text} [word](../docs/glossary.md#word)"))
    html = deck_html(notebook, linked={"01_one"})
    assert '<a href="01_one.html#end">one</a>' in html
    assert "two" in html and "02_two" not in html and "../docs" not in html
    assert '<a href="https://example.org/a">paper</a>' in html


def test_formulas_are_pictures_with_their_source_as_text(tmp_path):
    html = deck_html(write(tmp_path, cell(r"The kernel $(x \cdot z + 1)^2$ and $$\sqrt2 > 1$$")))
    found = re.findall(r'<img alt="([^"]*)" class="formula"', html)
    assert found == [r"(x \cdot z + 1)^2", r"\sqrt2 &gt; 1"]
    assert "$" not in slides_in(html)[-1]
    assert formulas.formula_html(r"\begin{x} <") == r"<code>\begin{x} &lt;</code>"
    heights = re.findall(r"height:([\d.]+)em;vertical-align:-", html)
    assert len(heights) == 2 and all(0.3 < float(height) < 3 for height in heights)


@pytest.mark.skipif(os.name == "nt", reason="a shell script stands in for a browser")
@pytest.mark.parametrize(
    ("missing", "words"),
    [("any browser", "their PDFs are not: install Chromium")]
    + [(missing, "07_made_up.pdf is not (") for missing in ("one that prints", "playwright")],
)
def test_what_does_not_print_is_a_sentence(tmp_path, monkeypatch, says, missing, words):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(browsers, "USUAL_PLACES", ())
    if missing != "any browser":
        (tmp_path / "chromium").write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
        (tmp_path / "chromium").chmod(0o755)
    if missing == "playwright":
        monkeypatch.setitem(sys.modules, "playwright.sync_api", None)
    folder = tmp_path / "new" / "decks"
    assert verb.export([write(tmp_path, cell("a"))], folder) == 1
    assert [file.name for file in folder.iterdir()] == ["07_made_up.html"] and says(words)


def test_what_cannot_be_exported_is_a_sentence(tmp_path, monkeypatch, says):
    assert verb.export([write(tmp_path, cell("1 + 1", outputs=[]))], tmp_path) == 1
    assert says("07_made_up.ipynb has no stored outputs: run all of it")
    notebook = write(tmp_path, cell("a"))
    assert verb.export([notebook], notebook / "decks") == 1 and says("cannot be written")
    monkeypatch.setattr(reveal, "_rise_folder", lambda: tmp_path)
    export._deck_parts.cache_clear()
    assert verb.export([notebook], tmp_path) == 1 and says("jupyterlab-rise holds no reveal.js")
    export._deck_parts.cache_clear()
