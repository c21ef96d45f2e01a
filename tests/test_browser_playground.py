"""The SVM playground on a slide in a real browser, by keyboard and by mouse."""

import browser as lab
import pytest


@pytest.fixture
def slide(in_slides):
    """The playground on the first of two slides, in a real browser."""
    path = in_slides.notebooks / "playground.ipynb"
    points = "[[-1, 0, 0], [1, 0, 1], [2, 2, 1]]"
    sources = (
        f"from tlcourse.widgets import SVMPlayground\nSVMPlayground({points}, C=1000)",
        "'the next slide'",
    )
    lab.write_notebook(path, sources, slideshow={"slide_type": "slide"})
    with in_slides.open_slides(path.name, (1920, 1080)) as (page, _):
        yield page


def test_points_move_by_keyboard_and_mouse_and_the_slide_stays(slide):
    def point(number):
        return slide.locator(f'[data-point="{number}"]')

    def wait_for_margin(text):
        shown = "text => document.querySelector('.tlc-status').textContent.includes(text)"
        slide.wait_for_function(shown, arg=f"Margin: {text} to each side")

    wait_for_margin("1.00")
    point(0).focus()
    for key in ("ArrowLeft", "Shift+ArrowLeft", "ArrowUp", "ArrowDown"):
        slide.keyboard.press(key)
    wait_for_margin("1.30")
    assert point(0).get_attribute("aria-label") == "blue circle at -1.6, 0, support vector"
    assert slide.evaluate("document.activeElement.dataset.point") == "0"
    slide.keyboard.press("Tab")
    assert slide.evaluate("document.activeElement.dataset.point") == "1"
    slide.keyboard.press("Delete")
    slide.wait_for_function("document.querySelectorAll('.tlc-dot').length === 2")
    point(1).scroll_into_view_if_needed()
    box = point(1).bounding_box()
    slide.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    slide.mouse.down()
    slide.mouse.move(box["x"] - 100, box["y"] + 60, steps=5)
    slide.mouse.up()
    slide.wait_for_function(
        "!document.querySelector('[data-point=\"1\"]').ariaLabel.includes('2, 2')"
    )
    slide.keyboard.press("Space")
    slide.wait_for_function(
        "document.querySelector('.tlc-status').textContent.includes('both classes')"
    )
    assert lab.slide_number(slide) == 0
