"""The browser of this machine: it prints decks as PDF, and the tests look at pages with it."""

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tlcourse import paths

NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "msedge",
)
USUAL_PLACES = (
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Microsoft/Edge/Application/msedge.exe",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
)


class CannotPrint(RuntimeError):
    """A page was not printed; the message is the reason, in a few words."""


def find_browser():
    """Path of a Chromium, Chrome or Edge; None where there is none."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    return found or next((place for place in USUAL_PLACES if Path(place).exists()), None)


def browser_options():
    """Chromium refuses its sandbox to the administrator of a container."""
    return ["--no-sandbox"] if getattr(os, "geteuid", lambda: 1)() == 0 else []


def print_page(browser, html, viewport=None, ready="true", **options):
    """Print an HTML file as PDF beside it; the PDF appears only when whole.

    ``ready`` is JavaScript that is true once the page can be printed, ``options`` are Playwright's
    for ``page.pdf``. Raises CannotPrint if Playwright is missing, the browser fails, or the PDF
    cannot be written.
    """
    pdf = Path(html).with_suffix(".pdf")
    # Playwright's plain interface refuses to run where an event loop runs, as in a notebook.
    with ThreadPoolExecutor(1) as pool:
        printing = pool.submit(_print, browser, Path(html), pdf, viewport, ready, options)
    if printing.exception():  # whatever ails a browser, the HTML is there
        problem = printing.exception()
        raise CannotPrint((str(problem).strip() or type(problem).__name__).splitlines()[0])
    return pdf


def _print(browser, html, pdf, viewport, ready, options):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=browser, args=browser_options())
        page = started.new_page(viewport=viewport)
        page.goto(html.resolve().as_uri())
        page.wait_for_function(ready)
        with paths.write_whole(pdf) as temporary:
            page.pdf(path=temporary, prefer_css_page_size=True, print_background=True, **options)
        started.close()
