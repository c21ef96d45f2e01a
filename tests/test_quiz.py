"""The quizzes: every option is answered in words, and no answer leaves the kernel unasked."""

import json
from textwrap import wrap

import pytest
import traitlets
from parsed import NOTEBOOKS, cells_of, content_of, each_notebook

from tlcourse import widgets
from tlcourse.course.quiz import QUIZZES, Answer, Question, read_questions

NUMBERS = [file.stem for file in sorted(QUIZZES.glob("*.toml"))]

each_quiz = pytest.mark.parametrize("number", NUMBERS)


def words_of(number):
    return [option.why for question in read_questions(number) for option in question.options]


def right_places(number):
    return [[o.right for o in question.options].index(True) for question in read_questions(number)]


def is_quiz(cell):
    return cell.cell_type == "code" and "quiz(" in cell.source


@each_quiz
def test_three_questions_and_every_option_has_a_reason_of_its_own(number):
    questions = read_questions(number)
    assert len(questions) == 3
    assert all(3 <= len(question.options) <= 4 for question in questions)
    assert all(words.endswith((".", "?")) and len(words.split()) >= 6 for words in words_of(number))
    assert len(set(words_of(number))) == len(words_of(number))


@each_quiz
def test_it_fits_on_a_slide(number):
    """An exported slide has the three questions below each other, and room for 20 lines."""
    questions = read_questions(number)
    lines = sum(len(wrap(f"Question 1. {question.text}", 66)) for question in questions)
    lines += sum(len(wrap(o.text, 72)) for question in questions for o in question.options)
    assert lines <= 20
    assert max(map(len, words_of(number))) <= 220


@each_quiz
def test_the_right_one_is_not_given_away_by_its_place_or_length(number):
    assert len(set(right_places(number))) > 1
    lengths = [
        [(len(option.text), option.right) for option in question.options]
        for question in read_questions(number)
    ]
    assert not all(max(options)[1] for options in lengths)


def test_over_the_course_every_place_is_used():
    places = [place for number in NUMBERS for place in right_places(number)]
    assert {0, 1, 2} <= set(places)
    assert max(places.count(place) for place in set(places)) <= 0.6 * len(places)


@each_quiz
def test_checking_any_option_answers_in_words(number):
    quiz = widgets.quiz(number)
    for i, question in enumerate(read_questions(number)):
        for place, option in enumerate(question.options):
            chosen = [None, None, None]
            chosen[i] = place
            quiz.chosen = chosen
            assert option.why in quiz.replies[i]
            assert quiz.replies[i].startswith("Right.") is option.right
            assert [bool(reply) for reply in quiz.replies] == [j == i for j in range(3)]


@each_quiz
def test_no_answer_is_sent_before_it_is_asked_for(number):
    quiz = widgets.quiz(number)
    bundle, _ = quiz._repr_mimebundle_()
    sent = json.dumps([quiz.get_state(), bundle], default=str, ensure_ascii=False)
    assert read_questions(number)[0].options[0].text in sent
    assert [words for words in words_of(number) if words in sent] == []
    state = quiz.get_state()
    assert set(state["asked"][0]) == {"text", "options"}
    assert state["replies"] == ["", "", ""] and state["chosen"] == [None, None, None]


def test_a_reply_goes_when_the_choice_is_taken_back():
    quiz = widgets.quiz("06")
    quiz.chosen = [0, None, 1]
    quiz.chosen = [None, None, 1]
    assert quiz.replies[0] == "" and quiz.replies[2]


@pytest.mark.parametrize("chosen", [[7, None, None], [-1, None, None]])
def test_an_option_that_is_not_there_is_refused(chosen):
    with pytest.raises(traitlets.TraitError, match="Question 1 has options 0 to"):
        widgets.quiz("06").chosen = chosen


def test_a_question_that_is_not_there_is_refused():
    with pytest.raises(traitlets.TraitError, match="The quiz has 3 questions"):
        widgets.quiz("06").chosen = [None] * 4


def test_the_stored_view_says_to_run_the_cell():
    bundle, _ = widgets.quiz("06")._repr_mimebundle_()
    html = bundle["text/html"]
    assert html.count("<ul>") == 3 and "Run this cell" in html
    assert "application/vnd.jupyter.widget-view+json" in bundle


def test_texts_are_escaped():
    options = (Answer("a < b", "Because of it.", right=True), Answer("<b>", "Never."))
    html = widgets.Quiz([Question("Is <x>?", options)])._repr_mimebundle_()[0]["text/html"]
    assert "a &lt; b" in html and "&lt;b&gt;" in html and "Is &lt;x&gt;?" in html


def test_the_number_may_be_an_integer():
    assert read_questions(6) == read_questions("06")


@pytest.mark.parametrize("missing", ["77", "six", "../06"])
def test_a_notebook_without_a_quiz_is_one_sentence(missing):
    with pytest.raises(ValueError, match="^There is no quiz .*: there are .*06.*[.]$"):
        widgets.quiz(missing)


@pytest.mark.parametrize("n_right", [0, 2])
def test_exactly_one_option_is_right(n_right):
    options = tuple(Answer(str(i), "Because.", right=i < n_right) for i in range(3))
    with pytest.raises(ValueError, match="exactly one is right"):
        Question("Which?", options)


def test_options_differ():
    with pytest.raises(ValueError, match="the same text"):
        Question("Which?", (Answer("a", "x", right=True), Answer("a", "y")))


@each_notebook
def test_a_notebook_has_one_quiz_before_remember(notebook):
    cells = cells_of(notebook)
    places = [place for place, cell in enumerate(cells) if is_quiz(cell)]
    remember = [i for i, cell in enumerate(cells) if cell.source.startswith("## Remember")]
    assert len(places) == len(remember) == 1
    assert places[0] == remember[0] - 1
    assert cells[places[0]].source == f'quiz("{notebook.stem[:2]}")'
    assert cells[places[0] - 1].source.startswith("## Quiz")


@each_quiz
def test_no_answer_is_stored_in_the_notebook(number):
    [notebook] = [file for file in NOTEBOOKS if file.stem.startswith(f"{number}_")]
    text = json.dumps(content_of(notebook), ensure_ascii=False)
    assert [words for words in words_of(number) if words in text] == []
