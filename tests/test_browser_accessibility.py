"""Exported notebooks in a real browser, looked at by axe-core: no serious finding."""

import browser as lab
import pytest
from accessibility import serious_findings
from nbconvert.exporters import HTMLExporter
from parsed import each_notebook

OFFLINE = dict.fromkeys(("mathjax_url", "require_js_url", "jquery_url", "widget_renderer_url"), "")


@pytest.fixture(scope="module")
def page(chromium):
    context = chromium.new_context(offline=True)
    opened = context.new_page()
    opened.set_default_timeout(lab.SLOW)
    yield opened
    context.close()


@each_notebook
def test_an_exported_notebook_is_accessible(page, tmp_path, notebook):
    html, _ = HTMLExporter(**OFFLINE).from_filename(str(notebook))
    (tmp_path / "page.html").write_text(html, encoding="utf-8")
    page.goto((tmp_path / "page.html").as_uri())
    assert serious_findings(page) == []


def test_what_is_wrong_is_found(page):
    page.set_content(
        '<html lang="en"><title>t</title><body><main><h1>t</h1><img src="data:,">'
        '<p style="color:#bbb;background:#fff">faint</p></main></body></html>'
    )
    found = {finding.partition(":")[0] for finding in serious_findings(page)}
    assert found == {"image-alt", "color-contrast"}
