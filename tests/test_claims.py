"""Claims: the rule of their verdicts, the card, one experiment each, the register as a table."""

import json
import re
import shutil
from dataclasses import replace

import numpy as np
import pytest
from parsed import NOTEBOOKS, cells_of
from scipy import stats

from scripts.remake import verdicts
from tlcourse import paths
from tlcourse.course import claims, register
from tlcourse.networks.layers import as_backbone
from tlcourse.tables.published import published_part
from tlcourse.widgets import ClaimsTable, claims_table
from tlcourse.widgets.claims import open as open_claim

pytestmark = pytest.mark.usefixtures("own_cache")
CLAIM = claims.Claim("task", "", "", "", "claim", "gain", "points", "target", ())
RATIO = replace(CLAIM, measured_in="times")
TWO = replace(CLAIM, conditions=("near", "far"))
SHOWN = replace(CLAIM, kind=claims.ILLUSTRATION)


def measure(effect=(2, 2.1, 2.2), claim=CLAIM, on="Three targets.", **more):
    return claims.measure(claim, effect, on, **more)


def test_every_claim_of_the_lecture_is_a_whole_row():
    assert len(claims.CLAIMS) == 38
    for claim_id, claim in claims.CLAIMS.items():
        assert re.fullmatch(r"[a-z0-9-]+", claim_id) and claim.id == claim_id
        assert claim.slide and re.search(r'[.?!)"]$', claim.sentence), claim_id
        if claim.kind == "claim":
            assert claim.effect and claim.measured_in and claim.unit_of, claim_id
        else:
            assert claim.kind == claims.ILLUSTRATION and not claim.conditions, claim_id


def test_the_interval_is_that_of_t():
    values, ratios = np.array([2.0, 3.5, -1.0, 4.0, 2.5, 0.5]), np.array([2.0, 4, 9])
    low, high = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    np.testing.assert_allclose(claims.effect_of(values), (values.mean(), low, high))
    logs = stats.ttest_1samp(np.log(ratios), 0)
    wanted = np.exp([np.log(ratios).mean(), *logs.confidence_interval(0.95)])
    np.testing.assert_allclose(claims.effect_of(ratios, zero=1.0), wanted)


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


def test_what_was_measured_is_read_back_without_the_prediction(own_cache):
    more = {"limits": "One backbone.", "beside": {"accuracy (%)": 41}}
    kept = measure(on="Six targets.", predicted="fc7", option="fc7", **more)
    assert claims.recorded("task") == replace(kept, predicted=None, option=None)
    assert "fc7" not in (own_cache / "verdicts/task.json").read_text("utf-8")
    ratio = measure(claims.Effect(0.8, 0.5, 0.9), RATIO)
    assert claims.recorded("task").verdict == ratio.verdict == "does not hold here"
    assert [file.name for file in (own_cache / "verdicts").iterdir()] == ["task.json"]
    shutil.rmtree(own_cache / "verdicts")
    (own_cache / "verdicts").touch()
    with pytest.warns(UserWarning, match="TLCOURSE_CACHE"):  # and the lesson goes on
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


