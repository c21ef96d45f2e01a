"""Slides as a room sees them: every slide of every deck, and live slides, in a real browser."""

import os
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path

import browser as lab
import nbformat
import pytest
from parsed import NOTEBOOKS, code_of, content_of, each_notebook
from statements import needed_by
from test_slides import cell
from test_stage import ON_STAGE

from tlcourse.tools.slides import export

SIZES = ((1920, 1080), (1280, 720))
LIMITS = {
    "smallestText": 15.9,  # px of 720 lines: 24 px of 1080, less rounding
    "smallestFigure": 0.74,  # its smallest labels are 15 px when it is not shrunk
    "smallestCode": 19.9,
    "isOnStage": True,
}
MEASURE, SEEN = (
    Path(__file__).with_name(f"slide_{name}.js").read_text(encoding="utf-8")
    for name in ("measure", "seen")
)
MEASURE_DECK = f"""(limits) => {{
  const measure = {MEASURE};
  const found = {{}};
  [...document.querySelectorAll(".slides > section")].forEach((stack, h) =>
    [...stack.children].forEach((slide, v) => {{
      Reveal.slide(h, v);
      const problems = measure(slide, limits);
      const place = `${{h}}.${{v}} ${{slide.innerText.trim().slice(0, 40)}}`;
      if (problems.length) found[place] = problems;
    }}));
  return found;
}}"""
PRESENT = "document.querySelector('.slides > section.present > section.present')?.id"
IN_THE_OVERVIEW = """() => [...document.querySelectorAll(".slides > section > section")]
  .filter((slide) => {
    const { x, y, width, height } = slide.getBoundingClientRect();
    const there = document.elementFromPoint(x + width / 2, y + height / 2);
    return there && slide.contains(there);
  }).length
"""
ON_A_SLIDE = ".slides .jp-Cell:not(.reveal-skip) .jp-OutputArea-output.lm-Panel"
ALWAYS_LIVE = ("06", "08")  # with the explorer and the painter
ALL_LIVE = os.environ.get("TLCOURSE_ALL_SLIDES") == "1"
SHOWN_LIVE = [n for n in NOTEBOOKS if ALL_LIVE or n.stem[:2] in ALWAYS_LIVE]
WIDGETS = """
import ipywidgets
slider = ipywidgets.IntSlider(5, max=10)
ipywidgets.VBox([slider, ipywidgets.Dropdown(options=['a', 'b', 'c'])])
"""
LIVE = (
    cell("# One"),
    cell("Say **this** aloud.", "notes"),
    cell(WIDGETS, outputs=[]),
    cell("# Three"),
    cell("slider.value", "-", outputs=[]),
    cell("from IPython.display import HTML\nHTML('<section>a card</section>')", "subslide", []),
    cell("# Five", notes="Ask *why* 1 < 2."),
)
FIGURE = """<img alt="a line" style="width:1100px;max-width:100%;height:auto"
src="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='1100' height='550'/>">"""
DRAW = f"from IPython.display import HTML\nHTML('''{FIGURE}''')"
PREDICT = """from tlcourse.widgets import claims
claim = claims.open("reuse-all")
claim.predict(
    "A linear SVM on the last layer, or a network trained from scratch until its plateau?",
    ["from scratch", "the last layer, near", "the last layer, near and far", "neither"],
)"""
MEASURED = """claim.measured(
    {name: [3.0, 2.0, 4.0] for name in claim.claim.conditions}, on="six sets", limits="one network"
)"""


@pytest.fixture(scope="module")
def form():
    """A claim in the form of the course, with its outputs."""
    stage = {}
    exec(f"{PREDICT}\nprediction = claim.prediction\ncard = {MEASURED}", stage)  # noqa: S102
    question = {export.WIDGET: {}, "text/html": stage["prediction"].to_html()}
    card = {"text/html": stage["card"]._repr_mimebundle_()["text/html"]}
    code = "value = 1  # a line of code\n" * 18 + DRAW
    return (
        cell("## Claim: reuse all\n\n> Last layer features and an SVM."),
        cell(PREDICT, "subslide", [question], tags=["predict"]),
        cell(code, "subslide", [{"text/html": FIGURE}], hidden=True),
        cell(DRAW, "subslide", [{"text/html": FIGURE}], tags=["no-code"]),
        cell(MEASURED, "subslide", [card], tags=["claim:reuse-all"], hidden=True),
    )


