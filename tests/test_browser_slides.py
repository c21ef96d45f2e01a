"""Slides as a room sees them: every slide of every deck, and live slides, in a real browser."""

import re
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path

import browser as lab
import nbformat
import pytest
from parsed import NOTEBOOKS, code_of, content_of, each_notebook
from statements import needed_by
from test_browser import CELLS, painter
from test_slides import cell

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
ON_A_SLIDE = ".slides .jp-Cell:not(.reveal-skip) .jp-OutputArea-output.lm-Panel"
SHOWN_LIVE = [NOTEBOOKS[6], NOTEBOOKS[8]]  # with the explorer and the painter
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


PLAYGROUND = """
from tlcourse.widgets import SVMPlayground
SVMPlayground([[-1, 0, 0], [1, 0, 1], [2, 2, 1]], C=1000)
"""


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
        slide = page.locator(".slides > section.present > section.present")
        for size in SIZES:
            lab.set_size(page, size)
            page.wait_for_timeout(200)
            assert slide.evaluate(MEASURE, LIMITS) == []
            seen = slide.evaluate(SEEN)
            assert seen["code"] == (step in (2, 3))
            assert (seen["figure"] >= 1150) == (step in (3, 4))
            assert seen["options"] == ([28] * 4 if step == 1 else [])
            assert seen["end"] > 560 or step != 1
            assert seen["card"] == (step == 5)
        page.keyboard.press("PageDown")


@pytest.fixture
def open_deck(offline, tmp_path):
    """Opens the deck of a notebook, or of cells: the page; in the end nothing went wrong on it."""
    page, problems = offline

    def open_deck(*cells, notebook=tmp_path / "made_up.ipynb"):
        if cells:
            lab.write_cells(notebook, cells)
        (tmp_path / "deck.html").write_text(export.deck_html(notebook), encoding="utf-8")
        lab.set_size(page, SIZES[0])
        page.goto((tmp_path / "deck.html").as_uri())
        page.wait_for_function("window.Reveal?.isReady()")
        return page

    yield open_deck
    assert problems == []


@each_notebook
def test_every_slide_of_a_deck_fits(open_deck, notebook):
    page = open_deck(notebook=notebook)
    for size in SIZES:
        lab.set_size(page, size)
        assert page.evaluate(MEASURE_DECK, LIMITS) == {}, size


def test_the_measure_sees_what_is_wrong(open_deck):
    wrong = {
        "px too low": cell("line\n\n" * 40),
        "px too wide": cell("1", outputs=[{"text/html": '<div style="width:1400px">x</div>'}]),
        "px is too small: tiny": cell('<span style="font-size:12px">tiny</span>'),
        "picture is broken: none": cell('<img alt="none" src="data:image/png;base64,AAAA">'),
        "shrunk to 5": cell("1", outputs=[{"text/html": FIGURE.replace("550", "1300")}]),
        "widget is not drawn": cell("1", outputs=[{export.WIDGET: {}, "text/html": "<p></p>"}]),
        "code is cut by": cell("x = 1\n" * 30, outputs=[]),
    }
    right = cell("# Fine"), cell("1", outputs=[{"text/html": FIGURE}])
    found = open_deck(*wrong.values(), *right).evaluate(MEASURE_DECK, LIMITS)
    assert [int(where.partition(".")[0]) for where in found] == list(range(len(wrong)))
    for sign, sentences in zip(wrong, found.values(), strict=True):
        assert any(sign in sentence for sentence in sentences), (sign, sentences)


def test_a_claim_in_a_deck(open_deck, form):
    page = open_deck(*form)
    check_form(page)
    page.emulate_media(media="print")  # a page of a PDF has no steps
    assert page.locator(".fragment img").bounding_box()["height"] > 600


def test_a_deck_is_driven_by_keys_folds_open_in_place_and_has_a_speaker_view(open_deck):
    fold = cell("<details><summary>Solution</summary>\n\n42\n\n</details>")
    page, at = open_deck(*LIVE[:2], fold, LIVE[-1]), "Reveal.getIndices().h"
    with page.expect_popup() as popup:
        page.keyboard.press("s")
    popup.value.wait_for_function("document.body.innerText.includes('Say this aloud.')")
    page.keyboard.press("ArrowRight")
    page.locator("summary").press("Space")
    assert page.locator("details[open]").count() == 1 and page.evaluate(at) == 1
    page.keyboard.press("PageDown")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("PageDown")
    assert page.evaluate(at) == 2
    popup.value.wait_for_function("document.body.innerText.includes('Ask why 1 < 2.')")
    popup.value.close()


