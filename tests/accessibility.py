"""Pages for axe-core: notebooks as nbconvert exports them, and its serious findings on a page."""

from axe_playwright_python.sync_playwright import Axe
from nbconvert.exporters import HTMLExporter

SERIOUS = ("serious", "critical")
NOT_OURS = (".jp-InputPrompt", ".jp-OutputPrompt", ".highlight")  # nbconvert's and Pygments' greys
UNDERLINES = "link-in-text-block"  # JupyterLab and nbconvert tell links by colour
TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice")


def export_html(notebook, folder, theme="light"):
    """A notebook as stored, as one HTML file that asks nothing of the network."""
    exporter = HTMLExporter(
        theme=theme, mathjax_url="", require_js_url="", jquery_url="", widget_renderer_url=""
    )
    html, _ = exporter.from_filename(str(notebook))
    page = folder / f"{notebook.stem}-{theme}.html"
    page.write_text(html, encoding="utf-8")
    return page


def serious_findings(page, inside="body"):
    """What axe-core finds serious or critical: rule, element, and what to do about it.

    Parameters
    ----------
    page : playwright Page
    inside : str
        A CSS selector: only what is inside, without what nbconvert adds (``NOT_OURS``).
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
