"""One page to keep: the data, what was measured, what is recommended, and how to remake it.

The HTML needs nothing besides itself and prints; the PDF is printed from it by a browser.
"""

import os
import platform
from dataclasses import dataclass
from datetime import date
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
from tlcourse.your_problem.nearness import SOURCES as DEFAULT_SOURCES
from tlcourse.your_problem.options import SCRATCH

CSS = Path(__file__).with_name("report.css")
PACKAGES = ("torch", "torchvision", "scikit-learn", "numpy", "pillow")
SHEET_CLASSES, SHOWN_OPTIONS, SHOWN_MISTAKES, SHOWN_FACTS = 9, 6, 5, 6
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
        Made if need be.
    name : str, optional
        Of the files, without an ending; by default that of the problem.
    pdf : bool

    Returns
    -------
    Written

    Raises
    ------
    CannotReport
        If the folder cannot be written.
    """
    folder = Path(folder).expanduser()
    stem = "".join(
        c if c.isalnum() or c in "-_" else "-" for c in name or investigation.problem.name
    )
    html = folder / f"report-{stem}.html"
    try:
        with paths.written_whole(html) as temporary:
            temporary.write_text(report_html(investigation), encoding="utf-8")
    except OSError as problem:
        why = problem.strerror or problem
        raise CannotReport(f"{folder} cannot be written ({why}): name another folder.") from None
    if not pdf:
        return Written(html, None, "No PDF was asked for.")
    try:
        return Written(html, _printed(html))
    except CannotReport as problem:
        return Written(html, None, str(problem))


def _printed(html):
    browser = find_browser()
    if browser is None:
        raise CannotReport(NO_BROWSER)
    try:
        return print_page(browser, html, scale=SCALE)
    except CannotPrint as problem:
        raise CannotReport(
            f"No PDF: the browser did not print it ({problem}). The HTML page prints from any "
            "browser."
        ) from None


def report_html(investigation):
    """The page as a string: one HTML document that asks for nothing."""
    title = f"Transfer learning for {investigation.problem.name}"
    parts = (
        _recommendation(investigation),
        _data(investigation),
        _similarity(investigation),
        _results(investigation),
        _mistakes(investigation),
        _remake(investigation),
    )
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{CSS.read_text(encoding='utf-8')}</style></head>"
        f'<body><main><h1>{escape(title)}</h1><p class="sub">{_subtitle(investigation)}</p>'
        f"{''.join(parts)}</main></body></html>\n"
    )


def _subtitle(found):
    problem = found.problem
    return (
        f"{len(problem.pictures):,} pictures of {len(problem.classes)} classes; "
        f"{found.split.per_class:g} training pictures a class in the median; "
        f"{date.today().isoformat()}"
    )


def _breakable(name):
    return escape(name).replace("_", "_<wbr>")


def _section(title, body):
    return f"<section><h2>{title}</h2>{body}</section>"


def _recommendation(found):
    row, rule = found.recommended, found.advice
    pixels, ties = found.comparison.row("raw pixels").accuracy, len(found.comparison.ties) - 1
    reasons = [
        found.verdict,
        f"It is right in {row.accuracy:.0f}% of test pictures ({row.low:.0f} to {row.high:.0f}%), "
        f"where guessing is right in {found.comparison.chance:.0f}% and an SVM on raw pixels in "
        f"{pixels:.0f}%.",
        f"Besides the best, {ties} of the {len(found.comparison.rows)} options are within noise of "
        "it: more test pictures would part them.",
        f"Why it was proposed: {rule.reasons[2]}",
    ]
    items = "".join(f"<li>{escape(reason)}</li>" for reason in reasons)
    return (
        f'<div class="box" role="region" aria-label="Recommendation"><strong>'
        f"{escape(_in_words(row.option, rule))}</strong><ul>{items}</ul></div>"
    )


def _in_words(option, advice):
    if option.method == "fine-tuned":
        return f"Fine-tune the network {option.source}: {advice.policy.name}."
    if not option.source:
        return f"Reuse nothing: {option.name} did better than every source."
    which = "all layers" if option.method == "full network" else option.method
    return f"Use the features of {which} of the network {option.source}, and a linear SVM."


def _data(found):
    facts = Look(found.problem).facts
    items = "".join(f"<li>{escape(fact)}</li>" for fact in facts[:SHOWN_FACTS])
    sheet = contact_sheet(found.problem, shown=5, most_classes=SHEET_CLASSES)
    strips = "".join(
        f'<div class="strip"><span>{found.problem.counts[name]} {_breakable(name)}</span>'
        f"{picture_html(side_by_side(pictures), f'Pictures of the class {name}')}</div>"
        for name, pictures in sheet.rows.items()
    )
    more = len(found.problem.classes) - len(sheet.rows)
    rest = f'<p class="note">And {more} further classes.</p>' if more else ""
    split = f"<li>{escape(found.split.sentence)}</li>"
    body = f'<ul>{items}{split}</ul><div class="sheet">{strips}</div>{rest}'
    return _section("The data", body)


def _similarity(found):
    near = found.nearness
    widest = 1.1 * max(*(high for _, high in near.intervals.values()), near.typical)
    rows = "".join(
        f'<tr><th scope="row" style="text-align:left;font-weight:400">{escape(name)}</th><td>'
        f"{_distance_bar(distance, near.intervals[name], near.control, widest)}</td>"
        f"<td>{distance:.2f} ({near.intervals[name][0]:.2f} to {near.intervals[name][1]:.2f})</td>"
        f"</tr>"
        for name, distance in near.distances.items()
    )
    head = "".join(
        f'<th scope="col" style="text-align:left">{name}</th>'
        for name in ("Source", "Distance, shorter is nearer", "90% interval")
    )
    body = (
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        f'<p class="note">{escape(near.sentence)} Earth mover\'s distance between class means in '
        f"{escape(near.space)}; the dark tick: two halves of the problem. Sources: "
        f"{escape(_sources(near))}.</p>"
    )
    return _section("Similarity to the sources", body)


def _sources(near):
    kinds = {"drawn": "drawings"}
    return "; ".join(
        f"{name}, {kinds.get(name, 'photographs')} of {len(SOURCES[name].class_names())} classes"
        for name in near.distances
    )


def _distance_bar(distance, interval, control, widest):
    def share(value):
        return f"{100 * value / widest:.1f}%"

    low, high = interval
    return (
        '<span aria-hidden="true" style="display:block;width:70mm;height:3mm;background:#eee;'
        f'position:relative"><span style="position:absolute;left:0;top:0;bottom:0;'
        f'width:{share(distance)};background:#009E73"></span><span style="position:absolute;'
        f"left:{share(low)};width:{share(high - low)};top:1.1mm;height:0.8mm;"
        f'background:#111"></span><span style="position:absolute;left:{share(control)};width:0.6mm;'
        'top:-0.5mm;bottom:-0.5mm;background:#111"></span></span>'
    )


def _results(found):
    table = comparison_html(found.comparison, found.proposed.option, SHOWN_OPTIONS)
    policy = f"Fine-tuned: {found.advice.policy.name}; chosen by a rule before it was tried."
    return _section("What was measured", f'{table}<p class="note">{escape(policy)}</p>')


def _mistakes(found):
    worst = found.confusions()
    if not worst:
        return _section("Mistakes", "<p>No test picture was taken for another class.</p>")
    figures = "".join(_confusion(found.problem, each) for each in worst)
    return _section("The confusions that matter most", f'<div class="mistakes">{figures}</div>')


def _confusion(problem, confusion):
    pictures = [thumbnail(problem.pictures[row][0]) for row in confusion.rows[:SHOWN_MISTAKES]]
    text = f"Pictures of {confusion.truth} that were taken for {confusion.taken_for}"
    strip = picture_html(side_by_side(pictures), text) if pictures else ""
    return f"<figure><figcaption>{escape(confusion.sentence)}</figcaption>{strip}</figure>"


def _remake(found):
    steps = found.seconds or _seconds_of_options(found)
    seconds = "; ".join(f"{name} {as_duration(value)}" for name, value in steps.items())
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in PACKAGES)
    call = (
        "from tlcourse.your_problem import *; "
        f"write_report(investigate({found.problem.command}{_options(found)}), '.')"
    )
    rows = {
        "Cost": f"{seconds}; {as_duration(sum(steps.values()))} in all, on {_machine()}",
        "Versions": f"Python {platform.python_version()}, {versions}",
        "Seed": f"{found.split.seed}, of the split, the draws, the resampling and the training",
        "Remake": f"<code>{escape(call)}</code>",
    }
    items = "".join(
        f"<dt>{name}</dt><dd>{text if name == 'Remake' else escape(text)}</dd>"
        for name, text in rows.items()
    )
    return _section("Cost, and how to make this page again", f"<dl>{items}</dl>")


def _options(found):
    """What ``investigate`` was told besides the problem, read off what it measured."""
    sources = tuple(found.nearness.distances)
    chosen = "" if set(sources) == set(DEFAULT_SOURCES) else f", sources={sources!r}"
    scratch = any(row.option.method == SCRATCH for row in found.comparison.rows)
    return (
        f"{chosen}, draws={len(found.split.draws)}, seed={found.split.seed}"
        f"{', from_scratch=True' if scratch else ''}"
    )


def _seconds_of_options(found):
    """Where the steps were not timed: all draws of the options, by what they reuse."""
    steps = {}
    for row in found.comparison.rows:
        name = row.option.source or row.option.name
        seconds = row.option.seconds * len(row.option.predictions)
        steps[name] = steps.get(name, 0) + seconds
    return steps


def _machine():
    return f"{os.cpu_count()} CPU cores, {platform.system()} {platform.machine()}"
