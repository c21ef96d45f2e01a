"""Exported notebooks in a real browser, looked at by axe-core: no serious finding."""

from axe_playwright_python.sync_playwright import Axe
from nbconvert.exporters import HTMLExporter
from parsed import each_notebook

OFFLINE = dict.fromkeys(("mathjax_url", "require_js_url", "jquery_url", "widget_renderer_url"), "")
SERIOUS = ("serious", "critical")
NOT_OURS = (".jp-InputPrompt", ".jp-OutputPrompt", ".highlight")  # nbconvert's and Pygments' greys
UNDERLINES = "link-in-text-block"  # JupyterLab and nbconvert tell links by colour
TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice")


def serious_findings(page, inside="body"):
    """What axe-core finds serious or critical: rule, element, and what to do about it.

    ``inside`` is a CSS selector; what nbconvert adds (``NOT_OURS``) is left out.
    """
    context = {"include": [[inside]], "exclude": [[selector] for selector in NOT_OURS]}
    options = {
        "runOnly": {"type": "tag", "values": TAGS},
        "rules": {UNDERLINES: {"enabled": False}},
        "resultTypes": ["violations"],
    }
    found = Axe().run(page, context=context, options=options).response["violations"]
    return [
        f"{rule['id']}: {node['html'][:160]} ({node['failureSummary'].splitlines()[1].strip()})"
        for rule in found
        if rule["impact"] in SERIOUS
        for node in rule["nodes"]
    ]


@each_notebook
def test_an_exported_notebook_is_accessible(offline, tmp_path, notebook):
    page, _ = offline
    html, _ = HTMLExporter(**OFFLINE).from_filename(str(notebook))
    (tmp_path / "page.html").write_text(html, encoding="utf-8")
    page.goto((tmp_path / "page.html").as_uri())
    assert serious_findings(page) == []


def test_what_is_wrong_is_found(offline):
    page, _ = offline
    page.set_content(
        '<html lang="en"><title>t</title><body><main><h1>t</h1><img src="data:,">'
        '<p style="color:#bbb;background:#fff">faint</p></main></body></html>'
    )
    found = {finding.partition(":")[0] for finding in serious_findings(page)}
    assert found == {"image-alt", "color-contrast"}
