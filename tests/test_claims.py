"""The register of claims and the verdicts kept for them."""

import json
import re

import pytest

from tlcourse import paths
from tlcourse.course import claims
from tlcourse.course.register import Entry
from tlcourse.widgets.claims_table import table_html

NOTEBOOKS_WITH_CLAIMS = {
    "01_dont_be_a_hero": 6,
    "02_the_imagenet_way": 2,
    "03_generalization": 5,
    "04_domains_and_tasks": 3,
    "05_representations_and_classifiers": 4,
    "06_feature_extraction": 2,
    "07_knowledge_inside": 2,
    "08_fine_tuning": 4,
    "09_normalization": 5,
    "10_full_network_embedding": 1,
    "11_similarity_tables": 3,
    "12_your_problem": 1,
}


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("TLCOURSE_CACHE", str(tmp_path))
    return tmp_path


def test_register_has_the_lectures_claims_in_the_designs_notebooks():
    counted = {}
    for claim in claims.CLAIMS.values():
        counted[claim.notebook] = counted.get(claim.notebook, 0) + 1
    assert len(claims.CLAIMS) == 38
    assert counted == NOTEBOOKS_WITH_CLAIMS


def test_every_claim_is_one_whole_sentence_with_its_slide():
    for claim_id, claim in claims.CLAIMS.items():
        assert re.fullmatch(r"[a-z0-9-]+", claim_id) and claim.id == claim_id
        assert claim.slide and re.search(r'[.?!)"]$', claim.sentence), claim_id


def test_register_cannot_be_changed():
    with pytest.raises(TypeError):
        claims.CLAIMS["reuse-all"] = None


def test_recorded_verdict_is_read_back(own_cache):
    kept = claims.record("reuse-all", "depends", "Near against far.", {"near": 0.41, "far": 0.3})
    assert claims.recorded("reuse-all") == kept
    saved = json.loads((own_cache / "verdicts/reuse-all.json").read_text("utf-8"))["content"]
    assert saved["figures"] == {"near": 0.41, "far": 0.3}


def test_recording_again_replaces_and_leaves_no_temporary_file(own_cache):
    claims.record("decide", "holds", "First.", {"n": 1})
    claims.record("decide", "does not hold here", "Second.", {"n": 2})
    assert claims.recorded("decide").evidence == "Second."
    assert [file.name for file in (own_cache / "verdicts").iterdir()] == ["decide.json"]


def test_a_cache_that_cannot_be_written_does_not_stop_the_lesson(tmp_path, monkeypatch):
    (tmp_path / "a file").touch()
    monkeypatch.setenv("TLCOURSE_CACHE", str(tmp_path / "a file"))
    with pytest.warns(UserWarning, match="TLCOURSE_CACHE"):
        assert claims.record("task", "holds", "Measured.", {"n": 1}).verdict == "holds"
    assert claims.recorded("task") is None


@pytest.mark.parametrize("broken", [b"", b"{", b"[]", b"\xff\xfe", b'{"id": "task"}', b'"task"'])
def test_damaged_file_counts_as_not_recorded(own_cache, broken):
    claims.record("task", "holds", "Measured.", {"n": 1})
    (own_cache / "verdicts/task.json").write_bytes(broken)
    with pytest.warns(UserWarning, match="moved aside to task.json.unreadable-1"):
        assert claims.recorded("task") is None
    assert (own_cache / "verdicts/task.json.unreadable-1").read_bytes() == broken


def test_an_altered_figure_is_not_used(own_cache):
    claims.record("task", "holds", "Measured.", {"share": 0.25})
    file = own_cache / "verdicts/task.json"
    file.write_text(file.read_text("utf-8").replace("0.25", "0.95"), "utf-8")
    with pytest.warns(UserWarning, match="truncated or altered.*moved aside"):
        assert claims.recorded("task") is None


def test_unknown_claim_names_close_ones():
    with pytest.raises(ValueError, match="no claim 'reuse_all': did you mean reuse-all"):
        claims.record("reuse_all", "holds", "Measured.", {"n": 1})
    with pytest.raises(ValueError, match="no claim"):
        claims.recorded("zzzzzzzz")


@pytest.mark.parametrize("figures", [{}, None])
def test_verdict_without_figures_is_refused(figures):
    with pytest.raises(ValueError, match="No figures for task: a verdict is computed"):
        claims.record("task", "holds", "Measured.", figures)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_figures_that_are_not_finite_are_named(value):
    with pytest.raises(ValueError, match="Not a finite number in the figures of task: accuracy"):
        claims.record("task", "holds", "Measured.", {"accuracy": value, "n": 1})


def test_figures_that_are_not_numbers_are_refused():
    with pytest.raises(ValueError, match="must be numbers"):
        claims.record("task", "holds", "Measured.", {"accuracy": "good"})


@pytest.mark.parametrize("verdict", ["true", "Holds", ""])
def test_unknown_verdict_names_the_three(verdict):
    with pytest.raises(ValueError, match="holds, does not hold here, depends"):
        claims.record("task", verdict, "Measured.", {"n": 1})


def test_missing_evidence_is_refused_and_nothing_is_written():
    with pytest.raises(ValueError, match="No evidence for task"):
        claims.record("task", "holds", "  ", {"n": 1})
    assert not (paths.cache_folder() / "verdicts").exists()


def test_plain_text_stays_the_same_on_any_machine():
    first = claims.record("task", "holds", "On 7 targets.", {"accuracy": 0.4321})
    second = claims.record("task", "holds", "On 6 targets.", {"accuracy": 0.5})
    assert repr(first) == repr(second) == "task: holds"


@pytest.mark.parametrize(
    ("value", "text"),
    [(1999.9, "2,000"), (999.6, "1,000"), (999.4, "999"), (-1999.9, "-2,000"), (12416.0, "12,416")]
    + [(0.41234, "0.412"), (0, "0")],
)
def test_figures_are_rounded_and_not_cut_off_on_card_and_table(value, text):
    kept = claims.record("task", "holds", "Measured.", {"images": value})
    assert f"images <b>{text}</b>" in kept._repr_html_()
    entry = Entry(kept.claim, kept, None, ())
    assert f"<li>images: {text}</li>" in table_html([entry])


def test_card_shows_sentence_evidence_and_figures_escaped():
    kept = claims.record("task", "depends", "a < b", {"fc7 <b>": 41.25, "images": 12416})
    card = kept._repr_html_()
    assert "{CAT, DOG}" in card and "a &lt; b" in card
    assert "fc7 &lt;b&gt; <b>41.2</b>" in card and "<b>12,416</b>" in card
    assert "fc7 <b> **41.2**" in kept._repr_markdown_()
