"""The register: one experiment a claim, verdicts computed, the stored evidence whole."""

import ast
import json
import re

import nbformat
import numpy as np
import pytest

from scripts.remake import verdicts
from tlcourse import paths
from tlcourse.course import claims, register
from tlcourse.tables.published import published_gains, published_table
from tlcourse.widgets import ClaimsTable
from tlcourse.widgets.claims_table import (
    ALL,
    CORRECTED,
    DIFFERS,
    FILTERS,
    NOT_HERE,
    overview_html,
    table_html,
)

NOTEBOOKS = sorted((paths.PROJECT / "notebooks").glob("[0-9]*.ipynb"))


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("TLCOURSE_CACHE", str(tmp_path))
    return tmp_path


def code_cells():
    for file in NOTEBOOKS:
        for cell in nbformat.read(file, as_version=4).cells:
            if cell.cell_type == "code":
                yield file.stem, cell


def calls_of_record():
    """Notebook and arguments of each ``claims.record(...)``, as syntax."""
    for notebook, cell in code_cells():
        if "claims.record(" in cell.source:
            for node in ast.walk(ast.parse(cell.source)):
                if isinstance(node, ast.Call) and ast.unparse(node.func) == "claims.record":
                    yield notebook, node.args


def test_every_claim_has_exactly_one_experiment_in_its_notebook():
    tags = [
        (tag.removeprefix("claim:"), notebook)
        for notebook, cell in code_cells()
        for tag in cell.metadata.get("tags", [])
        if tag.startswith("claim:")
    ]
    assert sorted(tags) == sorted((each.id, each.notebook) for each in claims.CLAIMS.values())


def test_every_claim_has_one_verdict_and_none_is_typed():
    calls = list(calls_of_record())
    recorded = sorted((ast.literal_eval(args[0]), notebook) for notebook, args in calls)
    assert recorded == sorted((each.id, each.notebook) for each in claims.CLAIMS.values())
    typed = [args[0].value for _, args in calls if isinstance(args[1], ast.Constant)]
    assert typed == [], "a verdict is computed from figures, never typed"


def test_every_verdict_is_decided_by_a_condition():
    last = {}
    for notebook, cell in code_cells():
        tree = ast.parse(
            cell.source.replace("%", "#", 1) if cell.source[:1] == "%" else cell.source
        )
        assigned = {
            name.id
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign)
            for target in node.targets
            for name in ast.walk(target)
            if isinstance(name, ast.Name)
        }
        decided = any(isinstance(node, ast.If | ast.IfExp | ast.Call) for node in ast.walk(tree))
        last |= {(notebook, name): decided for name in assigned}
    for notebook, (claim_id, verdict, *_) in calls_of_record():
        assert last.get((notebook, verdict.id)), f"how is the verdict on {claim_id.value} computed?"


def test_figures_of_a_verdict_are_computed():
    for _, (claim_id, _, _, figures) in calls_of_record():
        values = getattr(figures, "values", None)
        typed = [isinstance(value, ast.Constant) for value in values or ()]
        assert not values or not all(typed), claim_id.value


def test_stored_evidence_is_that_of_the_notebooks():
    executed, stored = verdicts.executed_verdicts(), register.stored_verdicts()
    said = {name: (each.verdict, list(each.figures)) for name, each in executed.items()}
    assert said == {name: (each.verdict, list(each.figures)) for name, each in stored.items()}, (
        "make it again: python -m scripts.remake verdicts"
    )
    assert list(stored) == list(claims.CLAIMS)


def test_register_has_every_claim_and_this_machines_verdicts():
    claims.record("task", "does not hold here", "Another machine.", {"n": 1})
    entries = {entry.claim.id: entry for entry in register.register()}
    assert len(entries) == 38
    assert entries["task"].here.evidence == "Another machine." and entries["task"].differs
    assert entries["domain"].here is None and entries["domain"].differs is None


def notebook_with(tmp_path, *cards):
    outputs = [
        {"data": {"text/plain": f"{name}: holds", "text/markdown": card}} for name, card in cards
    ]
    cell = {"cell_type": "code", "outputs": outputs}
    (tmp_path / "10_full_network_embedding.ipynb").write_text(json.dumps({"cells": [cell]}))


CARD = "**✓ Holds**: A claim.\n\nWhat was compared.\n\na; b, points **-1.5**; images **12,416**"


def test_verdict_is_read_from_an_executed_notebook(tmp_path):
    notebook_with(tmp_path, ("discretise", CARD))
    found = verdicts.executed_verdicts(tmp_path)["discretise"]
    assert (found.verdict, found.evidence) == ("holds", "What was compared.")
    assert found.figures == {"a; b, points": -1.5, "images": 12416}