@pytest.mark.usefixtures("chromium")
def test_a_pdf_has_a_page_for_every_step(form, tmp_path):
    lab.write_cells(tmp_path / "made_up.ipynb", [*form, cell("# End")])
    _, pdf = export.export_decks([tmp_path / "made_up.ipynb"], tmp_path)
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


@pytest.mark.parametrize("notebook", SHOWN_LIVE, ids=lambda path: path.stem)
def test_every_live_slide_fits_and_every_widget_is_drawn(in_slides, notebook):
    stored = export.as_stored(content_of(notebook), notebook.name).cells
    stored = [c for c in stored if c.metadata.slideshow.slide_type != "skip"]
    outputs = [output.get("data", {}) for c in stored for output in c.get("outputs", [])]
    content, sources = deepcopy(content_of(notebook)), code_of(notebook)
    for at in sources.keys() - needed_by(lab.widget_cells(notebook), sources).keys():
        content.cells[at].update(source="", outputs=[])  # so that it runs in seconds
    nbformat.write(content, in_slides.notebooks / notebook.name)
    with in_slides.open_slides(notebook.name, SIZES[0]) as (page, problems):
        for size in SIZES:
            lab.set_size(page, size)
            found = {}
            for slide in page.locator(".slides > section > section").all():
                at = slide.get_attribute("id").removeprefix("slide-")
                show(page, at)
                found[at] = slide.evaluate(MEASURE, LIMITS)
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


@pytest.fixture(scope="module")
def widgets(in_slides):
    """Slides with the widgets that have keys of their own."""
    sources = (CELLS[0] + CELLS[1], CELLS[-1], PLAYGROUND, "'the last slide'")
    with live(in_slides, [cell(source, outputs=[]) for source in sources]) as page:
        yield page


def walk(page, at, first, keys):
    """From the first layer on, press keys, each with the layer that has the focus then."""
    show(page, at)
    page.locator(f'section.present section.present [data-layer="{first}"]').focus()
    words = keys.split()
    for key, name in zip(words[::2], words[1::2], strict=True):
        page.keyboard.press(key)
        assert page.evaluate("document.activeElement.dataset.layer") == name
        assert place(page) == at


def test_keys_stay_in_the_layers(widgets):
    keys = "ArrowLeft fc6 ArrowUp conv5_2 ArrowRight fc6 ArrowDown fc7 ArrowRight fc7"
    walk(widgets, "0-0", "fc7", f"{keys} Home conv1_1 Space conv1_1 End fc7")
    lab.wait_for_text(widgets, "layers", "['conv1_1', 'fc7']")
    widgets.keyboard.press("PageDown")
    widgets.wait_for_function("location.hash.includes('1')")
    assert place(widgets) == "1-0"


def test_keys_stay_in_the_painter(widgets):
    keys = "ArrowRight conv1_2 ArrowDown conv2_1 t conv2_1 Shift+R conv2_1 Space conv2_1"
    walk(widgets, "1-0", "conv1_1", f"{keys} End fc8 Home conv1_1")
    painter(widgets).get_by_role("radio", name="fine-tune").check()
    painter(widgets).locator('[data-layer="conv4_1"]').click()
    for name, choice in (("conv2_2", "random"), ("conv4_1", "fine-tune")):
        widgets.locator(f'[data-layer="{name}"][data-choice="{choice}"]').wait_for()


def test_points_move_by_keyboard_and_mouse(widgets):
    show(widgets, "2-0")
    points = widgets.locator("[data-point]")
    widgets.locator(".tlc-status", has_text="Margin: 1.00 to each side").wait_for()
    points.first.focus()
    for key in ("ArrowLeft", "Shift+ArrowLeft", "ArrowUp", "ArrowDown"):
        widgets.keyboard.press(key)
    widgets.locator(".tlc-status", has_text="Margin: 1.30 to each side").wait_for()
    assert points.first.get_attribute("aria-label") == "blue circle at -1.6, 0, support vector"
    assert widgets.evaluate("document.activeElement.dataset.point") == "0"
    widgets.keyboard.press("Tab")
    assert widgets.evaluate("document.activeElement.dataset.point") == "1"
    widgets.keyboard.press("Delete")
    widgets.wait_for_function("document.querySelectorAll('.tlc-dot').length === 2")
    box = points.last.bounding_box()
    widgets.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    widgets.mouse.down()
    widgets.mouse.move(box["x"] - 100, box["y"] + 60, steps=5)
    widgets.mouse.up()
    widgets.locator("[data-point][aria-label*='2, 2']").wait_for(state="detached")
    widgets.keyboard.press("Space")
    widgets.locator(".tlc-status", has_text="both classes").wait_for()
    assert place(widgets) == "2-0"
