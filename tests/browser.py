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
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import nbformat
import pytest
from parsed import cells_of, code_of
from statements import needed_by

from tlcourse import browsers

PROJECT = Path(__file__).resolve().parent.parent
SCREENSHOTS = PROJECT / "build" / "screenshots"
LAB = ("-m", "tlcourse", "lab", "--expose-app-in-browser")
SLIDES = ("-m", "tlcourse", "slides", "06")
PIECE = 300_000  # numbers: 16 ms of work
SLOW = 240_000  # ms, for a page on a busy machine
WIDGET = "application/vnd.jupyter.widget-view+json"
READY = """
async (code) => {
  const shown = () => window.jupyterapp?.shell.currentWidget;
  while (!shown()?.sessionContext) await new Promise((again) => setTimeout(again, 50));
  await shown().context.ready;
  await shown().sessionContext.ready;
  await shown().sessionContext.session.kernel.requestExecute({ code, store_history: false }).done;
}
"""
ALL_RUN = """
() => {
  const { cells } = jupyterapp.shell.currentWidget.content.model.sharedModel;
  const code = cells.filter((cell) => cell.cell_type === "code");
  const failed = ({ outputs }) => outputs.some(({ output_type }) => output_type === "error");
  return code.every((cell) => cell.execution_count) || code.some(failed);
}
"""
RUN_STEPS = """
async (steps) => {
  const { content, sessionContext } = window.jupyterapp.shell.currentWidget;
  const errors = [];
  for (const cell of content.model.cells) cell.trusted = true;
  for (const [place, code] of steps) {
    if (code === null) {
      content.deselectAll();
      content.activeCellIndex = place;
      await window.jupyterapp.commands.execute("notebook:run-cell");
    } else {
      const reply = await sessionContext.session.kernel.requestExecute({ code }).done;
      const { status, ename, evalue } = reply.content;
      if (status !== "ok") errors.push(`${ename}: ${evalue}`);
    }
  }
  return errors;
}
"""
WATCH = """
() => {
  window.tlcourseChanged = performance.now();
  window.tlcourseWatch ??= new MutationObserver(() => { tlcourseChanged = performance.now(); });
  window.tlcourseWatch.observe(document.querySelector(".jp-Notebook"),
    { childList: true, subtree: true, characterData: true, attributes: true });
}
"""
DRAWN = """
() => {
  const kernel = jupyterapp.shell.currentWidget.sessionContext.session.kernel;
  const widgets = [...document.querySelectorAll(".jp-OutputArea-output.lm-Panel")];
  return kernel.status === "idle" && performance.now() - tlcourseChanged > 300
    && widgets.every((widget) => widget.getBoundingClientRect().height >= 16);
}
"""
LATENCY_PROBE = """
() => {
  const seen = (window.tlcourseLatency = { input: 0, change: 0 });
  for (const type of ["click", "keydown"]) {
    document.addEventListener(type, (e) => { seen.input = e.timeStamp; seen.change = 0; }, true);
  }
  new MutationObserver((records) => {
    const isOutput = (node) => (node.nodeType === 1 ? node : node.parentElement)
      ?.closest?.(".jupyter-widgets.widget-html, .widget-html-content");
    if (records.some((r) => isOutput(r.target))) seen.change = performance.now();
  }).observe(document.body, { childList: true, subtree: true, characterData: true });
}
"""
CUT_OFF = """
() => [...document.querySelectorAll(".jp-OutputArea-output")].flatMap((output) => {
  const edge = output.closest(".jp-Cell").getBoundingClientRect().right + 3;
  const over = (node) => node.getBoundingClientRect().right > edge;
  const scrolls = (node) => /auto|scroll/.test(getComputedStyle(node).overflowX) && !over(node);
  const isCut = (node) => {
    if (!node.checkVisibility() || !node.getBoundingClientRect().width || !over(node)) return false;
    for (let up = node.parentElement; up !== output; up = up.parentElement) {
      if (!up.matches(".jupyter-widgets") && scrolls(up)) return false;
    }
    return true;
  };
  const node = [...output.querySelectorAll("*")].find(isCut);
  return node ? [`${node.tagName}: ${node.textContent.slice(0, 80)}`] : [];
})
"""


