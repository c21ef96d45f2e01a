"""The register of claims, the rule of their verdicts, and what is kept and shown of them."""

import ast
import re
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from parsed import NOTEBOOKS, code_of
from scipy import stats

from tlcourse import paths
from tlcourse.course import claims
from tlcourse.course.register import Entry
from tlcourse.widgets.claims import open as open_claim
from tlcourse.widgets.claims_table import table_html

pytestmark = pytest.mark.usefixtures("own_cache")
CLAIMS_OF = {
    **{"01": 6, "02": 2, "03": 5, "04": 3, "05": 4, "06": 2},
    **{"07": 2, "08": 4, "09": 5, "10": 1, "11": 3, "12": 1},
}
CLAIM = claims.Claim("task", "", "", "", "claim", "gain", "points", "target", ())
RATIO = replace(CLAIM, measured_in="times")
TWO = replace(CLAIM, conditions=("near", "far"))
SHOWN = replace(CLAIM, kind=claims.ILLUSTRATION)


def measure(effect=(2, 2.1, 2.2), claim=CLAIM, on="Three targets.", **more):
    return claims.measure(claim, effect, on, **more)


def test_register_has_the_lectures_claims_in_the_designs_notebooks():
    assert Counter(claim.notebook[:2] for claim in claims.CLAIMS.values()) == CLAIMS_OF
    for claim_id, claim in claims.CLAIMS.items():
        assert re.fullmatch(r"[a-z0-9-]+", claim_id) and claim.id == claim_id
        assert claim.slide and re.search(r'[.?!)"]$', claim.sentence), claim_id
        if claim.kind == "claim":
            assert claim.effect and claim.measured_in and claim.unit_of, claim_id
        else:
            assert claim.kind == claims.ILLUSTRATION
            assert not claim.conditions and not claim.measured_in, claim_id


def test_the_interval_is_that_of_t():
    values = np.array([2.0, 3.5, -1.0, 4.0, 2.5, 0.5])
    low, high = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    np.testing.assert_allclose(claims.effect_of(values), (values.mean(), low, high))
    low, high = stats.ttest_1samp(np.log([2, 4, 9]), 0).confidence_interval(0.95)
    wanted = np.exp([np.log([2, 4, 9]).mean(), low, high])
    np.testing.assert_allclose(claims.effect_of([2, 4, 9], zero=1.0), wanted)


@pytest.mark.parametrize("values", [[1], [], [1, np.nan], [[1, 2], [3, 4]], [1, np.inf]])
def test_values_without_an_interval_are_refused(values):
    with pytest.raises(ValueError):
        claims.effect_of(values)
    with pytest.raises(ValueError, match="ratios above 0"):
        claims.effect_of([1, 0], zero=1.0)


ABOVE, BELOW, ACROSS = (claims.Effect(*each) for each in ((2, 1, 3), (-2, -3, -1), (1, -1, 3)))


@pytest.mark.parametrize(
    ("effects", "zero", "verdict"),
    [([ABOVE], 0, "holds"), ([BELOW], 0, "does not hold here"), ([ACROSS], 0, "undecided")]
    + [([claims.Effect(1, 0, 2)], 0, "undecided"), ([ABOVE, ABOVE], 0, "holds")]
    + [([ABOVE, BELOW], 0, "depends"), ([BELOW, ACROSS, ABOVE], 0, "depends")]
    + [([ABOVE, ACROSS], 0, "undecided"), ([BELOW, ACROSS], 0, "undecided")]
    + [([claims.Effect(0.8, 0.5, 0.9)], RATIO.zero, "does not hold here")]
    + [([claims.Effect(1.5, 0.9, 2.0)], RATIO.zero, "undecided")],
)
def test_the_rule(effects, zero, verdict):
    assert claims.verdict_on(effects, zero) == verdict


def test_a_ratio_is_judged_against_one():
    assert measure(claims.Effect(0.8, 0.5, 0.9), RATIO).verdict == "does not hold here"


def test_what_was_measured_is_read_back_without_the_prediction(own_cache):
    more = {"limits": "One backbone.", "beside": {"accuracy (%)": 41}}
    kept = measure(on="Six targets.", predicted="fc7", option="fc7", **more)
    assert claims.recorded("task") == replace(kept, predicted=None, option=None)
    assert "fc7" not in (own_cache / "verdicts/task.json").read_text("utf-8")
    measure((-2, -2.1, -2.2))
    assert claims.recorded("task").verdict == "does not hold here"
    assert [file.name for file in (own_cache / "verdicts").iterdir()] == ["task.json"]


def test_a_cache_that_cannot_be_written_does_not_stop_the_lesson(tmp_path, monkeypatch):
    (tmp_path / "a file").touch()
    monkeypatch.setenv("TLCOURSE_CACHE", str(tmp_path / "a file"))
    with pytest.warns(UserWarning, match="TLCOURSE_CACHE"):
        assert measure().verdict == "holds"
    assert claims.recorded("task") is None


