"""The quizzes: every option is answered in words, and no answer leaves the kernel unasked."""

import json
from textwrap import wrap

import pytest
import traitlets
from parsed import cells_of, content_of, each_notebook

from tlcourse import widgets
from tlcourse.course.quiz import QUIZZES, Answer, Question, read_questions

NUMBERS = [file.stem for file in sorted(QUIZZES.glob("*.toml"))]
NOT_ASKED = [None, None, None]

each_quiz = pytest.mark.parametrize("number", NUMBERS)


def words_of(number):
    return [option.why for question in read_questions(number) for option in question.options]


def right_places(number):
    return [[o.right for o in question.options].index(True) for question in read_questions(number)]


@each_quiz
def test_three_questions_with_reasons_of_their_own_that_fit_on_a_slide(number):
    """An exported slide has the three questions below each other, and room for 20 lines."""
    questions, words = read_questions(number), words_of(number)
    assert len(questions) == 3
    assert all(3 <= len(question.options) <= 4 for question in questions)
    assert all(each.endswith((".", "?")) and len(each.split()) >= 6 for each in words)
    assert len(set(words)) == len(words) and max(map(len, words)) <= 220
    lines = sum(len(wrap(f"Question 1. {question.text}", 66)) for question in questions)
    lines += sum(len(wrap(o.text, 72)) for question in questions for o in question.options)
    assert lines <= 20


@each_quiz
def test_the_right_one_is_not_given_away_by_its_place_or_length(number):
    assert len(set(right_places(number))) > 1
    asked = [question.options for question in read_questions(number)]
    assert not all(max((len(o.text), o.right) for o in options)[1] for options in asked)


def test_over_the_course_every_place_is_used():
    places = [place for number in NUMBERS for place in right_places(number)]
    assert {0, 1, 2} <= set(places)
    assert max(places.count(place) for place in set(places)) <= 0.6 * len(places)


@each_quiz
def test_any_option_is_answered_in_words_and_none_before_it_is_asked_for(number):
    quiz = widgets.quiz(number)
    state, (bundle, _) = quiz.get_state(), quiz._repr_mimebundle_()
    sent = json.dumps([state, bundle], default=str, ensure_ascii=False)
    assert read_questions(number)[0].options[0].text in sent
    assert [words for words in words_of(number) if words in sent] == []
    assert set(state["asked"][0]) == {"text", "options"} and state["chosen"] == NOT_ASKED
    for i, question in enumerate(read_questions(number)):
        for place, option in enumerate(question.options):
            quiz.chosen = [*NOT_ASKED[:i], place, *NOT_ASKED[i + 1 :]]
            assert option.why in quiz.replies[i]
            assert quiz.replies[i].startswith("Right.") is option.right
            assert [bool(reply) for reply in quiz.replies] == [j == i for j in range(3)]


@pytest.mark.parametrize("chosen", [[7, None, None], [-1, None, None], [None] * 4])
def test_an_option_that_is_not_there_is_refused(chosen):
    words = "Question 1 has options 0 to|The quiz has 3 questions"
    with pytest.raises(traitlets.TraitError, match=words):
        widgets.quiz("06").chosen = chosen


def test_the_stored_view_says_to_run_the_cell_and_is_escaped():
    html = widgets.quiz(6)._repr_mimebundle_()[0]["text/html"]
    assert html.count("<ul>") == 3 and "Run this cell" in html
    options = (Answer("a < b", "Because of it.", right=True), Answer("<b>", "Never."))
    html = widgets.Quiz([Question("Is <x>?", options)])._repr_mimebundle_()[0]["text/html"]
    assert "a &lt; b" in html and "&lt;b&gt;" in html and "Is &lt;x&gt;?" in html


@pytest.mark.parametrize("missing", ["77", "six", "../06"])
def test_a_notebook_without_a_quiz_is_one_sentence(missing):
    with pytest.raises(ValueError, match="^There is no quiz .*: there are .*06.*[.]$"):
        widgets.quiz(missing)


@pytest.mark.parametrize(
    ("right", "texts", "words"),
    [
        ((False, False), "ab", "exactly one is right"),
        ((True, True), "ab", "exactly one is right"),
        ((True, False), "aa", "the same text"),
    ],
)
def test_one_option_is_right_and_all_differ(right, texts, words):
    options = (
        Answer(text, "Because.", right=each) for text, each in zip(texts, right, strict=True)
    )
    with pytest.raises(ValueError, match=words):
        Question("Which?", tuple(options))


@each_notebook
def test_a_notebook_has_one_quiz_before_remember_and_no_answer(notebook):
    number, sources = notebook.stem[:2], [cell.source for cell in cells_of(notebook)]
    (place,) = (i for i, source in enumerate(sources) if source.startswith("## Remember"))
    assert [source for source in sources if source.startswith("quiz(")] == [f'quiz("{number}")']
    assert sources[place - 1].startswith("quiz(")
    assert sources[place - 2].startswith("## Quiz")
    text = json.dumps(content_of(notebook), ensure_ascii=False)
    assert [words for words in words_of(number) if words in text] == []