def find_browser():
    """Path of a Chromium, Chrome or Edge; skips the test where there is none.

    With ``TLCOURSE_REQUIRE_BROWSER=1`` a missing browser is a failure.
    """
    found = browsers.find_browser()
    if found is None:
        message = "No browser: install Chromium, Chrome or Edge to test what students see."
        if os.environ.get("TLCOURSE_REQUIRE_BROWSER") == "1":
            pytest.fail(message)
        pytest.skip(message)
    return found


class Jupyter:
    """A server on copies of the notebooks, and the pages that are opened of it.

    Attributes
    ----------
    notebooks : Path
        The folder of the copies.
    """

    def __init__(self, chromium, folder, url):
        self.notebooks = folder / "root" / "notebooks"
        self._folder, self._url = folder, url
        self._context = chromium.new_context()  # what a page has loaded, the next has at hand

    @contextmanager
    def open(self, path, size=(1400, 1000), theme="Light"):
        """A page that keeps the errors on its console and the requests that leave the machine.

        The kernel of its notebook is stopped in the end.

        Yields
        ------
        Page, list of str
            Playwright's page, and what went wrong on it.
        """
        _write_settings(self._folder / "settings", f"JupyterLab {theme}")
        page, problems = self._context.new_page(), []
        page.set_default_timeout(SLOW)
        page.set_viewport_size({"width": size[0], "height": size[1]})
        listen(page, problems, ("http://127.0.0.1", "ws://127.0.0.1", "data:", "blob:"))
        try:
            page.goto(self._url(path))
            yield page, problems
        finally:
            shown = urlsplit(page.url).path
            page.close()
            self._stop_kernel(shown)

    @contextmanager
    def open_lab(self, notebook, *size_and_theme):
        """As ``open``, for a notebook in JupyterLab, with no tab and no cache but its own."""
        name = secrets.token_hex(4)
        path, cache = f"lab/workspaces/{name}/tree/notebooks/{notebook}", self._folder / name
        with self.open(path, *size_and_theme) as (page, problems):
            page.evaluate(READY, f"import os; os.environ['TLCOURSE_CACHE'] = {str(cache)!r}")
            yield page, problems

    @contextmanager
    def open_slides(self, notebook, *size_and_theme):
        """As ``open``, for a notebook live as slides whose cells have run."""
        with self.open(f"slides/notebooks/{notebook}", *size_and_theme) as (page, problems):
            page.wait_for_selector("body.tlcourse-ready", state="attached")
            yield page, problems

    def _stop_kernel(self, path):
        request = self._context.request
        for session in request.get(self._url("api/sessions")).json():
            if path.endswith(session["path"]):
                request.delete(self._url(f"api/sessions/{session['id']}"))


