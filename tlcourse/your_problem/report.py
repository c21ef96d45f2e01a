"""One page to keep: the data, what was measured, what is recommended, and how to remake it.

The HTML needs nothing besides itself and prints; the PDF is printed from it by a browser.
"""

import itertools
import os
import platform
import re
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from html import escape
from importlib import metadata
from pathlib import Path

from tlcourse import paths
from tlcourse.browsers import CannotPrint, find_browser, print_page
from tlcourse.networks.sources import SOURCES
from tlcourse.plots.pictures import picture_html, side_by_side
from tlcourse.plots.style import as_duration
from tlcourse.your_problem.comparison import comparison_html
from tlcourse.your_problem.look import Look, contact_sheet, thumbnail
from tlcourse.your_problem.nearness import COMPARED_SOURCES
from tlcourse.your_problem.options import SCRATCH
from tlcourse.your_problem.templates import render

CSS = Path(__file__).with_name("report.css")
PACKAGES = ("torch", "torchvision", "scikit-learn", "numpy", "pillow")
SHEET_CLASSES, SHOWN_OPTIONS, SHOWN_MISTAKES, SHOWN_FACTS = 9, 6, 5, 6
LONGEST_STEM = 200  # bytes: most file systems end at 255 with what is put around it
SCALE = 0.92  # so that an ordinary report is one page of A4
NO_BROWSER = (
    "No PDF: it is printed by Chromium, Chrome or Edge, and none was found. The HTML page prints "
    "as well, from any browser."
)


class CannotReport(RuntimeError):
    """A report cannot be written; the message is one sentence."""


@dataclass(frozen=True)
class Written:
    """Where a report was written."""

    html: Path
    pdf: Path | None
    why_no_pdf: str = ""

    def __repr__(self):
        pdf = self.pdf.name if self.pdf else self.why_no_pdf
        return f"{self.html.name}; {pdf}"


def write_report(investigation, folder, name=None, pdf=True):
    """Write the page as HTML, and as PDF where there is a browser; each appears only when whole.

    Parameters
    ----------
    investigation : Investigation
    folder : path
        Made if need be; CannotReport if it cannot be written.
    name : str, optional
        Of the files, without an ending; by default that of the problem. A report of another
        problem that has it is left, and this one gets a number.
    pdf : bool

    Returns
    -------
    Written
    """
    folder = Path(folder).expanduser()
    problem = investigation.problem
    stem = re.sub(r"[^\w-]", "-", name or problem.name)
    stem = stem.encode()[:LONGEST_STEM].decode(errors="ignore")
    try:
        html = _free_file(folder, stem, _mark(problem))
        paths.write_text(html, report_html(investigation))
    except OSError as problem:
        why = problem.strerror or problem
        raise CannotReport(f"{folder} cannot be written ({why}): name another folder.") from None
    if not pdf:
        return Written(html, None, "No PDF was asked for.")
    browser = find_browser()
    if browser is None:
        return Written(html, None, NO_BROWSER)
    try:
        return Written(html, print_page(browser, html, scale=SCALE))
    except CannotPrint as problem:
        why = f"the browser did not print it ({problem}). The HTML page prints from any browser."
        return Written(html, None, f"No PDF: {why}")


def _mark(problem):
    """What is in the page of this problem alone; the path itself is nobody else's business."""
    return f"tlcourse-{sha256(repr((problem.name, problem.place)).encode()).hexdigest()[:16]}"


def _free_file(folder, stem, mark):
    for end in itertools.chain([""], (f"-{number}" for number in itertools.count(2))):
        html = folder / f"report-{stem}{end}.html"
        if not html.exists() or mark in html.read_text(encoding="utf-8", errors="replace"):
            return html


def report_html(investigation):
    """The page as a string: one HTML document that asks for nothing."""
    problem, near = investigation.problem, investigation.nearness
    recommended, advice = investigation.recommended, investigation.advice
    sheet = contact_sheet(problem, shown=5, most_classes=SHEET_CLASSES)
    widest = 1.1 * max(*(high for _, high in near.intervals.values()), near.typical)
    proposed = investigation.proposed.option
    return render(
        "report",
        css=CSS.read_text(encoding="utf-8"),
        found=investigation,
        problem=problem,
        near=near,
        row=recommended,
        mark=_mark(problem),
        today=date.today().isoformat(),
        recommendation=_in_words(recommended.option, advice),
        facts=Look(problem).facts[:SHOWN_FACTS],
        strips={
            name: _strip(pictures, f"Pictures of the class {name}")
            for name, pictures in sheet.rows.items()
        },
        breakable=_breakable,
        share=lambda distance: f"{100 * distance / widest:.1f}%",
        sources=_sources(near),
        table=comparison_html(investigation.comparison, proposed, SHOWN_OPTIONS),
        mistakes={each.sentence: _mistaken(problem, each) for each in investigation.confusions()},
        machine=f"{os.cpu_count()} CPU cores, {platform.system()} {platform.machine()}",
        **_remake(investigation),
    )


def _breakable(name):
    return escape(name).replace("_", "_<wbr>")


def _strip(pictures, text):
    return picture_html(side_by_side(pictures), text) if pictures else ""


def _mistaken(problem, confusion):
    pictures = [thumbnail(problem.pictures[row][0]) for row in confusion.rows[:SHOWN_MISTAKES]]
    text = f"Pictures of {confusion.truth} that were taken for {confusion.taken_for}"
    return _strip(pictures, text)


def _in_words(option, advice):
    if option.method == "fine-tuned":
        return f"Fine-tune the network {option.source}: {advice.policy.name}."
    if not option.source:
        return f"Reuse nothing: {option.name} did better than every source."
    which = "all layers" if option.method == "full network" else option.method
    return f"Use the features of {which} of the network {option.source}, and a linear SVM."


def _sources(near):
    kinds = {"drawn": "drawings"}
    return "; ".join(
        f"{name}, {kinds.get(name, 'photographs')} of {len(SOURCES[name].class_names())} classes"
        for name in near.distances
    )


def _remake(found):
    """What it cost, with which versions, and the call that makes the page again."""
    steps = found.seconds or _seconds_of_options(found)
    seconds = "; ".join(f"{name} {as_duration(value)}" for name, value in steps.items())
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in PACKAGES)
    sources = tuple(found.nearness.distances)
    chosen = "" if set(sources) == set(COMPARED_SOURCES) else f", sources={sources!r}"
    tried = {row.option.method for row in found.comparison.rows}
    options = f"{chosen}, draws={len(found.split.draws)}, seed={found.split.seed}"
    options += ", from_scratch=True" if SCRATCH in tried else ""
    call = f"write_report(investigate({found.problem.command}{options}), '.')"
    return {
        "cost": f"{seconds}; {as_duration(sum(steps.values()))} in all",
        "versions": f"Python {platform.python_version()}, {versions}",
        "call": f"from tlcourse.your_problem import *; {call}",
    }


def _seconds_of_options(found):
    """Where the steps were not timed: all draws of the options, by what they reuse."""
    steps = {}
    for row in found.comparison.rows:
        name = row.option.source or row.option.name
        seconds = row.option.seconds * len(row.option.predictions)
        steps[name] = steps.get(name, 0) + seconds
    return steps
