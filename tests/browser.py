"""A JupyterLab server and a headless browser for the tests of the real thing."""

import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

from tlcourse import browsers

PROJECT = Path(__file__).resolve().parent.parent
SCREENSHOTS = PROJECT / "build" / "screenshots"
LAB = ("-m", "jupyterlab", "--expose-app-in-browser")
SLIDES = ("-m", "tlcourse", "slides", "06")
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


@contextmanager
def jupyterlab(folder, settings_folder, theme="JupyterLab Light", command=LAB):
    """A JupyterLab server on ``folder``, on the loopback with a token; yields its address maker.

    ``command`` are Python's arguments that start it, if not JupyterLab itself then a verb.

    Yields
    ------
    callable
        Path of a page (``"lab/tree/a.ipynb"``) -> URL.
    """
    port, token = _free_port(), secrets.token_hex(16)
    log = Path(settings_folder) / "server.log"
    with log.open("w", encoding="utf-8") as output:
        server = subprocess.Popen(
            _command(command, folder, port, token),
            env=_environment(Path(settings_folder), theme),
            cwd=folder,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_until_up(f"http://127.0.0.1:{port}/api/status?token={token}", server, log)
        yield lambda page: f"http://127.0.0.1:{port}/{page}?token={token}"
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()


@contextmanager
def open_page(browser, size=(1400, 1000)):
    """A page that remembers the errors on its console and the requests that leave the machine.

    Yields
    ------
    Page, list of str
        Playwright's page, and what went wrong on it.
    """
    context = browser.new_context(viewport={"width": size[0], "height": size[1]})
    page, problems = context.new_page(), []
    page.on("console", lambda m: problems.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("request", lambda r: None if _is_local(r.url) else problems.append(f"asked {r.url}"))
    try:
        yield page, problems
    finally:
        context.close()


def run_all(page, url, timeout=180):
    """Open a notebook in JupyterLab and run all of its cells.

    Returns
    -------
    list of str
        Error outputs, and widgets that JupyterLab could not display.
    """
    page.goto(url)
    page.wait_for_function("window.jupyterapp?.shell.currentWidget?.sessionContext", timeout=60_000)
    page.set_default_timeout(timeout * 1000)
    page.evaluate(
        """async () => {
          const panel = window.jupyterapp.shell.currentWidget;
          await panel.context.ready;
          await panel.sessionContext.ready;
          await panel.sessionContext.session.kernel.info;
          await window.jupyterapp.commands.execute("notebook:run-all-cells");
        }"""
    )
    page.wait_for_function(
        "jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'idle'"
    )
    page.wait_for_timeout(1500)
    errors = page.evaluate(
        """() => jupyterapp.shell.currentWidget.content.model.sharedModel.cells
          .flatMap((cell) => cell.cell_type === "code" ? cell.outputs : [])
          .filter((output) => output.output_type === "error")
          .map((output) => output.ename + ": " + output.evalue)"""
    )
    text = page.locator(".jp-Notebook").inner_text()
    broken = "Error displaying widget"
    return errors + ([broken] if broken in text else [])


def cut_off(page, width=1300):
    """Parts of outputs that a window of that width cuts off, or shows only by a widget's scrolling.

    The list of files takes a quarter of the window, as when a student opens it.
    """
    before = page.viewport_size
    page.set_viewport_size({**before, "width": width})
    page.wait_for_timeout(500)
    found = page.evaluate(CUT_OFF)
    page.set_viewport_size(before)
    return found


def start_probe(page):
    """Note from now on when the last click or key came and when a widget's text changed."""
    page.evaluate(LATENCY_PROBE)


def last_latency(page):
    """Milliseconds from the last click or key to the last change of a text that it caused."""
    seen = page.evaluate("window.tlcourseLatency")
    return seen["change"] - seen["input"]


def open_slides(page, url, timeout=120_000, until="body.tlcourse-ready"):
    """Open a notebook live as slides, and wait until its cells have run."""
    page.set_default_timeout(timeout)
    page.goto(url)
    page.wait_for_selector(until, state="attached")


def slide_number(page):
    """Position of the present slide, from 0."""
    return page.evaluate(
        """[...document.querySelectorAll(".slides > section")]
          .findIndex((slide) => slide.classList.contains("present"))"""
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


def _environment(folder, theme):
    settings = {
        "apputils-extension/themes": {"theme": theme},
        "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
        "notebook-extension/tracker": {"windowingMode": "none"},
    }
    for name, values in settings.items():
        file = folder / "lab" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(values), encoding="utf-8")
    search_path = filter(None, (str(PROJECT), os.environ.get("PYTHONPATH")))
    return {
        **os.environ,
        "JUPYTERLAB_SETTINGS_DIR": str(folder / "lab"),
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "PYTHONPATH": os.pathsep.join(search_path),
    }


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


def _is_local(url):
    return url.startswith(("http://127.0.0.1", "ws://127.0.0.1", "data:", "blob:"))
