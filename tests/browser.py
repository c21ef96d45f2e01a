"""JupyterLab and a headless browser for the tests of the real thing, one of each a worker."""

import ast
import json
import os
import secrets
import shutil
import socket
import statistics
import subprocess
import sys
import time
import timeit
import urllib.request
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import nbformat
import pytest
from jupyter_client import BlockingKernelClient
from parsed import cells_of, code_of
from statements import needed_by

from tlcourse import browsers

PROJECT = Path(__file__).resolve().parent.parent
SCREENSHOTS = PROJECT / "build" / "screenshots"
LAB = ("-m", "tlcourse", "lab", "--expose-app-in-browser")
SLIDES = ("-m", "tlcourse", "slides", "06")
IN_PAGES = Path(__file__).with_suffix(".js")  # what a page does: ``inTests``
PIECE = 100_000  # numbers: 5 ms of work
EMPTY = """
import ipywidgets
from matplotlib import pyplot
pyplot.close("all")
ipywidgets.Widget.close_all()
get_ipython().reset()
"""
SLOW = 240_000  # ms, for a page on a busy machine
WIDGET = "application/vnd.jupyter.widget-view+json"
LOCAL = ("http://127.0.0.1", "ws://127.0.0.1", "data:", "blob:")
SETTINGS = {
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "notebook-extension/tracker": {"windowingMode": "none"},
}


def find_browser():
    """Path of a Chromium, Chrome or Edge; where there is none, the test is skipped, or fails."""
    required = os.environ.get("TLCOURSE_REQUIRE_BROWSER") == "1"
    message = "No browser: install Chromium, Chrome or Edge to test what students see."
    return browsers.find_browser() or (pytest.fail if required else pytest.skip)(message)


class Jupyter:
    """A server on copies of the notebooks; its page and its kernel, emptied, are handed on."""

    def __init__(self, chromium, folder, url):
        self.notebooks = folder / "root" / "notebooks"
        self._folder, self._url = folder, url
        self._context = chromium.new_context()  # what a page has loaded, the next has at hand
        self._context.add_init_script(path=IN_PAGES)
        self._session = None  # with the kernel to hand on
        self._last, self._lab = ExitStack(), None

    @contextmanager
    def open(self, path, size=(1400, 1000), own_kernel=True):
        """Playwright's page, and a list of the errors on its console and of requests elsewhere."""
        page, problems = self._context.new_page(), []
        page.set_default_timeout(SLOW)
        set_size(page, size)
        listen(page, problems, LOCAL)
        if not own_kernel:
            self._hand_on(path)
        try:
            page.goto(self._url(path))
            yield page, problems
        finally:
            shown = urlsplit(page.url).path
            page.close()
            session = self._session_of(shown)
            if not own_kernel:
                self._session = session
            elif session:
                self._context.request.delete(self._url(f"api/sessions/{session['id']}"))

    @contextmanager
    def open_new_lab(self, notebook, *size):
        """As ``open``, for a notebook in JupyterLab, with no tab and no cache but its own."""
        with self.open(self._workspace(notebook), *size) as (page, problems):
            ready(page, self._own_cache())
            yield page, problems

    @contextmanager
    def open_lab(self, notebook, size=(1400, 1000)):
        """As ``open_new_lab``, in the page and with the kernel of the notebook before."""
        if self._lab is None:
            opened = self.open(self._workspace(notebook), size, own_kernel=False)
            self._lab = self._last.enter_context(opened)
        else:
            page, _ = self._lab
            set_size(page, size)
            self._session = self._session_of(page.evaluate("inTests.closeLast()"))
            self._hand_on(f"notebooks/{notebook}")
            page.evaluate("(path) => inTests.openNext(path)", f"notebooks/{notebook}")
        try:
            ready(self._lab[0], self._own_cache())
            yield self._lab
        except BaseException:
            self.close()
            raise

    def close(self):
        """Close the page of ``open_lab`` and stop its kernel; the next notebook gets others."""
        self._last.close()
        self._lab = self._session = None

    @contextmanager
    def open_slides(self, notebook, *size):
        """As ``open``, for a notebook live as slides whose cells have run, in the last kernel."""
        with self.open(f"slides/notebooks/{notebook}", *size, own_kernel=False) as opened:
            opened[0].wait_for_selector("body.tlcourse-ready", state="attached")
            yield opened

    def _workspace(self, notebook):
        return f"lab/workspaces/{secrets.token_hex(4)}/tree/notebooks/{notebook}"

    def _own_cache(self):
        cache = str(self._folder / secrets.token_hex(4))
        return f"import os; os.environ['TLCOURSE_CACHE'] = {cache!r}"

    def _session_of(self, path):
        sessions = self._context.request.get(self._url("api/sessions")).json()
        return next((session for session in sessions if path.endswith(session["path"])), None)

    def _hand_on(self, path):
        """Empty the kernel that is at hand, if one is, and give it to the notebook of ``path``."""
        if self._session is None:
            return
        file = self._folder / "runtime" / f"kernel-{self._session['kernel']['id']}.json"
        client = BlockingKernelClient(connection_file=str(file))
        client.load_connection_file()
        client.start_channels()
        client.execute_interactive(EMPTY)
        client.stop_channels()
        moved = {"path": path[path.index("notebooks/") :]}
        self._context.request.patch(self._url(f"api/sessions/{self._session['id']}"), data=moved)


