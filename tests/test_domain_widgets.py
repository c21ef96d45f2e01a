"""Notebook 04's widget: every control at both ends; and the page on the drawn domains."""

import re

import numpy as np
import pytest
from sklearn.metrics import explained_variance_score

from tlcourse import paths, widgets
from tlcourse.datasets.drawn import FAMILIES, Domain, factors
from tlcourse.widgets.domain_explorer import between

FAILED = "could not be shown"


class TestDomainExplorer:
    def test_each_control_at_both_ends(self):
        explorer = widgets.DomainExplorer("head")
        for control in (explorer.layer, explorer.domains, explorer.colour):
            for end in (control.options[-1], control.options[0]):
                control.value = end
                assert FAILED not in explorer._readout.value
                assert all(0 < share < 1 for share in explorer.shares.values())

    def test_what_fails_is_said(self, monkeypatch):
        explorer = widgets.DomainExplorer()
        monkeypatch.setattr("tlcourse.widgets.domain_explorer._drawn", lambda *_: 1 / 0)
        explorer.colour.value = "kind"
        assert FAILED in explorer._readout.value and explorer.shares is None

    def test_it_is_read_without_a_kernel_and_leaves_no_figure(self):
        import matplotlib.pyplot as plt

        before = plt.get_fignums()
        page = widgets.DomainExplorer()._repr_mimebundle_()["text/html"]
        assert plt.get_fignums() == before
        assert "Feature space X: the layer: stem" in page
        assert re.search('alt="all four of PACS in the first two components of stem', page)

    def test_the_share_between_groups_is_what_their_means_explain(self):
        rng = np.random.default_rng(0)
        groups = rng.integers(3, size=60)
        X = rng.normal(size=(60, 4)) + groups[:, None]
        means = np.stack([X[groups == group].mean(axis=0) for group in groups])
        explained = explained_variance_score(X, means, multioutput="variance_weighted")
        assert between(X, groups) == pytest.approx(explained)


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
