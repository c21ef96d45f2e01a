"""Domain explorer, contact sheets and the table of settings: every control to both ends."""

import re

import pytest
import traitlets

from tlcourse import paths, widgets
from tlcourse.datasets.drawn import FAMILIES, Domain, factors
from tlcourse.domains import settings
from tlcourse.domains.settings import SETTINGS
from tlcourse.networks.backbones import load_backbone
from tlcourse.widgets import contact_sheets, domain_explorer

FAILED = "could not be shown"
DIALS = domain_explorer.dials_of_a_domain()


@pytest.fixture(scope="module")
def natural():
    return load_backbone("natural")


@pytest.fixture
def explorer(monkeypatch, natural):
    monkeypatch.setattr(domain_explorer, "N_PICTURES", 6)
    monkeypatch.setattr(domain_explorer, "N_SHOWN", 2)
    return widgets.DomainExplorer(natural)


def turn(dials, **values):
    dials.value = {**dials.value, **values}


class TestDomainExplorer:
    @pytest.mark.parametrize("dial", DIALS, ids=lambda dial: dial["name"])
    def test_each_dial_at_both_ends(self, explorer, dial):
        ends = dial["options"] if "options" in dial else (dial["low"], dial["high"])
        for end in (ends[0], ends[-1]):
            turn(explorer.target, **{dial["name"]: end})
            assert FAILED not in explorer._readout.value and explorer.pair is not None

    def test_families_in_both_spaces(self, explorer):
        for space in explorer.space.options:
            explorer.space.value = space
            for family in ("shapes", "textures"):
                explorer.family.value = family
                assert FAILED not in explorer._readout.value
        assert explorer.pair.source.shape == (6, 512)
        assert "Pictures of textures have no background" in explorer._readout.value

    def test_all_dials_at_once_at_their_low_ends(self, explorer):
        lows = {dial["name"]: dial.get("low", dial.get("options", [0])[0]) for dial in DIALS}
        explorer.source.value = explorer.target.value = lows
        assert FAILED not in explorer._readout.value

    def test_only_the_domain_that_changed_is_drawn_again(self, explorer, monkeypatch):
        drawn, draw_pictures = [], domain_explorer.draw_pictures
        monkeypatch.setattr(
            "tlcourse.widgets.domain_explorer.draw_pictures",
            lambda domain, *more: drawn.append(domain) or draw_pictures(domain, *more),
        )
        turn(explorer.target, blur=2.0)
        explorer.space.value = "fc7"
        turn(explorer.target, blur=0.25)
        assert len(drawn) == 1 and drawn[0].factors.blur == (1.75, 2.25)

    def test_what_cannot_be_drawn_is_said_and_the_next_setting_works(self, explorer):
        turn(explorer.target, exposure=9)
        assert explorer.pair is None
        assert "exposure is 9: give a number between 0.3 and 1.7" in explorer._readout.value
        turn(explorer.target, exposure=0.3)
        assert explorer.pair is not None and FAILED not in explorer._readout.value

    def test_readout_has_alternative_text_and_no_pyplot_figure(self, explorer):
        import matplotlib.pyplot as plt

        before = plt.get_fignums()
        turn(explorer.source, palette=1.0)
        assert plt.get_fignums() == before
        assert re.search(
            'alt="Pictures of the two domains, and their densities', explorer._readout.value
        )

    def test_bundle_reads_without_a_kernel(self, explorer):
        page = explorer._repr_mimebundle_()["text/html"]
        assert "Target: exposure 0.5" in page and "data:image/jpeg" in page

    def test_dials_become_the_distributions_of_the_factors(self):
        dials = {**domain_explorer.START, "exposure": 0.3, "background": "leaves"}
        found = domain_explorer.domain_of("textures", dials).factors
        assert found.exposure == (0.3, 0.45) and found.background == "leaves"
        assert domain_explorer.domain_of("textures", domain_explorer.START).factors.background == (
            factors.BACKGROUNDS
        )

    def test_unknown_family_or_style(self):
        with pytest.raises(ValueError, match="'fish' is not a drawn family"):
            domain_explorer.domain_of("fish", domain_explorer.START)
        with pytest.raises(ValueError, match="style is 'oil': name one or more of shaded"):
            domain_explorer.domain_of("textures", {**domain_explorer.START, "style": "oil"})

    def test_dials_have_the_ranges_of_the_factors_and_start_inside(self):
        assert [dial["name"] for dial in DIALS] == list(domain_explorer.START)
        for dial in DIALS:
            start = domain_explorer.START[dial["name"]]
            if "low" in dial:
                assert (dial["low"], dial["high"]) == factors.LIMITS[dial["name"]]
                assert dial["low"] <= start <= dial["high"]
            else:
                assert start in dial["options"]