@pytest.mark.parametrize("broken", [b"", b"[]", b"\xff\xfe", b'{"id": "task"}', "altered"])
def test_damaged_or_altered_file_counts_as_not_recorded(own_cache, broken):
    measure(beside={"share": 0.25})
    file = own_cache / "verdicts/task.json"
    if broken == "altered":
        broken = file.read_bytes().replace(b"0.25", b"0.95")
    file.write_bytes(broken)
    with pytest.warns(UserWarning, match="moved aside to task.json.unreadable-1"):
        assert claims.recorded("task") is None
    assert (own_cache / "verdicts/task.json.unreadable-1").read_bytes() == broken


def test_unknown_claim_names_close_ones():
    with pytest.raises(ValueError, match="no claim 'reuse_all': did you mean reuse-all"):
        open_claim("reuse_all")
    with pytest.raises(ValueError, match="no claim"):
        claims.recorded("zzzzzzzz")


@pytest.mark.parametrize(
    "effect, claim, more, words",
    [
        ({"near": (1, 2)}, TWO, {}, "near, far; given are"),
        ((1, 2), TWO, {}, "near, far; given are"),
        ({"near": (1, 2)}, CLAIM, {}, "a single effect"),
        ((1, 2), CLAIM, {"beside": {"n": np.nan}}, "finite"),
        ({}, SHOWN, {}, "needs measured numbers"),
        ((1, 2), CLAIM, {"on": " "}, "on what task was measured"),
    ],
)
def test_what_cannot_be_judged_is_refused_and_nothing_is_written(effect, claim, more, words):
    with pytest.raises(ValueError, match=words):
        measure(effect, claim, **more)
    assert not (paths.cache_folder() / "verdicts").exists()


def test_an_illustration_has_numbers_and_no_verdict():
    shown = measure({"pictures": 12416, "share <b>": 0.412}, SHOWN)
    assert shown.verdict == "illustration" and not shown.effects
    page = claims.card(replace(shown, id="imagenet-growth"))
    assert "pictures <b>12,416</b>" in page and "share &lt;b&gt; <b>0.412</b>" in page
    assert not any(verdict.capitalize() in page for verdict in claims.VERDICTS)


@pytest.mark.parametrize(
    ("value", "text"),
    [(1999.9, "2,000"), (999.6, "1,000"), (-1999.9, "-2,000"), (0.41234, "0.412"), (0, "0")],
)
def test_numbers_are_rounded_and_not_cut_off_on_card_and_table(value, text):
    kept = measure(beside={"images": value})
    assert f"images <b>{text}</b>" in claims.card(kept)
    assert f"<li>images: {text}</li>" in table_html([Entry(kept.claim, kept, None, ())], 1)


def test_the_card_has_prediction_effect_interval_unit_and_verdict(monkeypatch):
    monkeypatch.setattr(claims, "find", lambda claim_id: TWO)
    kept = measure({"near": claims.Effect(4, 1, 7), "far": claims.Effect(-3, -5, -1)}, TWO)
    assert repr(kept) == "task: depends"  # the same on any machine: no number in it
    kept = replace(kept, predicted="a <b>", option="b")
    page = claims.card(kept)
    assert "You predicted: <b>a &lt;b&gt;</b> ✗ measured: b" in page
    assert "+4.0 points (1.0 to 7.0)</b> near: holds" in page
    assert "-3.0 points (-5.0 to -1.0)</b> far: does not hold here" in page
    assert "◐ Depends" in page and "Three targets." in page
    assert "No prediction was committed" in claims.card(replace(kept, predicted=None))
    assert "✓ as measured" in claims.card(replace(kept, option="a <b>"))
    assert claims.in_words(claims.Effect(3.456, 2, 5.1), RATIO) == "3.46 times (2 to 5.1)"


def test_a_claim_in_a_notebook_is_predicted_and_measured():
    claim = open_claim("warm-up")
    assert claim.measured({"n": 3}, "Something.").predicted is None
    claim.predict("Which?", ["a", "b"]).committed = "a"
    card = claim.measured({"n": 3}, "Something.", option="b")
    assert (card.predicted, card.option) == ("a", "b")
    assert claims.recorded("warm-up") is None
    with pytest.raises(ValueError, match="'c' is not an option"):
        claim.measured({"n": 3}, "Something.", option="c")


def test_verdicts_are_words_of_the_rule_alone():
    """No notebook and no module but the rule's says what a verdict is."""
    files = (
        file
        for folder in ("tlcourse", "scripts")
        for file in paths.PROJECT.glob(f"{folder}/**/*.py")
    )
    sources = {file.as_posix(): file.read_text("utf-8") for file in files}
    for notebook in NOTEBOOKS:
        cells = code_of(notebook).items()
        sources |= {f"{notebook.name}, {n}": cell for n, cell in cells if cell[:1] != "%"}
    said = {
        place
        for place, source in sources.items()
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant) and node.value in claims.VERDICTS
    }
    assert [place.endswith("tlcourse/course/claims.py") for place in said] == [True]
