"""The pages and tables of this room as HTML: jinja2 templates, beside this module."""

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined


def render(template, **values):
    """HTML of the template of that name; values are escaped unless it says ``safe``."""
    return _templates().get_template(f"{template}.html.j2").render(values)


@cache
def _templates():
    folder = FileSystemLoader(Path(__file__).parent)
    look = {"autoescape": True, "trim_blocks": True, "lstrip_blocks": True}
    return Environment(loader=folder, undefined=StrictUndefined, **look)
