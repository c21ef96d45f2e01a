"""The quizzes: every option is answered in words, and no answer leaves the kernel unasked."""

import json
from dataclasses import replace

import pytest
import traitlets
from parsed import cells_of, each_notebook

from tlcourse import widgets
from tlcourse.course.quiz import QUIZZES, Answer, Question, read_questions

NUMBERS = [file.stem for file in sorted(QUIZZES.glob("*.toml"))]
NOT_ASKED = [None, None, None]

each_quiz = pytest.mark.parametrize("number", NUMBERS)


def words_of(number):
    return [option.why for question in read_questions(number) for option in question.options]


@each_quiz
def test_three_questions_with_reasons_of_their_own(number):
    questions, words = read_questions(number), words_of(number)
    assert len(questions) == 3
    assert all(3 <= len(question.options) <= 4 for question in questions)
    assert all(each.endswith((".", "?")) and len(each.split()) >= 6 for each in words)
    assert len(set(words)) == len(words) and max(map(len, words)) <= 220


def test_the_right_one_is_not_given_away_by_its_place_or_length():
    everywhere = []
    for number in NUMBERS:
        asked = [question.options for question in read_questions(number)]
        places = [[option.right for option in options].index(True) for options in asked]
        assert len(set(places)) > 1
        assert not all(max((len(o.text), o.right) for o in options)[1] for options in asked)
        everywhere += places
    assert max(map(everywhere.count, range(3))) <= 0.6 * len(everywhere)


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


RIGHT, WRONG = Answer("a < b", "Because of it.", right=True), Answer("<b>", "Never.")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: widgets.quiz("77"), "^There is no quiz '77': there are .*06.*[.]$"),
        (lambda: Question("Which?", (WRONG,)), "exactly one is right"),
        (lambda: Question("Which?", (RIGHT, RIGHT)), "exactly one is right"),
        (lambda: Question("Which?", (RIGHT, replace(RIGHT, right=False))), "the same text"),
        (lambda: widgets.quiz("06").set_trait("chosen", [7, None, None]), "has options 0 to"),
        (lambda: widgets.quiz("06").set_trait("chosen", [-1, None, None]), "has options 0 to"),
        (lambda: widgets.quiz("06").set_trait("chosen", [None] * 4), "The quiz has 3 questions"),
    ],
)
def test_what_is_no_quiz_question_or_option_is_refused(make, words):
    with pytest.raises((ValueError, traitlets.TraitError), match=words):
        make()


def test_the_stored_view_is_escaped():
    html = widgets.Quiz([Question("Is <x>?", (RIGHT, WRONG))]).to_html()
    assert "a &lt; b" in html and "&lt;b&gt;" in html and "Is &lt;x&gt;?" in html


@each_notebook
def test_a_notebook_has_one_quiz_before_remember(notebook):
    number, sources = notebook.stem[:2], [cell.source for cell in cells_of(notebook)]
    (place,) = (i for i, source in enumerate(sources) if source.startswith("## Remember"))
    assert [source for source in sources if source.startswith("quiz(")] == [f'quiz("{number}")']
    assert sources[place - 1].startswith("quiz(") and "## Quiz\n" in sources[place - 2]
