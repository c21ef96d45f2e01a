"""Widgets by mouse and by keyboard in JupyterLab in a real browser."""

from contextlib import contextmanager

import browser as lab
import pytest
from browser import wait_for_text
from test_browser_accessibility import serious_findings

from tlcourse.course.quiz import read_questions

CELLS = (
    """
from types import SimpleNamespace
import ipywidgets
from tlcourse.widgets import *
from tlcourse.widgets import claims

def echo(widget, trait, name, words=str):
    text = ipywidgets.HTML()
    def show(_=None):
        text.value = f'<output id="{name}">{words(getattr(widget, trait))}</output>'
    widget.observe(show, trait)
    show()
    return text
""",
    """
sizes = {f"conv{b}_{i}": w for b, w in enumerate((16, 48, 96, 160, 192), 1) for i in (1, 2)}
layers = LayerToggle(sizes | {"fc6": 512, "fc7": 512}, ["fc7"])
display(layers, echo(layers, "value", "layers"))
""",
    """
machine = [SimpleNamespace(name=n, available=n != "cuda", reason="No NVIDIA driver was found.")
           for n in ("cpu", "cuda", "mps")]
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
        Feedback(True, "Right. The third layer is the first."))
claims.open("warm-up").measured({"fc7 (%)": 33.1, "full network (%)": 41.9}, "Six targets.")
""",
    "quiz('06')",
    """
import torch

def pictures(n, seed):
    "Four classes told apart by the brightness of the picture."
    labels, random = torch.arange(n) % 4, torch.Generator().manual_seed(seed)
    return torch.randn(n, 3, 64, 64, generator=random) + labels[:, None, None, None], labels

sets = pictures(32, 0), pictures(40, 1), pictures(40, 2)
painter = PolicyPainter("natural", sets, epochs=2)
display(painter, echo(painter, "policy", "policy", lambda _: ",".join(painter.choices.values())))
""",
)
LAYERS = [*(f"conv{block}_{number}" for block in range(1, 6) for number in (1, 2)), "fc6", "fc7"]


@pytest.fixture(scope="module")
def widgets_page(in_lab):
    lab.write_notebook(in_lab.notebooks / "widgets.ipynb", CELLS)
    with in_lab.open_lab("widgets.ipynb", (1500, 4000)) as (page, problems):
        assert lab.run_all(page) == []
        yield page
        assert problems == []


@pytest.fixture
def page(widgets_page):
    """The page of widgets, with fc7 alone selected, and everything but the head frozen."""
    widgets_page.get_by_role("button", name="fc7", exact=True).click()
    wait_for_text(widgets_page, "layers", "['fc7']")
    painter(widgets_page).locator("select").select_option("reuse all")
    wait_for_choices(widgets_page)
    painter(widgets_page).get_by_role("radio", name="freeze").check()
    return widgets_page


def layer(page, name):
    return page.locator(f'svg.tlc-network [data-layer="{name}"]')


def painter(page):
    return page.locator(".tlc-painter")


def painted_layer(page, name):
    return painter(page).locator(f'.tlc-paint[data-layer="{name}"]')


def wait_for_choices(page, **painted):
    """Wait until Python has these choices; the others are frozen, the head is new."""
    choices = {**dict.fromkeys(LAYERS, "freeze"), **painted, "fc8": "random"}
    wait_for_text(page, "policy", ",".join(choices.values()))
    for name, choice in choices.items():
        painter(page).locator(f'[data-layer="{name}"][aria-label$=": {choice}"]').wait_for()


def wait_for_training(page):
    painter(page).locator("button:text('Train'):enabled").wait_for()
    return painter(page).locator(".tlc-news").inner_text()


def test_layers_by_mouse(page):
    layer(page, "conv4_1").click()
    wait_for_text(page, "layers", "['conv4_1', 'fc7']")
    layer(page, "conv5_1").click(modifiers=["Shift"])
    wait_for_text(page, "layers", "['conv4_1', 'conv4_2', 'conv5_1', 'fc7']")
    assert layer(page, "conv5_1").get_attribute("aria-label") == "conv5_1, 192 features, selected"
    button = page.get_by_role("button", name="fc7", exact=True)
    button.click()
    wait_for_text(page, "layers", "['fc7']")
    assert button.get_attribute("aria-pressed") == "true"
    layer(page, "fc7").click()
    status = page.locator(".tlc-status").first
    assert "At least one layer has to stay selected" in status.inner_text()
    assert layer(page, "fc7").get_attribute("aria-checked") == "true"


def test_device_by_keyboard_skips_what_is_missing(page):
    assert page.get_by_role("radio", name="cuda").is_disabled()
    assert page.get_by_text("cuda: No NVIDIA driver was found.").is_visible()
    page.get_by_role("radio", name="cpu").focus()
    page.keyboard.press("ArrowRight")
    wait_for_text(page, "device", "mps")
    page.get_by_role("radio", name="cpu").click()
    wait_for_text(page, "device", "cpu")


@contextmanager
def notebook_stays(page, focused):
    """The keys that are pressed there are no orders to JupyterLab, in its command mode."""
    notebook = "jupyterapp.shell.currentWidget.content"
    types = f"{notebook}.widgets.map(cell => cell.model.type)"
    state = f"[{notebook}.mode, {notebook}.activeCellIndex, ...{types}]"
    focused.focus()
    page.evaluate(f"{notebook}.mode = 'command'")
    focused.focus()
    before = page.evaluate(state)
    assert before[0] == "command"
    yield
    assert page.evaluate(state) == before


def test_shortcuts_of_jupyterlab_do_not_fire_inside_a_widget(page):
    with notebook_stays(page, layer(page, "fc6")):
        for key in ("a", "b", "d", "d", "ArrowDown", "ArrowUp", "Enter", "Enter"):
            page.keyboard.press(key)


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


