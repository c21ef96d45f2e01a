"""The widgets with keys of their own on live slides in a real browser: the slide stays."""

import browser as lab
import pytest
from browser import wait_for_text
from test_browser import CELLS, layer
from test_browser_painter import PAINTER, PRELUDE, focused, league, painter, wait_for_training
from test_browser_slides import place, show

PLAYGROUND = """
from tlcourse.widgets import SVMPlayground
SVMPlayground([[-1, 0, 0], [1, 0, 1], [2, 2, 1]], C=1000)
"""
SLIDES = (CELLS[0] + CELLS[1], PRELUDE + PAINTER, PLAYGROUND, "'the last slide'")


@pytest.fixture(scope="module")
def page(in_slides):
    path = in_slides.notebooks / "widgets_on_slides.ipynb"
    lab.write_notebook(path, SLIDES, slideshow={"slide_type": "slide"})
    with in_slides.open_slides(path.name, (1920, 1080)) as (page, problems):
        yield page
        assert problems == []


def test_keys_stay_in_the_layers(page):
    show(page, "0-0")
    layer(page, "fc7").focus()
    for key, name in (
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
        assert focused(page) == name and place(page) == "0-0"
    wait_for_text(page, "layers", "['conv1_1', 'fc7']")
    lab.screenshot(page, "widgets-on-a-slide", ".reveal")
    page.keyboard.press("PageDown")
    page.wait_for_function("location.hash.includes('1')")
    assert place(page) == "1-0"


def test_a_policy_is_painted_and_trained(page):
    show(page, "1-0")
    paint = page.locator(".tlc-painter")
    paint.locator('[data-layer="conv1_1"]').focus()
    for key, name in (
        ("ArrowRight", "conv1_2"),
        ("ArrowDown", "conv2_1"),
        ("t", "conv2_1"),
        ("Shift+R", "conv2_1"),
        ("Space", "conv2_1"),
        ("End", "fc8"),
        ("Home", "conv1_1"),
    ):
        page.keyboard.press(key)
        assert focused(page) == name and place(page) == "1-0"
    painter(page).get_by_role("radio", name="fine-tune").check()
    paint.locator('[data-layer="conv4_1"]').click()
    for name, choice in (("conv2_2", "random"), ("conv4_1", "fine-tune")):
        paint.locator(f'[data-layer="{name}"][data-choice="{choice}"]').wait_for()
    painter(page).get_by_role("button", name="Train").press("Enter")
    assert "Trained: 1 run" in wait_for_training(page)
    assert set(league(page)) == {"my policy 1"} and place(page) == "1-0"
    lab.screenshot(page, "painter-slide", ".reveal")


def test_points_move_by_keyboard_and_mouse(page):
    def point(number):
        return page.locator(f'[data-point="{number}"]')

    def wait_for_status(text):
        said = "text => [...document.querySelectorAll('.tlc-status')]"
        page.wait_for_function(f"{said}.some((each) => each.textContent.includes(text))", arg=text)

    def focused_point():
        return page.evaluate("document.activeElement.dataset.point")

    show(page, "2-0")
    wait_for_status("Margin: 1.00 to each side")
    point(0).focus()
    for key in ("ArrowLeft", "Shift+ArrowLeft", "ArrowUp", "ArrowDown"):
        page.keyboard.press(key)
    wait_for_status("Margin: 1.30 to each side")
    assert point(0).get_attribute("aria-label") == "blue circle at -1.6, 0, support vector"
    assert focused_point() == "0"
    page.keyboard.press("Tab")
    assert focused_point() == "1"
    page.keyboard.press("Delete")
    page.wait_for_function("document.querySelectorAll('.tlc-dot').length === 2")
    box = point(1).bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] - 100, box["y"] + 60, steps=5)
    page.mouse.up()
    page.wait_for_function(
        "!document.querySelector('[data-point=\"1\"]').ariaLabel.includes('2, 2')"
    )
    page.keyboard.press("Space")
    wait_for_status("both classes")
    assert place(page) == "2-0"