def test_second_and_missing_and_broken_verdicts_are_named(tmp_path):
    notebook_with(tmp_path, ("discretise", CARD), ("discretise", CARD))
    with pytest.raises(ValueError, match="second verdict on discretise"):
        verdicts.executed_verdicts(tmp_path)
    notebook_with(tmp_path)
    with pytest.raises(ValueError, match="no verdict on discretise: run all of it"):
        verdicts.executed_verdicts(tmp_path)
    notebook_with(tmp_path, ("discretise", "words"))
    with pytest.raises(ValueError, match="discretise .* cannot be read"):
        verdicts.executed_verdicts(tmp_path)


def test_verdicts_survive_the_table(tmp_path):
    kept = claims.record("task", "depends", 'With "quotes", commas.', {"a, b": 0.5, "n": 3})
    verdicts.write_verdicts({"task": kept}, tmp_path / "t.csv")
    back = register.stored_verdicts(tmp_path / "t.csv")["task"]
    assert (back.verdict, back.evidence, back.figures) == (
        kept.verdict,
        kept.evidence,
        kept.figures,
    )


def test_corrections_are_numbered_whole_and_about_claims():
    found = register.slide_corrections()
    assert [each.number for each in found] == [str(n) for n in range(1, 15)]
    assert all(each.claim in claims.CLAIMS and all(vars(each).values()) for each in found)


def correction(number):
    return next(each for each in register.slide_corrections() if each.number == str(number))


def numbers_in(text):
    return [float(number.replace(",", "")) for number in re.findall(r"\d[\d,]*\.?\d*", text)]


def test_corrections_of_the_networks_are_those_counted():
    from tlcourse.networks.backbones import load_backbone

    for name, which, field in (("vgg16", 1, "what_is_right"), ("vgg19", 2, "evidence")):
        sizes = load_backbone(name, weights="random", n_classes=2).layer_sizes
        sizes = {layer: size for layer, size in sizes.items() if layer != "fc8"}
        convolutions = {layer: size for layer, size in sizes.items() if layer.startswith("conv")}
        share = round(100 * sum(convolutions.values()) / sum(sizes.values()), 1)
        assert share in numbers_in(getattr(correction(which), field))
        if name == "vgg16":
            assert len(convolutions) == numbers_in(correction(1).what_is_right)[0]
        else:
            assert sum(sizes.values()) in numbers_in(correction(2).evidence)


def test_corrections_of_the_tables_are_those_derived():
    gains = published_gains()["low"]
    assert [round(gains["wood"], 1), round(float(np.mean(gains)), 1)] == numbers_in(
        correction(4).what_is_right.replace("+", "")
    )
    wood = published_table("high")["wood"]["full-network"]
    assert wood in numbers_in(correction(8).evidence)


def test_filters_part_the_register():
    claims.record("task", "does not hold here", "Here.", {"n": 1})
    table = ClaimsTable()
    shown = {}
    for name in FILTERS:
        table.filter.value = name
        shown[name] = table._readout.value.count("<tr") - 1
    by_verdict = sum(shown[name] for name in claims.VERDICTS)
    assert shown[ALL] == by_verdict == 38
    assert shown[NOT_HERE] == 37 and shown[DIFFERS] == 1
    assert shown[CORRECTED] == len({each.claim for each in register.slide_corrections()})


def test_table_is_escaped_and_says_when_empty():
    kept = claims.Verdict("task", "holds", "a < b", {"<x>": 1.0})
    page = table_html([register.Entry(claims.CLAIMS["task"], kept, None)])
    assert "a &lt; b" in page and "&lt;x&gt;: 1" in page and "<x>" not in page
    assert 'href="04_domains_and_tasks.ipynb"' in page
    assert "None of the 38 claims" in table_html([], 38)


def test_table_has_a_static_page():
    bundle = ClaimsTable()._repr_mimebundle_()
    assert bundle["text/html"].count("<tr") == 39
    assert bundle["text/plain"] == "ClaimsTable of 38 claims"


def test_the_overview_counts_and_marks_every_claim():
    kept = register.stored_verdicts()
    page = overview_html(register.register())
    assert page.count("<li>") == 38 and all(f"> {name}</li>" in page for name in kept)
    for verdict in claims.VERDICTS:
        count = sum(each.verdict == verdict for each in kept.values())
        assert f"{verdict}: {count}" in page
        assert page.count(f'aria-label="{verdict}"') == count + 1
