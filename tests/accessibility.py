"""What axe-core finds serious on a page."""

from axe_playwright_python.sync_playwright import Axe

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