def test_every_option_of_a_quiz_is_answered_when_asked_and_the_next_takes_the_focus(page):
    def button(name):
        return page.get_by_role("button", name=name).locator("visible=true")

    first, second, *_ = read_questions("06")
    assert not any(option.why in page.content() for option in first.options)
    assert button("Check my answer").is_disabled()
    group = page.get_by_role("group", name=first.text)
    options, reply = group.get_by_role("radio"), page.locator(".tlc-quiz [role=status]:visible")
    assert options.count() == len(first.options)
    with notebook_stays(page, options.first):
        page.keyboard.press("Space")
        for place, option in enumerate(first.options):
            if place:
                page.keyboard.press("ArrowDown")
                assert reply.inner_text() == ""
            page.keyboard.press("Tab")
            page.keyboard.press("Enter")
            page.get_by_text(option.reply).wait_for()
            assert page.evaluate("document.activeElement.textContent") == "Check my answer"
            page.keyboard.press("Shift+Tab")
    button("Next question").click()
    assert page.get_by_role("group", name=second.text).is_visible() and not group.is_visible()
    assert page.evaluate("document.activeElement.value") == second.options[0].text
    button("Previous question").click()
    assert reply.inner_text() == first.options[-1].reply


def test_paint_by_mouse(page):
    painter(page).get_by_role("radio", name="random").check()
    painted_layer(page, "conv3_2").click()
    wait_for_choices(page, conv3_2="random")
    painter(page).get_by_role("radio", name="fine-tune").check()
    painter(page).get_by_role("button", name="Paint conv5").click()
    tuned = {"conv5_1": "fine-tune", "conv5_2": "fine-tune"}
    wait_for_choices(page, conv3_2="random", **tuned)
    painted_layer(page, "conv3_1").click(modifiers=["Shift"])
    wait_for_choices(page, conv3_1="fine-tune", conv3_2="fine-tune", **tuned)
    assert painter(page).locator("select").input_value() == "my own policy"
    assert painted_layer(page, "conv3_1").locator(".tlc-letter").inner_html() == "T"
    painter(page).get_by_role("radio", name="random").check()
    boxes = [painted_layer(page, name).locator(".tlc-front").bounding_box() for name in LAYERS[:3]]
    page.mouse.move(boxes[0]["x"] + 8, boxes[0]["y"] + 60)
    page.mouse.down()  # and what it is dragged across
    page.mouse.move(boxes[-1]["x"] + 8, boxes[0]["y"] + 60, steps=40)
    page.mouse.up()
    crossed = dict.fromkeys(LAYERS[:3], "random")
    wait_for_choices(page, conv3_1="fine-tune", conv3_2="fine-tune", **tuned, **crossed)


def test_paint_by_keyboard_alone_and_shortcuts_of_jupyterlab_do_not_fire(page):
    painted = {}
    with notebook_stays(page, painted_layer(page, "conv1_1")):
        for keys, layers, choice in (
            ("t", "conv1_1", "fine-tune"),
            ("ArrowRight 3", "conv1_2", "random"),
            ("ArrowRight r", "conv2_1", "random"),
            ("ArrowRight 2", "conv2_2", "fine-tune"),
            ("ArrowLeft Space", "conv2_1", "freeze"),
            ("Shift+R", "conv2_1 conv2_2", "random"),
            ("Home Shift+Enter", "conv1_1 conv1_2", "freeze"),
            ("a b d d m y ArrowDown Enter", "conv1_2", "freeze"),
        ):
            for key in keys.split():
                page.keyboard.press(key)
            painted |= dict.fromkeys(layers.split(), choice)
            wait_for_choices(page, **painted)


def test_a_preset_the_audit_and_a_refusal_are_shown(page):
    painter(page).locator("select").focus()
    page.keyboard.press("ArrowDown")
    wait_for_choices(page, fc6="random", fc7="random")
    painted_layer(page, "fc8").focus()
    page.keyboard.press("f")
    painter(page).get_by_text("is always replaced: it can only be random").wait_for()
    audit = painter(page).get_by_role("region", name="Audit").inner_text()
    assert "658,436" in audit and "0.005" in audit and "new weights" in audit


def test_train_by_keyboard_read_the_league_and_stop(page):
    train = painter(page).get_by_role("button", name="Train")
    train.press("Enter")
    assert "Trained: 1 run" in wait_for_training(page)
    painted_layer(page, "fc7").press("t")
    wait_for_choices(page, fc7="fine-tune")
    painter(page).get_by_role("radio", name="1", exact=True).press("ArrowRight")
    train.press("Enter")
    assert "Trained: 2 runs" in wait_for_training(page)
    rows = painter(page).locator("tr[data-policy]")
    assert rows.count() == 2 and "best" in rows.first.inner_text()
    for name, count, parameters in (("reuse all", "1", "2,052"), ("my policy 1", "2", "264,708")):
        row = rows.and_(page.locator(f"[data-policy='{name}']"))
        _, policy, _, seeds, trained, _ = row.locator("td").all_inner_texts()
        assert name in policy and seeds == count and parameters in trained
    painter(page).locator("select").select_option("fine-tune all")
    train.click()
    page.wait_for_function("document.querySelector('.tlc-news').textContent.includes('accuracy')")
    painter(page).locator("select").select_option("reuse all")  # painting goes on
    wait_for_choices(page)
    painter(page).get_by_role("button", name="Stop").click()
    assert "Stopped: what was learned so far counts." in wait_for_training(page)
    assert rows.count() == 3


def test_widgets_are_read_in_the_dark(page):
    with lab.in_the_dark(page):
        assert serious_findings(page, ".jp-OutputArea-output") == []
