"""A notebook live as slides: JupyterLab-RISE's page, with what it needs to be shown on a stage.

RISE's page asks for two fonts of Google, repeats an error on its console, leaves every widget dead
until its cell is run, and changes the slide under a slider that is moved by the keyboard. Settings
cure the first, ``templates/live/head.html`` the second, and a plugin beside it the others.
"""

from pathlib import Path

from jupyter_server.base.handlers import path_regex
from jupyterlab_rise.app import RiseApp, RiseHandler
from jupyterlab_server import LabServerApp
from traitlets import Unicode

from tlcourse.tools.jupyter import EXTENSIONS

_LIVE = Path(__file__).with_name("live")


class SlidesHandler(RiseHandler):
    """RISE's page with the head of the course."""

    def render_template(self, name, **values):
        head = (_LIVE / "head.html").read_text(encoding="utf-8")
        return super().render_template(name, **values).replace("</head>", f"{head}</head>")


class SlidesApp(RiseApp):
    """Server that shows notebooks at ``/slides/PATH``, and everything else JupyterLab has."""

    name = "slides"
    app_name = "Slides"
    description = "Notebooks live as slides"
    extension_url = "/slides"
    file_url_prefix = "/slides"
    default_url = Unicode("/slides", help="The page to open first.").tag(config=True)
    app_url = "/course-slides"
    app_settings_dir = str(_LIVE / "settings")
    extra_labextensions_path = [str(_LIVE / "labextensions"), str(EXTENSIONS)]

    def initialize_handlers(self):
        self.handlers.append((f"/slides{path_regex}", SlidesHandler))
        LabServerApp.initialize_handlers(self)

    @classmethod
    def get_extension_package(cls):
        return __name__


def _jupyter_server_extension_points():
    return [{"module": __name__, "app": SlidesApp}]
