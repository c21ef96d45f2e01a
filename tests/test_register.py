"""The register: one experiment a claim, verdicts computed, the stored evidence whole."""

import json
import re
from dataclasses import replace

import nbformat
import numpy as np
import pytest

from scripts.remake import verdicts
from tlcourse import paths
from tlcourse.course import claims, register
from tlcourse.tables.published import published_part
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


def test_every_claim_has_exactly_one_experiment_in_its_notebook():
    tags = [
        (tag.removeprefix("claim:"), notebook)
        for notebook, cell in code_cells()
        for tag in cell.metadata.get("tags", [])
        if tag.startswith("claim:")
    ]
    assert sorted(tags) == sorted((each.id, each.notebook) for each in claims.CLAIMS.values())


def test_a_claims_card_is_in_the_cell_of_its_tag():
    for _, cell in code_cells():
        tags = [tag for tag in cell.metadata.get("tags", []) if tag.startswith("claim:")]
        cards = [
            out.data[claims.JSON] for out in cell.outputs if claims.JSON in out.get("data", {})
        ]
        assert [f"claim:{card['id']}" for card in cards if card["id"] != "warm-up"] == tags


def test_what_is_stored_is_that_of_the_notebooks():
    stored = json.loads(register.FILE.read_text("utf-8"))
    assert verdicts.executed() == stored, "make it again: python -m scripts.remake verdicts"
    assert list(stored) == list(claims.CLAIMS)
    measured = register.stored_verdicts().values()
    assert verdicts.PAGE.read_text("utf-8") == verdicts.page(measured)
    for each in measured:
        zero = each.claim.zero
        judged = claims.verdict_on(each.effects.values(), zero) if each.effects else "illustration"
        assert each.verdict == judged and set(each.effects) == set(
            each.claim.conditions or [""]
        ) - ({""} if judged == "illustration" else set())


def test_register_has_every_claim_and_this_machines_verdicts():
    measure("task")
    entries = {entry.claim.id: entry for entry in register.register()}
    assert len(entries) == 38
    assert entries["task"].here.on == "Another machine." and not entries["task"].differs
    assert entries["domain"].here is None and entries["domain"].differs is None


def measure(claim_id):
    claim = claims.CLAIMS[claim_id]
    names = claim.conditions or ("",)
    effects = {name: claims.Effect(-2, -3, -1) for name in names}
    effect = effects if claim.conditions else effects[""]
    if claim.kind == claims.ILLUSTRATION:
        effect = {"n": 1}
    return claims.measure(claim, effect, "Another machine.")


def notebook_with(tmp_path, *cards):
    outputs = [
        {"data": {"text/plain": f"{card['id']}: holds", claims.JSON: card}} for card in cards
    ]
    cell = {"cell_type": "code", "outputs": outputs}
    (tmp_path / "10_full_network_embedding.ipynb").write_text(json.dumps({"cells": [cell]}))


def test_second_and_missing_cards_are_named(tmp_path):
    card = claims.kept_part(measure("discretise"))
    notebook_with(tmp_path, card, card)
    with pytest.raises(ValueError, match="second card of discretise"):
        verdicts.executed(tmp_path)
    notebook_with(tmp_path, card)
    with pytest.raises(ValueError, match="No card of scratch-is-hard, .*decide: run"):
        verdicts.executed(tmp_path)
    notebook_with(tmp_path, *({**card, "id": name} for name in reversed(claims.CLAIMS)))
    assert list(verdicts.executed(tmp_path)) == list(claims.CLAIMS)


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
    low = published_part("low", "value").T
    gains = low["full-network"] - low["fc7"]
    assert [round(gains["wood"], 1), round(float(np.mean(gains)), 1)] == numbers_in(
        correction(4).what_is_right.replace("+", "")
    )
    wood = published_part("high", "value")["wood"]["full-network"]
    assert wood in numbers_in(correction(8).evidence)


def test_filters_part_the_register():
    different = next(
        name for name, each in register.stored_verdicts().items() if each.verdict == "holds"
    )
    assert measure(different).verdict == "does not hold here"
    table = ClaimsTable()
    shown = {}
    for name in FILTERS:
        table.filter.value = name
        shown[name] = table._readout.value.count("<tr") - 1
    by_verdict = sum(shown[name] for name in (*claims.VERDICTS, "illustration"))
    assert shown[ALL] == by_verdict == 38
    assert shown[NOT_HERE] == 37 and shown[DIFFERS] == 1
    assert shown[CORRECTED] == len({each.claim for each in register.slide_corrections()})


def test_table_is_escaped_and_says_when_empty():
    kept = replace(measure("task"), on="a < b", beside={"<x>": 1.0})
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
    for verdict in (*claims.VERDICTS, "illustration"):
        count = sum(each.verdict == verdict for each in kept.values())
        assert f"{verdict}: {count}" in page
        assert page.count(f'aria-label="{verdict}"') == count + 1
