"""The register: one experiment a claim, verdicts computed, the stored evidence whole."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
from parsed import NOTEBOOKS, cells_of

from scripts.remake import verdicts
from tlcourse.course import claims, register
from tlcourse.networks.backbones import load_backbone
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

pytestmark = pytest.mark.usefixtures("own_cache")
BELOW = claims.Effect(-2, -3, -1)


def test_every_claim_has_one_experiment_in_its_notebook_and_its_card_there():
    measured = []
    for notebook in NOTEBOOKS:
        for cell in (cell for cell in cells_of(notebook) if cell.cell_type == "code"):
            tags = [tag for tag in cell.metadata.get("tags", []) if tag.startswith("claim:")]
            data = [
                out.data[claims.JSON] for out in cell.outputs if claims.JSON in out.get("data", {})
            ]
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


def measure(claim_id, effect=BELOW):
    claim = claims.CLAIMS[claim_id]
    effect = dict.fromkeys(claim.conditions, effect) if claim.conditions else effect
    if claim.kind == claims.ILLUSTRATION:
        effect = {"n": 1}
    return claims.measure(claim, effect, "Another machine.")


def test_register_has_every_claim_and_this_machines_verdicts():
    measure("task")
    entries = {entry.claim.id: entry for entry in register.register()}
    assert len(entries) == 38
    assert entries["task"].here.on == "Another machine." and not entries["task"].differs
    assert entries["domain"].here is None and entries["domain"].differs is None


def test_second_and_missing_cards_are_named(tmp_path):
    def notebook_with(*cards):
        outputs = [{"data": {"text/plain": "", claims.JSON: each}} for each in cards]
        cells = [{"cell_type": "code", "outputs": outputs}]
        (tmp_path / "10_made_up.ipynb").write_text(json.dumps({"cells": cells}))

    card = claims.kept_part(measure("discretise"))
    notebook_with(card, card)
    with pytest.raises(ValueError, match="second card of discretise"):
        verdicts.executed(tmp_path)
    notebook_with(card)
    with pytest.raises(ValueError, match="No card of scratch-is-hard, .*decide"):
        verdicts.executed(tmp_path)
    notebook_with(*({**card, "id": name} for name in reversed(claims.CLAIMS)))
    assert list(verdicts.executed(tmp_path)) == list(claims.CLAIMS)


def test_corrections_are_numbered_whole_and_about_claims():
    found = register.slide_corrections()
    assert [each.number for each in found] == [str(n) for n in range(1, 15)]
    assert all(each.claim in claims.CLAIMS and all(vars(each).values()) for each in found)


def numbers_of(number, field):
    """The numbers that a correction speaks of."""
    text = getattr(register.slide_corrections()[number - 1], field).replace("+", "")
    return [float(found.replace(",", "")) for found in re.findall(r"\d[\d,]*\.?\d*", text)]


@pytest.mark.parametrize(
    ("name", "number", "field"), [("vgg16", 1, "what_is_right"), ("vgg19", 2, "evidence")]
)
def test_corrections_of_the_networks_are_those_counted(name, number, field):
    sizes = load_backbone(name, weights="random", n_classes=2).layer_sizes
    convolutions = [size for layer, size in sizes.items() if layer.startswith("conv")]
    total = sum(sizes.values()) - sizes.get("fc8", 0)
    assert round(100 * sum(convolutions) / total, 1) in numbers_of(number, field)
    if name == "vgg16":
        assert len(convolutions) == numbers_of(1, field)[0]
    else:
        assert total in numbers_of(2, field)


def test_corrections_of_the_tables_are_those_derived():
    low = published_part("low", "value").T
    gains = low["full-network"] - low["fc7"]
    derived = [round(gains["wood"], 1), round(float(np.mean(gains)), 1)]
    assert derived == numbers_of(4, "what_is_right")
    wood = published_part("high", "value")["wood"]["full-network"]
    assert wood in numbers_of(8, "evidence")


def test_filters_part_the_register():
    stored = register.stored_verdicts().items()
    other, same, *_ = [name for name, each in stored if each.verdict == "holds"]
    measure(other)
    measure(same, claims.Effect(3, 2, 4))
    table, shown = ClaimsTable(), {}
    for name in FILTERS:
        table.filter.value = name
        shown[name] = table._readout.value.count("<tr") - 1
    by_verdict = sum(shown[name] for name in (*claims.VERDICTS, "illustration"))
    assert shown[ALL] == by_verdict == 38
    assert shown[NOT_HERE] == 36 and shown[DIFFERS] == 1
    assert shown[CORRECTED] == len({each.claim for each in register.slide_corrections()})


def test_table_is_escaped_and_says_when_empty_and_has_a_static_page():
    kept = replace(measure("task"), on="a < b", beside={"<x>": 1.0})
    page = table_html([register.Entry(claims.CLAIMS["task"], kept, None)], 1)
    assert "a &lt; b" in page and "&lt;x&gt;: 1" in page and "<x>" not in page
    assert 'href="04_domains_and_tasks.ipynb"' in page
    assert "None of the 38 claims" in table_html([], 38)
    assert ClaimsTable()._repr_mimebundle_()["text/html"].count("<tr") == 39


def test_the_overview_counts_and_marks_every_claim():
    kept = register.stored_verdicts()
    page = overview_html(register.register())
    assert page.count("<li>") == 38 and all(f"> {name}</li>" in page for name in kept)
    for verdict in (*claims.VERDICTS, "illustration"):
        count = sum(each.verdict == verdict for each in kept.values())
        assert f"{verdict}: {count}" in page
        assert page.count(f'aria-label="{verdict}"') == count + 1
