"""What a student sees: each widget, and each notebook, in JupyterLab in a real browser."""

import shutil

import browser as lab
import nbformat
import pytest

pytestmark = pytest.mark.browser
FROM_CACHE, WITH_FORWARD_PASS = 200, 1000  # ms, the design's budget
NOTEBOOKS = sorted((lab.PROJECT / "notebooks").glob("[0-9]*.ipynb"))
CELLS = (
    """
from types import SimpleNamespace
import time
import ipywidgets
from tlcourse.widgets import *

def echo(widget, trait, name):
    text = ipywidgets.HTML(f'<output id="{name}">-</output>')
    def show(change):
        text.value = f'<output id="{name}">{change.new}</output>'
    widget.observe(show, trait)
    return text
""",
    """
sizes = {f"conv{b}_{i}": w for b, w in enumerate((16, 48, 96, 160, 192), 1) for i in (1, 2)}
sizes.update(fc6=512, fc7=512)
layers = LayerToggle(sizes, ["fc7"])
display(layers, echo(layers, "value", "layers"))
""",
    """
machine = [SimpleNamespace(name="cpu", available=True, reason=""),
           SimpleNamespace(name="cuda", available=False, reason="No NVIDIA driver was found."),
           SimpleNamespace(name="mps", available=True, reason="")]
device = DeviceToggle("cpu", devices=machine)
display(device, echo(device, "value", "device"))
""",
    """
prediction = Prediction("reuse-all", "Which one wins on cats and dogs?",
                        ["fc6", "fc7", "the full network", "no difference"])
display(prediction, echo(prediction, "committed", "committed"))
""",
    """
def evaluate(backbone, family, layers, per_class):
    time.sleep(0.05)
    classes = ("Egyptian cat", "tabby", "Persian cat", "German shepherd", "Labrador retriever",
               "golden retriever", "Yorkshire terrier", "Chihuahua", "lion", "cougar")
    shares = {name: (i + len(layers)) / 25 for i, name in enumerate(classes)}
    return SimpleNamespace(accuracy=sum(shares.values()) / 10, per_class=shares,
                           n_features=sum(sizes[l] for l in layers), seconds=0.05)

families = ("cats and dogs", "insects")
explorer = FeatureExtractionExplorer(sizes, families=families, evaluate=evaluate)
explorer
""",
    """
display(check_answer(..., 3, ""), check_answer(2, 3, "", {2: "That is fc6 and fc7 alone."}),
        check_answer(3, 3, "The third layer is the first that sees the whole picture."),
        prediction.compare("fc6 wins by 2.6 points", "fc6"))
from tlcourse import claims
claims.record("reuse-all", "depends", "fc7 against the full network on six targets, five seeds.",
              {"fc7 (%)": 33.1, "full network (%)": 41.9, "targets won": 5})
""",
)


@pytest.fixture(scope="module")
def browser():
    executable = lab.find_browser()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A folder with the widgets' notebook and copies of the course's, never the course's own."""
    folder = tmp_path_factory.mktemp("notebooks")
    shutil.copytree(lab.PROJECT / "notebooks", folder, dirs_exist_ok=True)
    write_notebook(folder / "widgets.ipynb", CELLS)
    return folder


def write_notebook(path, sources, **metadata):
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [
        nbformat.v4.new_code_cell(source.strip(), metadata=metadata) for source in sources
    ]
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, path)