def check_form(page):
    """Go through the steps of ``form`` by the key of a presenter, and see what the room sees."""
    for step in range(6):
        for size in SIZES:
            lab.set_size(page, size)
            page.wait_for_timeout(200)
            slide = page.locator(".slides > section.present > section.present")
            assert slide.evaluate(MEASURE, LIMITS) == []
            seen = slide.evaluate(SEEN)
            assert seen["code"] == (step in (2, 3))
            assert (seen["figure"] >= 1150) == (step in (3, 4))
            assert seen["options"] == ([28] * 4 if step == 1 else [])
            assert seen["end"] > 560 or step != 1
            assert seen["card"] == (step == 5)
        page.keyboard.press("PageDown")


def limits_of(notebook):
    """What a slide of a notebook is held to: all of the code shows where it is on stage."""
    return LIMITS | {"isOnStage": notebook.stem[:2] in ON_STAGE}


@pytest.fixture(scope="module")
def decks(chromium):
    """A page for decks, without a network; and what went wrong on it."""
    context = chromium.new_context(offline=True)
    page, problems = context.new_page(), []
    page.set_default_timeout(lab.SLOW)
    lab.listen(page, problems, ("file:", "data:", "blob:", "about:"))
    yield page, problems
    context.close()


@pytest.fixture
def open_deck(decks, tmp_path):
    """Opens a deck from its file: the page; in the end nothing went wrong on it."""
    page, problems = decks
    problems.clear()

    def open_deck(html):
        (tmp_path / "deck.html").write_text(html, encoding="utf-8")
        lab.set_size(page, SIZES[0])
        page.emulate_media(media="screen")
        page.goto((tmp_path / "deck.html").as_uri())
        page.wait_for_function("window.Reveal?.isReady()")
        return page

    yield open_deck
    assert problems == []


@pytest.fixture
def deck_of(tmp_path):
    def deck_of(*cells):
        lab.write_cells(tmp_path / "made_up.ipynb", cells)
        return export.deck_html(tmp_path / "made_up.ipynb")

    return deck_of


@each_notebook
def test_every_slide_of_a_deck_fits(open_deck, notebook):
    page = open_deck(export.deck_html(notebook))
    for size in SIZES:
        lab.set_size(page, size)
        assert page.evaluate(MEASURE_DECK, limits_of(notebook)) == {}, size


def test_the_measure_sees_what_is_wrong(open_deck, deck_of):
    picture = '<img alt="wide" style="width:1100px" src="data:image/svg+xml,{}">'
    svg = "<svg xmlns='http://www.w3.org/2000/svg' width='1100' height='{}'/>".replace("<", "%3C")
    wrong = {
        "px too low": cell("line\n\n" * 40),
        "px too wide": cell("1", outputs=[{"text/html": '<div style="width:1400px">x</div>'}]),
        "px is too small: tiny": cell('<span style="font-size:12px">tiny</span>'),
        "picture is broken: none": cell('<img alt="none" src="data:image/png;base64,AAAA">'),
        "shrunk to 5": cell("1", outputs=[{"text/html": picture.format(svg.format(1300))}]),
        "widget is not drawn": cell("1", outputs=[{export.WIDGET: {}, "text/html": "<p></p>"}]),
        "code is cut by": cell("x = 1\n" * 30, outputs=[]),
    }
    right = cell("# Fine"), cell("1", outputs=[{"text/html": picture.format(svg.format(400))}])
    found = open_deck(deck_of(*wrong.values(), *right)).evaluate(MEASURE_DECK, LIMITS)
    assert [int(where.partition(".")[0]) for where in found] == list(range(len(wrong)))
    for sign, sentences in zip(wrong, found.values(), strict=True):
        assert any(sign in sentence for sentence in sentences), (sign, sentences)


def test_a_claim_in_a_deck(open_deck, deck_of, form):
    page = open_deck(deck_of(*form))
    check_form(page)
    page.emulate_media(media="print")  # a page of a PDF has no steps
    assert page.locator(".fragment img").bounding_box()["height"] > 600


def test_a_deck_is_driven_by_keys_and_folds_open_in_place(open_deck, deck_of):
    fold = cell("<details><summary>Solution</summary>\n\n42\n\n</details>")
    page, at = open_deck(deck_of(cell("# One"), fold, cell("# Three"))), "Reveal.getIndices().h"
    page.keyboard.press("ArrowRight")
    page.locator("summary").press("Space")
    assert page.locator("details[open]").count() == 1 and page.evaluate(at) == 1
    page.keyboard.press("PageDown")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("PageDown")
    assert page.evaluate(at) == 2


