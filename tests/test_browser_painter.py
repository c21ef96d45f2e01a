"""The policy painter in JupyterLab in a real browser, by mouse and by keyboard."""

import browser as lab
import pytest
from accessibility import serious_findings
from browser import wait_for_text

from tlcourse.finetuning.policies import PRESETS

LAYERS = [f"conv{block}_{number}" for block in range(1, 6) for number in (1, 2)]
LAYERS += ["fc6", "fc7", "fc8"]
PRELUDE = """
import ipywidgets, torch
from tlcourse.networks.images import PreparedImages
from tlcourse.widgets import PolicyPainter

def pictures(n, seed, side=64):
    "Four classes told apart by the colour of the picture."
    random = torch.Generator().manual_seed(seed)
    labels = torch.arange(n) % 4
    colours = torch.tensor([[1., -1, -1], [-1, 1, -1], [-1, -1, 1], [1, 1, -1]])[labels]
    noise = torch.randn(n, 3, side, side, generator=random)
    classes = ["red", "green", "blue", "yellow"]
    return PreparedImages(colours[:, :, None, None] + noise, labels, classes)

def echo(painter):
    text = ipywidgets.HTML()
    def show(_=None):
        choices = ",".join(painter.choices.values())
        text.value = f'<output id="policy">{choices}</output>'
    painter.observe(show, "policy")
    show()
    return text
"""
PAINTER = """
policy_painter = PolicyPainter(
    "natural", (pictures(32, 0), pictures(40, 1), pictures(40, 2)), epochs=2
)
display(policy_painter, echo(policy_painter))
"""
VGG19 = """
PolicyPainter("vgg19")
"""


@pytest.fixture(scope="module")
def painter_page(in_lab):
    lab.write_notebook(in_lab.notebooks / "painter.ipynb", [PRELUDE, PAINTER, VGG19])
    with in_lab.open_lab("painter.ipynb", (1500, 2200)) as (page, problems):
        assert lab.run_all(page) == []
        yield page
        lab.screenshot(page, "painter-light")
        assert problems == []


@pytest.fixture
def page(painter_page):
    """The page, everything but the head frozen."""
    painter(painter_page).locator("select").select_option("reuse all")
    wait_for_choices(painter_page)
    painter(painter_page).get_by_role("radio", name="freeze").check()
    return painter_page


def painter(page, index=0):
    return page.locator(".tlc-painter").nth(index)


def layer(page, name, index=0):
    return painter(page, index).locator(f'.tlc-paint[data-layer="{name}"]')


def wait_for_choices(page, **painted):
    """Wait until Python has these choices; the others are frozen, the head is new."""
    choices = {**dict.fromkeys(LAYERS, "freeze"), "fc8": "random", **painted}
    wait_for_text(page, "policy", ",".join(choices.values()))
    page.wait_for_function(
        """choices => Object.entries(choices).every(([name, choice]) =>
          document.querySelector(`.tlc-painter [data-layer="${name}"]`)
            .getAttribute("aria-label").endsWith(`: ${choice}`))""",
        arg=choices,
    )


def wait_for_training(page):
    page.wait_for_function(
        "!document.querySelector('.tlc-painter .tlc-train .tlc-button').disabled"
    )
    return painter(page).locator(".tlc-news").inner_text()


def league(page):
    """Name of each policy in the league -> the texts of its row."""
    rows = painter(page).locator("tr[data-policy]").all()
    return {row.get_attribute("data-policy"): row.locator("td").all_inner_texts() for row in rows}


def focused(page):
    return page.evaluate("document.activeElement.dataset.layer")


def test_paint_by_mouse(page):
    painter(page).get_by_role("radio", name="random").check()
    layer(page, "conv3_2").click()
    wait_for_choices(page, conv3_2="random")
    painter(page).get_by_role("radio", name="fine-tune").check()
    painter(page).get_by_role("button", name="Paint conv5").click()
    tuned = {"conv5_1": "fine-tune", "conv5_2": "fine-tune"}
    wait_for_choices(page, conv3_2="random", **tuned)
    layer(page, "conv3_1").click(modifiers=["Shift"])
    wait_for_choices(page, conv3_1="fine-tune", conv3_2="fine-tune", **tuned)
    assert painter(page).locator("select").input_value() == "my own policy"
    assert layer(page, "conv3_1").locator(".tlc-letter").inner_html() == "T"


def test_drag_paints_what_it_crosses(page):
    painter(page).get_by_role("radio", name="random").check()
    boxes = [layer(page, name).locator(".tlc-front").bounding_box() for name in LAYERS[2:6]]
    page.mouse.move(boxes[0]["x"] + 8, boxes[0]["y"] + 60)
    page.mouse.down()
    page.mouse.move(boxes[-1]["x"] + 8, boxes[0]["y"] + 60, steps=40)
    page.mouse.up()
    wait_for_choices(page, **dict.fromkeys(LAYERS[3:6], "random"), conv2_1="random")


