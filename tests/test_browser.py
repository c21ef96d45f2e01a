"""Widgets by mouse and by keyboard in JupyterLab in a real browser."""

import browser as lab
import pytest
from accessibility import serious_findings
from browser import wait_for_text

CELLS = (
    """
from types import SimpleNamespace
import ipywidgets
from tlcourse.widgets import *
from tlcourse.widgets import claims

def echo(widget, trait, name):
    text = ipywidgets.HTML(f'<output id="{name}">-</output>')
    def show(change):
        text.value = f'<output id="{name}">{change.new}</output>'
    widget.observe(show, trait)
    return text
""",
    """
sizes = {f"conv{b}_{i}": w for b, w in enumerate((16, 48, 96, 160, 192), 1) for i in (1, 2)}
layers = LayerToggle(sizes | {"fc6": 512, "fc7": 512}, ["fc7"])
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
display(Feedback(None, "Nothing comes back yet."), Feedback(False, "It averages over images."),
        Feedback(True, "Right. The third layer is the first that sees the whole picture."))
claims.open("warm-up").measured({"fc7 (%)": 33.1, "full network (%)": 41.9}, "Six targets.")
""",
)


@pytest.fixture(scope="module")
def widgets_page(in_lab):
    lab.write_notebook(in_lab.notebooks / "widgets.ipynb", CELLS)
    with in_lab.open_lab("widgets.ipynb", (1500, 2400)) as (page, problems):
        assert lab.run_all(page) == []
        yield page
        lab.screenshot(page, "widgets-light")
        assert problems == []


@pytest.fixture
def page(widgets_page):
    """The page of widgets, with fc6 and then fc7 alone selected."""
    for name in ("fc6", "fc7"):
        widgets_page.get_by_role("button", name=name, exact=True).click()
        wait_for_text(widgets_page, "layers", f"['{name}']")
    return widgets_page


def layer(page, name):
    return page.locator(f'svg.tlc-network [data-layer="{name}"]')


def test_layers_by_mouse(page):
    layer(page, "conv4_1").click()
    wait_for_text(page, "layers", "['conv4_1', 'fc7']")
    layer(page, "conv5_1").click(modifiers=["Shift"])
    wait_for_text(page, "layers", "['conv4_1', 'conv4_2', 'conv5_1', 'fc7']")
    button = page.get_by_role("button", name="fc7", exact=True)
    button.click()
    wait_for_text(page, "layers", "['fc7']")
    assert button.get_attribute("aria-pressed") == "true"
    layer(page, "fc7").click()
    status = page.locator(".tlc-status").first
    assert "At least one layer has to stay selected" in status.inner_text()
    assert layer(page, "fc7").get_attribute("aria-checked") == "true"


def test_layers_by_keyboard(page):
    layer(page, "fc7").focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Space")
    wait_for_text(page, "layers", "['conv5_2', 'fc7']")
    assert layer(page, "conv5_2").get_attribute("aria-checked") == "true"
    assert layer(page, "conv5_2").get_attribute("aria-label") == "conv5_2, 192 features, selected"
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    wait_for_text(page, "layers", "['conv1_1', 'conv5_2', 'fc7']")
    assert page.evaluate("document.activeElement.dataset.layer") == "conv1_1"


def test_device_by_keyboard_skips_what_is_missing(page):
    assert page.get_by_role("radio", name="cuda").is_disabled()
    assert page.get_by_text("cuda: No NVIDIA driver was found.").is_visible()
    page.get_by_role("radio", name="cpu").focus()
    page.keyboard.press("ArrowRight")
    wait_for_text(page, "device", "mps")
    page.get_by_role("radio", name="cpu").click()
    wait_for_text(page, "device", "cpu")


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
    wait_for_text(page, "committed", "fc6")
    assert page.get_by_role("radio", name="no difference").is_disabled()
    page.get_by_role("button", name="Change my prediction").click()
    wait_for_text(page, "committed", "None")
    page.get_by_role("radio", name="the full network").check()
    page.get_by_role("button", name="Commit").press("Enter")
    wait_for_text(page, "committed", "the full network")


def test_widgets_are_read_in_the_dark(page):
    with lab.in_the_dark(page):
        lab.screenshot(page, "widgets-dark")
        assert serious_findings(page, ".jp-OutputArea-output") == []
