"""One page to keep: the data, what was measured, what is recommended, and how to remake it.

The HTML needs nothing besides itself and prints; the PDF is printed from it by a browser.
"""

import inspect
import itertools
import os
import platform
import re
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from importlib import metadata
from pathlib import Path

import numpy as np
import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from tlcourse import paths
from tlcourse.browsers import CannotPrint, find_browser, print_page
from tlcourse.plots.pictures import picture_html, side_by_side
from tlcourse.plots.style import as_duration
from tlcourse.your_problem.investigation import ALL, MIXED, SOURCES, usual_similarity
from tlcourse.your_problem.pictures import thumbnail

HERE = Path(__file__).parent
PACKAGES = ("torch", "torchvision", "scikit-learn", "numpy", "pillow")
POLICIES = {
    MIXED: "freeze its lower layers, fine-tune those above, begin the top anew",
    ALL: "all layers, and a new head",
}
SHEET_CLASSES, SHOWN_MISTAKES = 9, 5
LONGEST_STEM = 200  # bytes: most file systems end at 255 with what is put around it
SCALE = 0.92  # so that an ordinary report is one page of A4


class CannotReport(RuntimeError):
    """A report cannot be written; the message is one sentence."""


@dataclass(frozen=True)
class Written:
    """Where a report was written."""

    html: Path
    pdf: Path | None
    why_no_pdf: str = ""

    def __repr__(self):
        return f"{self.html.name}; {self.pdf.name if self.pdf else self.why_no_pdf}"


def write_report(found, folder, name=None, pdf=True):
    """Write the page of an Investigation as HTML, and as PDF where there is a browser: Written.

    The folder is made if need be; CannotReport if it cannot be written. ``name`` is that of the
    problem by default; a report of another problem that has it is left, and this one gets a number.
    """
    folder = Path(folder).expanduser()
    stem = re.sub(r"[^\w-]", "-", name or found.problem.name)
    stem = stem.encode()[:LONGEST_STEM].decode(errors="ignore")
    try:
        html = _free_file(folder, stem, _mark(found.problem))
        paths.write_text(html, report_html(found))
    except OSError as problem:
        why = problem.strerror or problem
        raise CannotReport(f"{folder} cannot be written ({why}): name another folder.") from None
    browser = find_browser() if pdf else None
    if browser is None:
        why = "no Chromium, Chrome or Edge was found" if pdf else "none was asked for"
        return Written(html, None, f"No PDF: {why}. The HTML page prints from any browser.")
    try:
        return Written(html, print_page(browser, html, scale=SCALE))
    except CannotPrint as problem:
        why = f"No PDF: the browser did not print it ({problem}). The HTML page prints from any."
        return Written(html, None, why)


def _mark(problem):
    """What is in the page of this problem alone; the path itself is nobody else's business."""
    return f"tlcourse-{sha256(repr((problem.name, problem.place)).encode()).hexdigest()[:16]}"


def _free_file(folder, stem, mark):
    for end in itertools.chain([""], (f"-{number}" for number in itertools.count(2))):
        html = folder / f"report-{stem}{end}.html"
        if not html.exists() or mark in html.read_text(encoding="utf-8", errors="replace"):
            return html


def report_html(found):
    """The page as a string: one HTML document that asks for nothing."""
    look = {"autoescape": True, "trim_blocks": True, "lstrip_blocks": True}
    templates = Environment(loader=FileSystemLoader(HERE), undefined=StrictUndefined, **look)
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in PACKAGES)
    took = [f"{name} {as_duration(value)}" for name, value in found.seconds.items()]
    sheet = found.problem.sheet(5, SHEET_CLASSES).rows
    return templates.get_template("report.html.j2").render(
        css=(HERE / "report.css").read_text(encoding="utf-8"),
        found=found,
        problem=found.problem,
        row=found.table.loc[found.recommended],
        mark=_mark(found.problem),
        today=date.today().isoformat(),
        recommendation=_in_words(found.recommended),
        cheaper=_cheaper(found),
        rule=_as_code(found.rule),
        usual=usual_similarity(),
        strips={
            name: picture_html(side_by_side(pictures), f"Pictures of the class {name}")
            for name, pictures in sheet.items()
        },
        table=_table(found).to_html(border=0, classes="results", index_names=False),
        mistakes=mistakes(found),
        cost=f"{'; '.join(took)}; {as_duration(sum(found.seconds.values()))} of CPU in all",
        machine=f"{os.cpu_count()} CPU cores, {platform.system()} {platform.machine()}",
        versions=f"Python {platform.python_version()}, {versions}",
        call=_call(found),
    )


def _as_code(rule):
    """The rule's own source, where Python can find it."""
    try:
        return inspect.getsource(rule)
    except (OSError, TypeError):
        return repr(rule)


def _table(found):
    """The options in words, the proposed one marked."""
    numbers = found.table.round(1).astype(str)
    shown = pd.DataFrame({"right (%)": numbers["accuracy"]})
    for name, head in (("accuracy", "95% interval"), ("behind", "points behind, 95% interval")):
        shown[head] = numbers[f"{name}, low"] + " to " + numbers[f"{name}, high"]
    shown.iloc[0, -1] = "best"
    return shown.rename(index={found.proposal.option: f"{found.proposal.option} (proposed)"})


def mistakes(found, most=2):
    """The largest confusions of the recommended option, as {sentence: pictures as HTML}."""
    names, test = np.array(found.problem.classes), found.test
    truth, said = names[found.problem.labels[test]], names[found.predictions[found.recommended]]
    shares = pd.crosstab(truth, said, normalize="index").stack()
    shares = shares[[true != taken for true, taken in shares.index]]
    sentences = {}
    for (true, taken), share in shares[shares > 0].nlargest(most).items():
        rows = test[(truth == true) & (said == taken)][:SHOWN_MISTAKES]
        strip = side_by_side([thumbnail(found.problem.pictures[row]) for row in rows])
        html = picture_html(strip, f"Pictures of {true} that were taken for {taken}")
        sentences[f"Of {true}, {share:.0%} are taken for {taken}."] = html
    return sentences


def _in_words(option):
    source, _, way = option.partition(", ")
    if not way:
        return f"Reuse nothing: {option} did better than every source."
    if way in ("last layer", "all layers"):
        return f"Use the features of {source}, {way}, and a linear SVM."
    return f"Fine-tune the network {source}: {POLICIES.get(way, way)}."


def _cheaper(found):
    """Features that do as well as a recommended fine-tuning, as far as can be told; or None."""
    ties = found.table[(found.table["behind, low"] <= 0) & found.table["C"].notna()].index
    is_tuned = np.isnan(found.table["C"][found.recommended])
    return ties[0] if is_tuned and len(ties) else None


def _call(found):
    """What makes the page again; a rule of one's own has to be defined first."""
    sources = tuple(source for source in SOURCES if source in found.similarity)
    sources = sources if len(sources) == len(found.similarity) else tuple(found.similarity.index)
    chosen = f"{found.problem.command}, rule={found.rule.__name__}, sources={sources!r}"
    return (
        "from tlcourse.your_problem import *; "
        f"write_report(investigate({chosen}, seed={found.seed}), '.')"
    )