@pytest.fixture(scope="module", params=["Light", "Dark"])
def widgets_page(request, browser, root, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TLCOURSE_CACHE", str(tmp_path_factory.mktemp("cache")))
        settings = tmp_path_factory.mktemp("settings")
        with (
            lab.jupyterlab(root, settings, f"JupyterLab {request.param}") as url,
            lab.open_page(browser, (1500, 3300)) as (page, problems),
        ):
            assert lab.run_all(page, url("lab/tree/widgets.ipynb")) == []
            lab.start_probe(page)
            yield page, problems
            lab.screenshot(page, f"widgets-{request.param.lower()}")
            assert problems == []


@pytest.fixture
def page(widgets_page):
    return widgets_page[0]


def layer(page, name, index=0):
    return page.locator(f'svg.tlc-network >> nth={index} >> [data-layer="{name}"]')


def expect_text(page, name, text, budget=FROM_CACHE):
    page.wait_for_function(
        "([id, text]) => document.getElementById(id)?.textContent === text",
        arg=[name, text],
        timeout=5000,
    )
    report(page, name, budget)


def report(page, name, budget):
    latency = lab.last_latency(page)
    print(f"{name}: {latency:.0f} ms (budget {budget} ms)")
    assert 0 < latency <= budget


def test_layers_by_mouse(page):
    layer(page, "conv3_2").click()
    expect_text(page, "layers", "['conv3_2', 'fc7']")
    layer(page, "conv3_2").click()
    expect_text(page, "layers", "['fc7']")


def test_range_of_layers_by_shift_click(page):
    layer(page, "conv4_1").click()
    layer(page, "conv5_1").click(modifiers=["Shift"])
    expect_text(page, "layers", "['conv4_1', 'conv4_2', 'conv5_1', 'fc7']")
    page.get_by_role("button", name="fc7", exact=True).first.click()
    expect_text(page, "layers", "['fc7']")


def test_layers_by_keyboard(page):
    layer(page, "fc7").focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Space")
    expect_text(page, "layers", "['conv5_2', 'fc7']")
    assert layer(page, "conv5_2").get_attribute("aria-checked") == "true"
    assert layer(page, "conv5_2").get_attribute("aria-label") == "conv5_2, 192 features, selected"
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    expect_text(page, "layers", "['conv1_1', 'conv5_2', 'fc7']")
    assert page.evaluate("document.activeElement.dataset.layer") == "conv1_1"


def test_buttons_choose_usual_sets(page):
    for name, count in (("all convolutions", 10), ("full network", 12), ("fc6", 1)):
        button = page.get_by_role("button", name=name, exact=True).first
        button.click()
        page.wait_for_function(
            f"document.getElementById('layers').textContent.split(',').length === {count}"
        )
        report(page, f"layers, {name}", FROM_CACHE)
        assert button.get_attribute("aria-pressed") == "true"


def test_last_layer_cannot_be_taken_away(page):
    page.get_by_role("button", name="fc7", exact=True).first.click()
    expect_text(page, "layers", "['fc7']")
    layer(page, "fc7").click()
    status = page.locator(".tlc-status").first
    assert "At least one layer has to stay selected" in status.inner_text()
    assert layer(page, "fc7").get_attribute("aria-checked") == "true"


def test_device_by_keyboard_skips_what_is_missing(page):
    assert page.get_by_role("radio", name="cuda").is_disabled()
    assert page.get_by_text("cuda: No NVIDIA driver was found.").is_visible()
    page.get_by_role("radio", name="cpu").focus()
    page.keyboard.press("ArrowRight")
    expect_text(page, "device", "mps")
    page.get_by_role("radio", name="cpu").click()
    expect_text(page, "device", "cpu")


def test_shortcuts_of_jupyterlab_do_not_fire_inside_a_widget(page):
    notebook = "jupyterapp.shell.currentWidget.content"
    state = f"[{notebook}.widgets.length, {notebook}.activeCellIndex, {notebook}.mode]"
    layer(page, "fc6").focus()
    page.evaluate(f"{notebook}.mode = 'command'")
    layer(page, "fc6").focus()
    before = page.evaluate(state)
    assert before[2] == "command"
    for key in ("a", "b", "d", "d", "ArrowDown", "ArrowUp", "Enter", "Enter"):
        page.keyboard.press(key)
    assert page.evaluate(state) == before


def test_prediction_is_committed_and_can_be_changed(page):
    page.get_by_role("radio", name="fc6").check()
    page.get_by_role("button", name="Commit").click()
    expect_text(page, "committed", "fc6")
    assert page.get_by_role("radio", name="no difference").is_disabled()
    page.get_by_role("button", name="Change my prediction").click()
    expect_text(page, "committed", "None")
    page.get_by_role("radio", name="the full network").check()
    page.get_by_role("button", name="Commit").press("Enter")
    expect_text(page, "committed", "the full network")


def test_explorer_reacts_to_each_control(page):
    readout = page.get_by_text("mean class accuracy of a linear SVM").locator("xpath=../..")

    def reads(text, budget):
        shown = "t => document.body.innerText.includes(`Shown: ${t}.`)"
        page.wait_for_function(shown, arg=text, timeout=5000)
        report(page, f"explorer, {text}", budget)

    page.get_by_role("radio", name="manmade").click()
    reads("manmade backbone, cats and dogs, fc7", WITH_FORWARD_PASS)
    page.get_by_role("radio", name="insects").click()
    reads("manmade backbone, insects, fc7", WITH_FORWARD_PASS)
    layer(page, "fc6", 1).click()
    reads("manmade backbone, insects, fc6, fc7", WITH_FORWARD_PASS)
    page.get_by_role("button", name="full network").last.click()
    reads("manmade backbone, insects, 12 layers", WITH_FORWARD_PASS)
    page.get_by_role("radio", name="natural").click()
    reads("natural backbone, insects, 12 layers", WITH_FORWARD_PASS)
    page.get_by_role("radio", name="manmade").click()
    reads("manmade backbone, insects, 12 layers", FROM_CACHE)
    assert "2,048 features" in readout.inner_text()


def test_keys_stay_in_a_widget_on_a_slide(browser, tmp_path):
    (tmp_path / "slides").mkdir()
    slides = [CELLS[0] + CELLS[1], CELLS[2]]
    write_notebook(tmp_path / "slides" / "deck.ipynb", slides, slideshow={"slide_type": "slide"})
    with (
        lab.jupyterlab(tmp_path / "slides", tmp_path) as url,
        lab.open_page(browser, (1920, 1080)) as (page, _),
    ):
        page.goto(url("rise/deck.ipynb"))
        lab.run_slide(page)
        assert lab.slide_number(page) == 0
        layer(page, "fc7").focus()
        for key, focused in (
            ("ArrowLeft", "fc6"),
            ("ArrowUp", "conv5_2"),
            ("ArrowRight", "fc6"),
            ("ArrowDown", "fc7"),
            ("ArrowRight", "fc7"),
            ("Home", "conv1_1"),
            ("Space", "conv1_1"),
            ("End", "fc7"),
        ):
            page.keyboard.press(key)
            assert page.evaluate("document.activeElement.dataset.layer") == focused
            assert lab.slide_number(page) == 0
        page.wait_for_function(
            """document.getElementById("layers").textContent === "['conv1_1', 'fc7']" """
        )
        lab.screenshot(page, "widgets-on-a-slide", ".reveal")
        page.keyboard.press("PageDown")
        page.wait_for_timeout(500)
        assert lab.slide_number(page) == 1


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs_all(browser, root, tmp_path, monkeypatch, notebook):
    monkeypatch.setenv("TLCOURSE_CACHE", str(tmp_path / "cache"))
    (tmp_path / "settings").mkdir()
    with (
        lab.jupyterlab(root, tmp_path / "settings") as url,
        lab.open_page(browser, (1500, 6000)) as (page, problems),
    ):
        assert lab.run_all(page, url(f"lab/tree/{notebook.name}")) == []
        lab.screenshot(page, notebook.stem)
        assert problems == []