@pytest.mark.parametrize(
    "effect, claim, more, words",
    [
        ({"near": (1, 2)}, TWO, {}, "near, far; given are"),
        ((1, 2), TWO, {}, "near, far; given are"),
        ({"near": (1, 2)}, CLAIM, {}, "a single effect"),
        ((1, 2), CLAIM, {"beside": {"n": np.nan}}, "finite"),
        ({}, SHOWN, {}, "needs measured numbers"),
        ((1, 2), CLAIM, {"on": " "}, "on what task was measured"),
        ([1], CLAIM, {}, "two values or more"),
        ([[1, 2], [3, 4]], CLAIM, {}, "two values or more"),
        ([1, np.inf], CLAIM, {}, "finite values"),
        ([1, 0], RATIO, {}, "ratios above 0"),
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
    rounded = {1999.9: "2,000", 999.6: "1,000", -1999.9: "-2,000", 0.41234: "0.412", 0: "0"}
    assert list(map(claims.as_number, rounded)) == list(rounded.values())


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
    with pytest.raises(ValueError, match="no claim 'reuse_all': did you mean reuse-all"):
        open_claim("reuse_all")
    with pytest.raises(ValueError, match="no claim 'zzzzzzzz': see docs/claims.md"):
        claims.recorded("zzzzzzzz")


def test_every_claim_has_one_experiment_in_its_notebook_and_its_card_there():
    measured = []
    for notebook in NOTEBOOKS:
        for cell in (cell for cell in cells_of(notebook) if cell.cell_type == "code"):
            tags = [tag for tag in cell.metadata.get("tags", []) if tag.startswith("claim:")]
            data = [out.get("data", {}).get(claims.JSON, {"id": "warm-up"}) for out in cell.outputs]
            assert [f"claim:{card['id']}" for card in data if card["id"] != "warm-up"] == tags
            measured += [(tag.removeprefix("claim:"), notebook.stem) for tag in tags]
    assert sorted(measured) == sorted((each.id, each.notebook) for each in claims.CLAIMS.values())


def test_what_is_stored_is_that_of_the_notebooks():
    stored = json.loads(register.FILE.read_text("utf-8"))
    assert verdicts.executed() == stored, "make it again: python -m scripts.remake verdicts"
    assert list(stored) == list(claims.CLAIMS)
    measured = register.stored_verdicts().values()
    assert verdicts.PAGE.read_text("utf-8") == verdicts.page(measured)
    for each in measured:
        if each.claim.kind == claims.ILLUSTRATION:
            assert each.verdict == "illustration" and not each.effects
        else:
            assert each.verdict == claims.verdict_on(each.effects.values(), each.claim.zero)
            assert set(each.effects) == set(each.claim.conditions or [""])


def judged(claim_id, effect=BELOW):
    claim = claims.CLAIMS[claim_id]
    return measure(dict.fromkeys(claim.conditions, effect) or effect, claim, "Another machine.")


def test_second_and_missing_cards_are_named(tmp_path):
    def executed(*cards):
        outputs = [{"data": {"text/plain": "", claims.JSON: each}} for each in cards]
        cells = [{"cell_type": "code", "outputs": outputs}]
        (tmp_path / "10_made_up.ipynb").write_text(json.dumps({"cells": cells}))
        return verdicts.executed(tmp_path)

    card = claims.kept_part(judged("discretise"))
    with pytest.raises(ValueError, match="second card of discretise"):
        executed(card, card)
    with pytest.raises(ValueError, match="No card of scratch-is-hard, .*decide"):
        executed(card)
    every = executed(*({**card, "id": name} for name in reversed(claims.CLAIMS)))
    assert list(every) == list(claims.CLAIMS)


def numbers_of(number, field):
    """The numbers that a correction speaks of."""
    text = getattr(register.slide_corrections()[number - 1], field).replace("+", "")
    return [float(found.replace(",", "")) for found in re.findall(r"\d[\d,]*\.?\d*", text)]


def test_corrections_are_about_claims_and_those_counted_and_derived():
    found = register.slide_corrections()
    assert [each.number for each in found] == [str(n) for n in range(1, 15)]
    assert all(each.claim in claims.CLAIMS and all(vars(each).values()) for each in found)
    low = published_part("low", "value").T
    gains = low["full-network"] - low["fc7"]
    derived = [round(gains["wood"], 1), round(float(np.mean(gains)), 1)]
    assert derived == numbers_of(4, "what_is_right")
    assert published_part("high", "value")["wood"]["full-network"] in numbers_of(8, "evidence")
    said = {"vgg16": numbers_of(1, "what_is_right"), "vgg19": numbers_of(2, "evidence")}
    for name, numbers in said.items():
        sizes = as_backbone(name).layer_sizes
        del sizes["fc8"]
        convolutions = [size for layer, size in sizes.items() if layer.startswith("conv")]
        total = sum(sizes.values())
        assert round(100 * sum(convolutions) / total, 1) in numbers
        assert numbers[0] == len(convolutions) if name == "vgg16" else total in numbers


def test_filters_part_the_register_by_this_machines_verdicts():
    stored = register.stored_verdicts().items()
    other, same, *_ = [name for name, each in stored if each.verdict == "holds"]
    judged(other)
    judged(same, claims.Effect(3, 2, 4))
    entries = {entry.claim.id: entry for entry in register.register()}
    assert len(entries) == 38 and entries[same].here.on == "Another machine."
    assert entries[other].differs and not entries[same].differs
    assert {entries[name].differs for name in set(entries) - {other, same}} == {None}
    table, shown = ClaimsTable(), {}
    for name in claims_table.FILTERS:
        table.filter.value = name
        shown[name] = table._readout.value.count("<tr") - 1
    by_verdict = sum(shown[name] for name in (*claims.VERDICTS, "illustration"))
    assert shown[claims_table.ALL] == by_verdict == 38
    assert shown[claims_table.NOT_HERE] == 36 and shown[claims_table.DIFFERS] == 1
    corrected = {each.claim for each in register.slide_corrections()}
    assert shown[claims_table.CORRECTED] == len(corrected)


def test_table_is_escaped_and_says_when_empty():
    kept = replace(judged("discretise"), on="a < b", beside={"<x>": 1999.9})
    page = claims_table.table_html([register.Entry(kept.claim, kept, None)], 1)
    assert "a &lt; b" in page and "&lt;x&gt;: 2,000" in page and "<x>" not in page
    assert f'href="{kept.claim.notebook}.ipynb"' in page
    assert "None of the 38 claims" in claims_table.table_html([], 38)


def test_the_overview_counts_and_marks_every_claim():
    kept = register.stored_verdicts()
    page = claims_table.overview_html(register.register())
    assert page.count("<li>") == 38 and all(f"> {name}</li>" in page for name in kept)
    for verdict in (*claims.VERDICTS, "illustration"):
        count = sum(each.verdict == verdict for each in kept.values())
        assert f"{verdict}: {count}" in page
        assert page.count(f'aria-label="{verdict}"') == count + 1
    static = ClaimsTable()._repr_mimebundle_()["text/html"]
    assert page in static and static.count("<tr") == 39