def test_overview_and_speaker_view_of_a_deck(open_deck, deck_of):
    page = open_deck(deck_of(*LIVE[:2], LIVE[-1]))
    with page.expect_popup() as popup:
        page.keyboard.press("s")
    popup.value.wait_for_function("document.body.innerText.includes('Say this aloud.')")
    page.keyboard.press("ArrowRight")
    popup.value.wait_for_function("document.body.innerText.includes('Ask why 1 < 2.')")
    popup.value.close()
    page.keyboard.press("o")
    page.wait_for_selector(".reveal.overview")
    page.wait_for_timeout(1000)
    assert page.evaluate(IN_THE_OVERVIEW) == 2  # beside each other


def test_a_pdf_has_a_page_for_every_step(chromium, deck_of, form, tmp_path):
    (tmp_path / "deck.html").write_text(deck_of(*form, cell("# End")), encoding="utf-8")
    with ThreadPoolExecutor() as threads:  # Playwright runs once in a thread
        (pdf,) = threads.submit(list, export.print_pdfs([tmp_path / "deck.html"])).result()
    content = pdf.read_bytes()
    assert content.startswith(b"%PDF") and len(re.findall(rb"/Type\s*/Page\b", content)) == 7
    assert set(re.findall(rb"/MediaBox \[([^\]]*)\]", content)) == {b"0 0 960 540"}  # 3/4 pt a px


@contextmanager
def live(in_slides, cells):
    """A page of live slides on which nothing goes wrong."""
    lab.write_cells(in_slides.notebooks / "live.ipynb", cells)
    with in_slides.open_slides("live.ipynb", SIZES[0]) as (page, problems):
        yield page
        assert problems == []


@pytest.fixture(scope="module")
def made_up(in_slides):
    with live(in_slides, LIVE) as page:
        yield page


def show(page, slide):
    page.evaluate(f"location.hash = '#/slide-{slide}'")
    page.wait_for_function(f"{PRESENT} === 'slide-{slide}'")
    page.evaluate("document.activeElement.blur()")


def place(page):
    """Where the slides are, as "1-0"."""
    return page.evaluate(PRESENT).removeprefix("slide-")


def press(page, keys):
    """Where the slides are after each key."""
    places = []
    for key in keys:
        page.keyboard.press(key)
        page.wait_for_timeout(100)
        places.append(place(page))
    return places


def test_the_verb_opens_its_notebook(in_slides):
    with in_slides.open("") as (page, _):
        page.wait_for_selector("section.present", state="attached")
        assert "/slides/notebooks/06_feature_extraction.ipynb" in page.url


def test_a_claim_live(in_slides, form):
    with live(in_slides, form) as page:
        check_form(page)


def test_in_the_notebook_code_shows_and_outputs_wait_until_they_are_run(in_lab, form):
    lab.write_cells(in_lab.notebooks / "claim.ipynb", form)
    with in_lab.open_lab("claim.ipynb") as (page, problems):
        hidden = page.locator(".jp-OutputPlaceholder")
        assert hidden.count() == 2 and page.locator(".jp-CodeCell .jp-Editor").count() == 4
        assert page.locator(".jp-OutputArea-output > img").count() == 1
        assert lab.run_all(page) == []
        page.wait_for_selector(".jp-OutputArea-output .tlc-card")
        assert hidden.count() == 0 and page.locator(".jp-OutputArea-output > img").count() == 2
        assert problems == []


def with_what_widgets_rest_on(notebook):
    """The notebook, its other code cells empty: without them it runs in seconds."""
    content, sources = deepcopy(content_of(notebook)), code_of(notebook)
    needed = needed_by(lab.widget_cells(notebook), sources)
    for at in sources.keys() - needed.keys():
        content.cells[at].update(source="", outputs=[])
    return content


