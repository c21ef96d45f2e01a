"""The quiz in JupyterLab in a real browser, by keyboard."""

import browser as lab
import pytest

from tlcourse.course.quiz import read_questions

FIRST, SECOND, *_ = QUESTIONS = read_questions("06")


@pytest.fixture(scope="module")
def page(in_lab):
    cell = "from tlcourse.widgets import quiz\nquiz('06')"
    lab.write_notebook(in_lab.notebooks / "quiz.ipynb", [cell])
    with in_lab.open_lab("quiz.ipynb") as (page, problems):
        assert lab.run_all(page) == []
        yield page
        assert problems == []


def visible_button(page, name):
    return page.get_by_role("button", name=name).locator("visible=true")


def reply(page):
    return page.locator(".tlc-quiz [role=status]:visible").inner_text()


def test_it_is_labelled_and_no_answer_is_there_before_it_is_asked_for(page):
    content = page.content()
    assert SECOND.options[1].text in content
    assert [o.why for question in QUESTIONS for o in question.options if o.why in content] == []
    assert visible_button(page, "Check my answer").is_disabled()
    group = page.get_by_role("group", name=FIRST.text)
    assert group.get_by_role("radio").count() == len(FIRST.options)


def test_every_option_is_answered_and_the_next_question_takes_the_focus(page):
    page.locator(".tlc-quiz input[type=radio]:visible").first.focus()
    page.keyboard.press("Space")
    for place, option in enumerate(FIRST.options):
        if place:
            page.keyboard.press("ArrowDown")
            assert reply(page) == ""
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.get_by_text(option.reply).wait_for()
        assert page.evaluate("document.activeElement.textContent") == "Check my answer"
        page.keyboard.press("Shift+Tab")
    assert page.locator(".jp-Cell").count() == 1  # no key became an order to JupyterLab
    visible_button(page, "Next question").click()
    assert page.get_by_role("group", name=SECOND.text).is_visible()
    assert not page.get_by_text(FIRST.text).is_visible()
    assert page.evaluate("document.activeElement.value") == SECOND.options[0].text
    visible_button(page, "Previous question").click()
    assert reply(page) == FIRST.options[-1].reply
