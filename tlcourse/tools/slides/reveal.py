"""reveal.js for exported decks, taken from the jupyterlab-rise that is installed.

JupyterLab-RISE brings reveal.js inside its own bundle; the files themselves, as published, are in
the source maps beside it. So a deck is driven by the same reveal.js as the live slides, and
nothing is downloaded.
"""

import base64
import json
import re
from importlib.util import find_spec
from pathlib import Path

_FILES = {
    "script": "reveal.js/dist/reveal.esm.js",
    "notes": "reveal.js/plugin/notes/notes.esm.js",
    "style": "reveal.js/dist/reveal.css",
}

_CSS_IN_MODULE = re.compile(r"\.push\(\[module\.id, `(.*?)`, \"\"", re.DOTALL)

_URL_IN_MODULE = re.compile(r"url\(\$\{\w+\}\)")


class NoReveal(RuntimeError):
    """The installed jupyterlab-rise does not hold reveal.js where it should be."""


def reveal_files():
    """reveal.js, its speaker view and its style sheet."""
    sources = _sources(_rise_folder(), _FILES.values())
    missing = [name for name in _FILES.values() if name not in sources]
    style = _CSS_IN_MODULE.search(sources.get(_FILES["style"], ""))
    if missing or style is None:
        raise NoReveal(
            "jupyterlab-rise holds no reveal.js where it should: install the version that "
            "requirements.txt names, by python3 start.py check."
        )
    return {
        "script": sources[_FILES["script"]],
        "notes": sources[_FILES["notes"]],
        "style": _URL_IN_MODULE.sub("none", style.group(1)),
    }


def as_module_url(script):
    """A ``data:`` URL from which an ES module can be imported without a server."""
    return "data:text/javascript;base64," + base64.b64encode(script.encode("utf-8")).decode("ascii")


def _rise_folder():
    package = find_spec("jupyterlab_rise")
    return Path(package.origin).parent / "static" if package else Path("static")


def _sources(folder, names):
    """Files by the end of their name, out of the source maps of ``folder``."""
    found = {}
    for file in sorted(folder.glob("*.js.map")):
        text = file.read_text(encoding="utf-8")
        wanted = [name for name in names if f'{name}"' in text]
        if wanted:
            bundle = json.loads(text)
            pairs = zip(bundle["sources"], bundle.get("sourcesContent", ()), strict=False)
            found |= {n: source for path, source in pairs for n in wanted if path.endswith(n)}
    return found