@pytest.mark.parametrize("notebook", SHOWN_LIVE, ids=lambda path: path.stem)
def test_every_live_slide_fits_and_every_widget_is_drawn(in_slides, notebook):
    stored = export.as_stored(content_of(notebook), notebook.name).cells
    stored = [c for c in stored if c.metadata.slideshow.slide_type != "skip"]
    outputs = [output.get("data", {}) for c in stored for output in c.get("outputs", [])]
    if not ALL_LIVE:
        nbformat.write(with_what_widgets_rest_on(notebook), in_slides.notebooks / notebook.name)
    with in_slides.open_slides(notebook.name, SIZES[0]) as (page, problems):
        for size in SIZES:
            lab.set_size(page, size)
            found = {}
            for slide in page.locator(".slides > section > section").all():
                at = slide.get_attribute("id").removeprefix("slide-")
                show(page, at)
                found[at] = slide.evaluate(MEASURE, limits_of(notebook))
            assert {at: wrong for at, wrong in found.items() if wrong} == {}
        assert page.locator("[data-mime-type*=stderr], .jp-mod-error").count() == 0
        assert page.locator(ON_A_SLIDE).count() == sum(export.WIDGET in data for data in outputs)
        assert problems == []


def test_cells_are_run_and_keys_work_before_any_click(made_up):
    text = made_up.locator("#slide-2-0 .jp-OutputArea-output").inner_text()
    assert text.strip() == "5"
    assert made_up.evaluate("document.querySelector('#tlcourse-status').textContent") == ""
    show(made_up, "1-0")
    places = press(made_up, ["Home", "End", "PageUp", "ArrowUp", "ArrowDown", "ArrowRight"])
    assert places == ["0-0", "3-0", "2-1", "2-0", "2-1", "3-0"]
    show(made_up, "2-0")  # an output with sections adds no slide
    assert press(made_up, ["Space", "Space"]) == ["2-1", "3-0"]


def test_keys_stay_in_a_slider_and_in_a_list(made_up):
    show(made_up, "2-0")  # which the slides remember of the second
    show(made_up, "1-0")
    made_up.locator(".noUi-handle").first.focus()
    for key, expected in (("ArrowRight", "6"), ("ArrowUp", "7"), ("Home", "0"), ("End", "10")):
        assert press(made_up, [key]) == ["1-0"]
        assert made_up.locator(".widget-readout").inner_text() == expected
    assert press(made_up, ["t", "Space", "PageDown"]) == ["1-0", "1-0", "2-0"]
    show(made_up, "1-0")
    (listed := made_up.locator(".widget-dropdown select")).focus()
    assert press(made_up, ["ArrowDown", "ArrowRight", "PageDown"]) == ["1-0", "1-0", "2-0"]
    assert listed.input_value() == "c"


def test_letters_change_no_cells_and_shift_enter_runs_one_and_stays(made_up):
    show(made_up, "2-0")
    made_up.locator("#slide-2-0 h1").click()
    assert set(press(made_up, "abxdd1")) == {"2-0"}
    assert made_up.locator(".jp-Cell").count() == len(LIVE)
    made_up.locator("#slide-2-0 h1").click()
    before = made_up.locator("#slide-2-0 .jp-InputPrompt").last.text_content()
    assert press(made_up, ["Shift+Enter"]) == ["2-0"]
    made_up.wait_for_function(
        """(before) => { const prompts = document.querySelectorAll("#slide-2-0 .jp-InputPrompt");
          return /\\d/.test(prompts[1].textContent) && prompts[1].textContent !== before }""",
        arg=before,
    )


def test_a_cell_that_takes_too_long_is_interrupted(in_slides):
    long = cell("import time\nprint('begun')\ntime.sleep(600)", outputs=[])
    lab.write_cells(in_slides.notebooks / "long.ipynb", [cell("# One"), long])
    with in_slides.open("slides/notebooks/long.ipynb") as (page, _):
        page.get_by_text("begun", exact=True).wait_for(state="attached")
        page.keyboard.press("i")
        page.get_by_text("cell 1 stopped: KeyboardInterrupt").wait_for()


def test_overview_and_speaker_view_of_live_slides(made_up):
    show(made_up, "0-0")
    made_up.keyboard.press("w")
    made_up.wait_for_selector(".reveal.overview")
    made_up.wait_for_timeout(1000)
    assert made_up.evaluate(IN_THE_OVERVIEW) >= 2
    made_up.keyboard.press("w")
    made_up.wait_for_selector(".reveal:not(.overview)")
    with made_up.expect_popup() as popup:
        made_up.keyboard.press("t")
    popup.value.wait_for_function("document.body.innerText.includes('Say this aloud.')")
    note = popup.value.locator(".speaker-controls-notes .value")
    assert note.inner_text().strip() == "Say this aloud."
    show(made_up, "3-0")
    popup.value.wait_for_function("document.body.innerText.includes('Ask why')")
    assert note.inner_text().strip() == "Ask why 1 < 2."
    popup.value.close()