def test_paint_by_keyboard_alone_and_shortcuts_of_jupyterlab_do_not_fire(page):
    notebook = "jupyterapp.shell.currentWidget.content"
    state = (
        f"[{notebook}.widgets.length, {notebook}.activeCellIndex, {notebook}.mode, "
        f"...{notebook}.widgets.map(cell => cell.model.type)]"
    )
    layer(page, "conv1_1").focus()
    page.evaluate(f"{notebook}.mode = 'command'")
    layer(page, "conv1_1").focus()
    before, painted = page.evaluate(state), {}
    for key, name, choice in (
        ("t", "conv1_1", "fine-tune"),
        ("3", "conv1_2", "random"),
        ("r", "conv2_1", "random"),
        ("2", "conv2_2", "fine-tune"),
        ("1", "conv3_1", "freeze"),
        ("r", "conv3_2", "random"),
    ):
        assert focused(page) == name
        page.keyboard.press(key)
        painted[name] = choice
        wait_for_choices(page, **painted)
        page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Space")
    wait_for_choices(page, **{**painted, "conv3_2": "freeze"})
    page.keyboard.press("Shift+T")
    painted |= {"conv3_1": "fine-tune", "conv3_2": "fine-tune"}
    wait_for_choices(page, **painted)
    page.keyboard.press("Home")
    page.keyboard.press("Shift+Enter")
    painted |= {"conv1_1": "freeze", "conv1_2": "freeze"}
    wait_for_choices(page, **painted)
    for key in ("a", "b", "d", "d", "m", "y", "ArrowDown", "Enter"):
        page.keyboard.press(key)
    assert page.evaluate(state) == before


def test_presets_the_audit_and_a_refusal_are_shown(page):
    presets = painter(page).locator("select")
    assert presets.locator("option:not([disabled])").all_inner_texts() == list(PRESETS)
    presets.focus()
    page.keyboard.press("ArrowDown")
    wait_for_choices(page, fc6="random", fc7="random")
    layer(page, "fc8").focus()
    page.keyboard.press("f")
    painter(page).get_by_text("is always replaced: it can only be random").wait_for()
    audit = painter(page).get_by_role("region", name="Audit").inner_text()
    assert "658,436" in audit and "0.005" in audit and "new weights" in audit


def test_train_by_keyboard_and_read_the_league(page):
    train = painter(page).get_by_role("button", name="Train")
    train.focus()
    page.keyboard.press("Enter")
    assert "Trained: 1 run" in wait_for_training(page)
    layer(page, "fc7").focus()
    page.keyboard.press("t")
    wait_for_choices(page, fc7="fine-tune")
    painter(page).get_by_role("radio", name="1", exact=True).focus()
    page.keyboard.press("ArrowRight")
    train.focus()
    page.keyboard.press("Enter")
    assert "Trained: 2 runs" in wait_for_training(page)
    table = league(page)
    assert set(table) == {"reuse all", "my policy 1"}
    for name, count, parameters in (("reuse all", 1, "2,052"), ("my policy 1", 2, "264,708")):
        place, policy, _, seeds, trained, _ = table[name]
        assert ("best" in place) == (name == next(iter(table)))
        assert name in policy and seeds == str(count) and parameters in trained


def test_stop_keeps_what_was_learned_and_painting_goes_on(page):
    painter(page).locator("select").select_option("fine-tune all")
    painter(page).get_by_role("radio", name="3", exact=True).check()
    painter(page).get_by_role("button", name="Train").click()
    page.wait_for_function("document.querySelector('.tlc-news').textContent.includes('accuracy')")
    painter(page).locator("select").select_option("reuse all")
    wait_for_choices(page)
    painter(page).get_by_role("button", name="Stop").click()
    assert "Stopped: what was learned so far counts." in wait_for_training(page)
    assert "fine-tune all" in league(page)


def test_vgg19_is_drawn_and_audited_but_not_trained(page):
    assert painter(page, 1).locator(".tlc-paint").count() == 19
    assert painter(page, 1).get_by_role("button", name="Train").is_disabled()
    assert "drawn and audited here without its weights" in painter(page, 1).inner_text()
    layer(page, "conv4_4", 1).focus()
    page.keyboard.press("Shift+R")
    painter(page, 1).get_by_text("conv4: random.").wait_for()


def test_the_painter_is_read_in_the_dark(page):
    with lab.in_the_dark(page):
        lab.screenshot(page, "painter-dark")
        assert serious_findings(page, ".jp-OutputArea-output") == []
