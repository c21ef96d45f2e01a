"""The quiz in JupyterLab in a real browser, by keyboard."""

import browser as lab
import pytest

from tlcourse.course.quiz import read_questions

QUESTIONS = read_questions("06")
CELL = "from tlcourse.widgets import quiz\nquiz('06')"


@pytest.fixture(scope="module")
def quiz_page(in_lab):
    lab.write_notebook(in_lab.notebooks / "quiz.ipynb", [CELL])
    with in_lab.open_lab("quiz.ipynb") as (page, problems):
        assert lab.run_all(page) == []
        yield page
        assert problems == []


def reply(page):
    return page.locator(".tlc-quiz [role=status]:visible")


def options(page):
    return page.locator(".tlc-quiz input[type=radio]:visible")


def check(page):
    return page.get_by_role("button", name="Check my answer").locator("visible=true")


def test_no_answer_is_in_the_page_before_it_is_asked_for(quiz_page):
    content = quiz_page.content()
    assert QUESTIONS[1].options[1].text in content
    assert [o.why for question in QUESTIONS for o in question.options if o.why in content] == []
    assert check(quiz_page).is_disabled()


def test_the_group_is_labelled_by_its_question(quiz_page):
    group = quiz_page.get_by_role("group", name=QUESTIONS[0].text)
    assert group.get_by_role("radio").count() == len(QUESTIONS[0].options)


def test_every_option_is_answered_and_the_button_keeps_the_focus(quiz_page):
    options(quiz_page).first.focus()
    quiz_page.keyboard.press("Space")
    for place, option in enumerate(QUESTIONS[0].options):
        if place:
            quiz_page.keyboard.press("ArrowDown")
            assert reply(quiz_page).inner_text() == ""
        quiz_page.keyboard.press("Tab")
        quiz_page.keyboard.press("Enter")
        quiz_page.get_by_text(option.reply).wait_for()
        assert quiz_page.evaluate("document.activeElement.textContent") == "Check my answer"
        quiz_page.keyboard.press("Shift+Tab")
    assert quiz_page.locator(".jp-Cell").count() == 1  # no key became an order to JupyterLab


def test_next_question_takes_the_focus_and_the_reply_stays(quiz_page):
    quiz_page.get_by_role("button", name="Next question").locator("visible=true").click()
    assert quiz_page.get_by_role("group", name=QUESTIONS[1].text).is_visible()
    assert not quiz_page.get_by_text(QUESTIONS[0].text).is_visible()
    value = quiz_page.evaluate("document.activeElement.value")
    assert value == QUESTIONS[1].options[0].text
    quiz_page.get_by_role("button", name="Previous question").locator("visible=true").click()
    assert reply(quiz_page).inner_text() == QUESTIONS[0].options[-1].reply
