"""The JavaScript and CSS of the widgets, read from ``static/``; nothing comes from the network."""

from pathlib import Path

STATIC = Path(__file__).with_name("static")


def esm(name):
    """The ES module of a widget, with the helpers that all of them share."""
    return _read("common.js") + _read(f"{name}.js")


def css():
    """The one style sheet of all widgets; it follows JupyterLab's light and dark themes."""
    return _read("common.css")


def _read(name):
    return (STATIC / name).read_text(encoding="utf-8")
