"""Exported notebooks in a real browser, looked at by axe-core: no serious finding."""

import browser as lab
import pytest
from accessibility import export_html, serious_findings
from parsed import each_notebook


@pytest.fixture(scope="module")
def page(chromium):
    context = chromium.new_context(offline=True)
    opened = context.new_page()
    opened.set_default_timeout(lab.SLOW)
    yield opened
    context.close()


@each_notebook
def test_an_exported_notebook_is_accessible(page, tmp_path, notebook):
    page.goto(export_html(notebook, tmp_path).as_uri())
    assert serious_findings(page) == []


def test_what_is_wrong_is_found(page, tmp_path):
    wrong = tmp_path / "wrong.html"
    wrong.write_text(
        '<html lang="en"><title>t</title><body><main><h1>t</h1><img src="data:,">'
        '<p style="color:#bbb;background:#fff">faint</p></main></body></html>',
        encoding="utf-8",
    )
    page.goto(wrong.as_uri())
    assert {finding.partition(":")[0] for finding in serious_findings(page)} == {
        *("image-alt", "color-contrast")
    }