@contextmanager
def jupyter(chromium, folder, command=LAB):
    """A server on the loopback, with a token, a cache and settings of its own."""
    shutil.copytree(PROJECT / "notebooks", folder / "root" / "notebooks")
    for name, values in SETTINGS.items():
        file = folder / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(values), encoding="utf-8")
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    token, log, root = secrets.token_hex(16), folder / "server.log", folder / "root"
    options = ["--no-browser", "--ServerApp.ip=127.0.0.1", "--ServerApp.port_retries=0"]
    options += [f"--ServerApp.port={port}", f"--ServerApp.root_dir={root}"]
    options += [f"--IdentityProvider.token={token}", "--allow-root"]
    with log.open("w", encoding="utf-8") as output:
        streams = {"stdout": output, "stderr": subprocess.STDOUT}
        command = [sys.executable, *command, *options]
        server = subprocess.Popen(command, env=_environment(folder), cwd=root, **streams)

    def url(page):
        return f"http://127.0.0.1:{port}/{page}?token={token}"

    try:
        _wait_until_up(url("api/status"), server, log)
        with closing(Jupyter(chromium, folder, url)) as lab:
            yield lab
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()


def _environment(folder):
    search_path = filter(None, (str(PROJECT), os.environ.get("PYTHONPATH")))
    names = ("TLCOURSE_CACHE", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR")
    names += ("JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR")
    own = {name: str(folder / name.split("_")[1].lower()) for name in names}
    return {**os.environ, **own, "PYTHONPATH": os.pathsep.join(search_path)}


def _wait_until_up(url, server, log, seconds=90):
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up and server.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.3)
    raise RuntimeError("JupyterLab did not start:\n" + log.read_text(encoding="utf-8")[-3000:])


def set_size(page, size):
    page.set_viewport_size({"width": size[0], "height": size[1]})


def listen(page, problems, local):
    """Note the errors on a page's console, and its requests that do not begin as ``local`` says."""

    def note(problem, is_one=True):
        problems.extend([problem] * is_one)

    page.on("console", lambda message: note(message.text, message.type == "error"))
    page.on("pageerror", lambda error: note(str(error)))
    page.on("request", lambda r: note(f"asked {r.url}", not r.url.startswith(local)))


def write_notebook(path, sources, **metadata):
    code = (nbformat.v4.new_code_cell(source.strip(), metadata=metadata) for source in sources)
    write_cells(path, code)


def write_cells(path, cells):
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    nbformat.write(nbformat.v4.new_notebook(cells=list(cells), metadata=metadata), path)


def ready(page, code=""):
    """Wait for the notebook and its kernel, and run some code in it."""
    page.wait_for_function("window.inTests")
    page.evaluate("inTests.ready", code)


def run_all(page, _notebook=None):
    """Run all cells of the notebook by the menu; returns what ``wrong_outputs`` finds."""
    page.evaluate("jupyterapp.commands.execute('notebook:clear-all-cell-outputs')")
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    page.wait_for_function("inTests.allRun()")
    return wrong_outputs(page)


def run_widgets(page, notebook):
    """As ``run_all``, the cells that show widgets and the statements that these rest on alone."""
    steps, sources, shown = [], code_of(notebook), widget_cells(notebook)
    for place, statements in needed_by(shown, sources).items():
        code = "\n".join(map(ast.unparse, statements))
        steps.append([place, None] if place in shown else [None, code])
    return page.evaluate("inTests.runSteps", steps) + wrong_outputs(page)


def widget_cells(notebook):
    """Places of the first code cell, which imports, and of those that have stored a widget."""
    outputs = [(place, o) for place in code_of(notebook) for o in cells_of(notebook)[place].outputs]
    widgets = {place for place, output in outputs if WIDGET in output.get("data", {})}
    return {min(code_of(notebook)), *widgets}


def wrong_outputs(page):
    """Error outputs, and widgets that JupyterLab could not display, once all are drawn."""
    wait_until_drawn(page)
    broken = "Error displaying widget"
    is_broken = broken in page.locator(".jp-Notebook").inner_text()
    return page.evaluate("inTests.errorOutputs()") + [broken] * is_broken


def wait_until_drawn(page):
    """Wait until the kernel is idle, every widget has a height, and the notebook rests."""
    page.evaluate("inTests.watch()")
    page.wait_for_function("inTests.isDrawn()")


def cut_off(page, width=1300):
    """Parts of outputs that a window of that width cuts off, or shows only by a widget's scrolling.

    The list of files takes a quarter of the window, as when a student opens it.
    """
    before = page.viewport_size
    page.set_viewport_size({**before, "width": width})
    wait_until_drawn(page)
    found = page.evaluate("inTests.cutOff()")
    page.set_viewport_size(before)
    return found


@contextmanager
def in_the_dark(page):
    """JupyterLab in its dark theme, and light again."""
    for theme in ("JupyterLab Dark", "JupyterLab Light"):
        change = "(theme) => jupyterapp.commands.execute('apputils:change-theme', {theme})"
        page.evaluate(change, theme)
        page.wait_for_selector(f"[data-jp-theme-name='{theme}']", state="attached")
        if "Dark" in theme:
            yield


def slowness():
    """How much slower than an idle core of 2026 this machine works just now; at least 1."""
    taken = timeit.repeat(lambda: sum(number * number % 7 for number in range(PIECE)), number=1)
    return max(1, statistics.median(taken) / 0.0053)


def wait_for_text(page, name, text):
    """Wait until the element of that id says so."""
    page.wait_for_function(
        "([id, text]) => document.getElementById(id)?.textContent === text", arg=[name, text]
    )


def screenshot(page, name, part=".jp-NotebookPanel"):
    """Write ``build/screenshots/NAME.png``."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.locator(part).first.screenshot(path=str(SCREENSHOTS / f"{name}.png"))