@contextmanager
def jupyter(chromium, folder, command=LAB):
    """A server of JupyterLab on the loopback, with a token, a cache and settings of its own.

    ``command`` are Python's arguments that start it, if not JupyterLab itself then a verb.
    """
    root = folder / "root"
    shutil.copytree(PROJECT / "notebooks", root / "notebooks")
    port, token = _free_port(), secrets.token_hex(16)
    log = folder / "server.log"
    with log.open("w", encoding="utf-8") as output:
        server = subprocess.Popen(
            _command(command, root, port, token),
            env=_environment(folder),
            cwd=root,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_until_up(f"http://127.0.0.1:{port}/api/status?token={token}", server, log)
        address = f"http://127.0.0.1:{port}"
        yield Jupyter(chromium, folder, lambda page: f"{address}/{page}?token={token}")
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()


def listen(page, problems, local):
    """Note the errors on a page's console, and its requests that do not begin as ``local`` says."""

    def note_request(request):
        if not request.url.startswith(local):
            problems.append(f"asked {request.url}")

    page.on("console", lambda m: problems.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("request", note_request)


def write_notebook(path, sources, **metadata):
    code = (nbformat.v4.new_code_cell(source.strip(), metadata=metadata) for source in sources)
    write_cells(path, code)


def write_cells(path, cells):
    notebook = nbformat.v4.new_notebook(cells=list(cells))
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, path)


def run_all(page):
    """Run all cells of the notebook by the menu; returns what ``wrong_outputs`` finds."""
    page.evaluate("jupyterapp.commands.execute('notebook:clear-all-cell-outputs')")
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    page.wait_for_function(ALL_RUN)
    return wrong_outputs(page)


def run_widgets(page, notebook):
    """Run the cells that show widgets, and the statements that these rest on; the rest stays.

    Parameters
    ----------
    page : Page
        The notebook in JupyterLab.
    notebook : Path

    Returns
    -------
    list of str
        As of ``run_all``.
    """
    steps, sources, shown = [], code_of(notebook), widget_cells(notebook)
    for place, statements in needed_by(shown, sources).items():
        code = "\n".join(map(ast.unparse, statements))
        steps.append([place, None] if place in shown else [None, code])
    return page.evaluate(RUN_STEPS, steps) + wrong_outputs(page)


def widget_cells(notebook):
    """Places of the first code cell, which imports, and of those that have stored a widget."""
    places = [
        place
        for place, cell in enumerate(cells_of(notebook))
        if any(WIDGET in output.get("data", {}) for output in cell.get("outputs", []))
    ]
    return {min(code_of(notebook)), *places}


def wrong_outputs(page):
    """Error outputs, and widgets that JupyterLab could not display, once all are drawn."""
    wait_until_drawn(page)
    errors = page.evaluate(
        """() => jupyterapp.shell.currentWidget.content.model.sharedModel.cells
          .flatMap((cell) => cell.cell_type === "code" ? cell.outputs : [])
          .filter((output) => output.output_type === "error")
          .map((output) => output.ename + ": " + output.evalue)"""
    )
    broken = "Error displaying widget"
    text = page.locator(".jp-Notebook").inner_text()
    return errors + ([broken] if broken in text else [])


def wait_until_drawn(page):
    """Wait until the kernel is idle, every widget has a height, and the notebook rests."""
    page.evaluate(WATCH)
    page.wait_for_function(DRAWN)


def cut_off(page, width=1300):
    """Parts of outputs that a window of that width cuts off, or shows only by a widget's scrolling.

    The list of files takes a quarter of the window, as when a student opens it.
    """
    before = page.viewport_size
    page.set_viewport_size({**before, "width": width})
    wait_until_drawn(page)
    found = page.evaluate(CUT_OFF)
    page.set_viewport_size(before)
    return found


def start_probe(page):
    """Note from now on when the last click or key came and when a widget's text changed."""
    page.evaluate(LATENCY_PROBE)


def slowness():
    """How much slower than an idle core of 2026 this machine works just now; at least 1."""
    taken = []
    for _ in range(5):
        started = time.perf_counter()
        sum(number * number % 7 for number in range(PIECE))
        taken.append(time.perf_counter() - started)
    return max(1, statistics.median(taken) / 0.016)


def last_latency(page):
    """Milliseconds from the last click or key to the last change of a text that it caused."""
    seen = page.evaluate("window.tlcourseLatency")
    return seen["change"] - seen["input"]


def slide_number(page):
    """Position of the present slide, from 0."""
    return page.evaluate(
        """[...document.querySelectorAll(".slides > section")]
          .findIndex((slide) => slide.classList.contains("present"))"""
    )


def wait_for_slide(page, number):
    page.wait_for_function(
        """(number) => [...document.querySelectorAll(".slides > section")][number]
          .classList.contains("present")""",
        arg=number,
    )


def screenshot(page, name, part=".jp-NotebookPanel"):
    """Write ``build/screenshots/NAME.png``."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    path = SCREENSHOTS / f"{name}.png"
    page.locator(part).first.screenshot(path=str(path))
    return path


def _command(command, folder, port, token):
    command = [sys.executable, *command, "--no-browser"]
    command += [
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
    ]
    command += [f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={folder}"]
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    return command + (["--allow-root"] if is_root else [])


def _environment(folder):
    search_path = filter(None, (str(PROJECT), os.environ.get("PYTHONPATH")))
    return {
        **os.environ,
        "TLCOURSE_CACHE": str(folder / "cache"),
        "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "PYTHONPATH": os.pathsep.join(search_path),
    }


def _write_settings(folder, theme):
    settings = {
        "apputils-extension/themes": {"theme": theme},
        "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
        "notebook-extension/tracker": {"windowingMode": "none"},
    }
    for name, values in settings.items():
        file = folder / "@jupyterlab" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(values), encoding="utf-8")


def _free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def _wait_until_up(url, server, log, seconds=90):
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up and server.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.3)
    raise RuntimeError("JupyterLab did not start:\n" + log.read_text(encoding="utf-8")[-3000:])