class TestContactSheets:
    def test_every_family(self, monkeypatch):
        monkeypatch.setattr(contact_sheets, "COLUMNS", 1)
        monkeypatch.setattr(contact_sheets, "SIDE", 12)
        contact_sheets.sheet_html.cache_clear()
        sheets = widgets.ContactSheets()
        for family in FAMILIES:
            sheets.family.value = family
            for name in Domain(family).classes:
                assert f">{name}</span>" in sheets._readout.value
                assert f"pictures of the class {name}" in sheets._readout.value
        page = sheets._repr_mimebundle_()["text/html"]
        assert page.count("<details") == len(FAMILIES) and "scaly" in page and "gull" in page
        contact_sheets.sheet_html.cache_clear()

    def test_unknown_family(self):
        with pytest.raises(ValueError, match="'fish' is not a drawn family"):
            contact_sheets.sheet_html("fish")


class TestTransferSettings:
    def test_every_cell_shows_its_name_labels_and_pictures(self):
        table = widgets.TransferSettings()
        for place, setting in SETTINGS.items():
            table.value = place
            for side in (setting.source, setting.target):
                assert side.what in table._details and side.label_space in table._details
            assert setting.name in table._details and table._details.count("<img") == 12

    def test_unknown_cell_keeps_the_value(self):
        table = widgets.TransferSettings()
        with pytest.raises(
            traitlets.TraitError, match="'both' is no cell: choose from same domain"
        ):
            table.value = "both"
        assert table.value == "same domain, same task"

    def test_static_page_has_all_four_cells(self):
        bundle, _ = widgets.TransferSettings()._repr_mimebundle_()
        assert all(setting.name in bundle["text/html"] for setting in SETTINGS.values())
        assert bundle["text/plain"] == "TransferSettings(same domain, same task)"

    @pytest.mark.parametrize("setting", SETTINGS.values(), ids=lambda setting: setting.place)
    def test_the_examples_are_what_the_cell_says(self, setting):
        source, target = setting.source, setting.target
        assert (source.domain == target.domain) is setting.same_domain
        same_labels = set(source.labels) == set(target.labels) and source.task == target.task
        assert same_labels is setting.same_task
        assert SETTINGS[setting.place] is setting

    def test_an_example_is_a_picture_of_its_class_and_its_label(self):
        side = SETTINGS["same domain, different task"].source
        examples = side.examples(side=16)
        assert [label for _, label in examples] == list(side.labels)
        assert {picture.size for picture, _ in examples} == {(16, 16)}
        assert side.label_space == "{feline, canine}"
        assert settings.place(True, False) == "same domain, different task"


class TestDocument:
    page = (paths.PROJECT / "docs" / "drawn-domains.md").read_text(encoding="utf-8")

    def test_every_dial_is_listed_with_its_range(self):
        for name, (low, high) in factors.LIMITS.items():
            assert f"| `{name}` | {low:g} to {high:g} |" in self.page
        for name in (*factors.BACKGROUNDS, *factors.STYLES):
            assert name in self.page

    @pytest.mark.parametrize("family", FAMILIES)
    def test_every_family_has_a_sheet_with_its_classes_named(self, family):
        text, file = re.search(rf"!\[(.*?)\]\((images/drawn-{family}\.png)\)", self.page).groups()
        assert 0 < (paths.PROJECT / "docs" / file).stat().st_size < 500_000
        count = len(Domain(family).classes)
        words = {7: "Seven"}.get(count, str(count))
        assert words in text
        if family != "animals":
            for name in Domain(family).classes:
                assert name.removesuffix(" pelican").removesuffix(" knot") in text
