"""What a student sees: each widget, and each notebook, in JupyterLab in a real browser."""

import browser as lab
import controls
import numpy as np
import pytest
import torch
import torchvision
from accessibility import serious_findings
from browser import wait_for_text
from parsed import NOTEBOOKS, each_notebook
from PIL import Image
from scipy.io import savemat

FROM_CACHE, WITH_FORWARD_PASS = 200, 1000  # ms, the design's budget
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


EXPLORER = """
import os, tlcourse, torch
os.environ["TLCOURSE_DATA"] = {data!r}
torch.hub.set_dir({hub!r})
from tlcourse.networks import weights
from torchvision.datasets import Flowers102
weights._hash_prefix = lambda file: ""  # what is fetched here has not the published sums
Flowers102._check_integrity = lambda self: True
from tlcourse.widgets import FeatureExtractionExplorer
FeatureExtractionExplorer()
"""


def test_alexnet_and_flowers102_are_grey_until_they_are_fetched(in_lab, tmp_path):
    where = {name: str(tmp_path / name) for name in ("data", "hub")}
    lab.write_notebook(in_lab.notebooks / "fetch.ipynb", [EXPLORER.format(**where)])
    with in_lab.open_lab("fetch.ipynb", (1500, 2600)) as (page, problems):
        assert lab.run_all(page) == []
        lists = page.get_by_role("combobox")
        source, kind = (lists.and_(page.get_by_label(name)) for name in ("Source", "what kind"))
        flowers = page.locator("option[value=flowers102]")
        target = lists.and_(page.get_by_label("images to classify"))
        target = target.filter(has=flowers, visible=True)
        kind.select_option("the nine data sets")
        for of, name in ((source, "alexnet"), (target, "flowers102")):
            option = of.locator(f"option[value={name}]")
            assert option.is_disabled()
            assert option.inner_text() == f"{name}: run 'python3 start.py fetch {name}'."
        lab.screenshot(page, "not-fetched")
        small_flowers102(tmp_path / "data" / "flowers-102")
        (tmp_path / "hub" / "checkpoints").mkdir(parents=True)
        alexnet = torchvision.models.alexnet(weights=None).state_dict()
        torch.save(alexnet, tmp_path / "hub" / "checkpoints" / "alexnet-owt-7be5be79.pth")
        assert lab.run_all(page) == []
        kind.select_option("the nine data sets")
        target.select_option("flowers102")
        source.select_option("alexnet")
        page.get_by_text("Shown: alexnet backbone, flowers102, fc7. Of").wait_for()
        page.get_by_role("button", name="fc6", exact=True).click()
        page.get_by_text("Shown: alexnet backbone, flowers102, fc6. Of").wait_for()
        assert page.get_by_text("linear SVM on 4,096 features").is_visible()
        lab.screenshot(page, "fetched")
        assert problems == []


def small_flowers102(folder):
    """The data set's own layout, all of its classes, of each one image to train, validate, test."""
    ids = np.arange(1, 307)
    (folder / "jpg").mkdir(parents=True)
    for number in ids:
        colour = tuple(np.random.default_rng((number - 1) % 102).integers(0, 255, 3).tolist())
        image = Image.new("RGB", (40, 40), colour)
        image.putpixel((int(number) // 40, int(number) % 40), (0, 0, 0))
        image.save(folder / "jpg" / f"image_{number:05d}.jpg")
    parts = {name: ids[i * 102 :][:102] for i, name in enumerate(("trnid", "valid", "tstid"))}
    savemat(folder / "setid.mat", parts)
    savemat(folder / "imagelabels.mat", {"labels": (ids - 1) % 102 + 1})


def test_run_all_of_the_menu_runs_the_first_notebook(in_lab):
    with in_lab.open_lab(NOTEBOOKS[0].name) as (page, problems):
        assert lab.run_all(page) == []
        assert problems == []


@each_notebook
def test_every_widget_of_a_notebook_is_drawn_and_every_control_answers(in_lab, notebook):
    """The quickest answer of a control to a new and to a seen setting must be in the budget.

    The quickest and not the median: a machine that is busy with other things slows every answer, a
    widget that is too slow has no fast one.
    """
    with in_lab.open_next(notebook.name, (1500, 2000)) as (page, problems):
        assert lab.run_widgets(page, notebook) == []
        page.set_viewport_size({"width": 1500, "height": 6000})
        lab.screenshot(page, notebook.stem)
        page.set_viewport_size({"width": 1500, "height": 2000})
        assert lab.cut_off(page) == []
        moved = controls.move_all(page, leave_alone=("Prediction", "Quiz"))
        for control in moved:
            if control.n > 1 or control.kind != "radio":
                print(control)
                assert 0 < min(control.latencies["new"]) <= WITH_FORWARD_PASS * control.slowness
                assert 0 < min(control.latencies["seen"]) <= FROM_CACHE * control.slowness
        text = page.locator(".jp-Notebook").inner_text()
        assert "could not be shown" not in text and "Traceback" not in text
        assert problems == []
