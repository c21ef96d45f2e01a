"""The league of policies as a table: who leads, by how much, at what price."""

import json
from html import escape
from itertools import groupby

from tlcourse.finetuning.league import describe
from tlcourse.plots.style import OKABE_ITO, as_duration
from tlcourse.widgets.policy_drawing import PAINTS

HEAD = ("", "policy", "accuracy", "seeds", "trained", "curve")
CURVE_WIDTH, CURVE_HEIGHT = 80, 34
CELL = 'style="padding:3px 12px 3px 0;vertical-align:middle;text-align:left"'
TABLE = '<table class="tlc-league" style="font-size:16px;border-collapse:collapse;margin:0">'


def league_html(league):
    """A league as an HTML table, the best on top and marked, under the verdict."""
    standings = league.standings()
    verdict = f'<div style="font-size:16px"><b>{escape(league.verdict())}</b></div>'
    if standings.empty:
        return verdict
    last = max(images for curve in league.results["curve"] for images, _ in curve)
    rows = "".join(_row(place, each, last) for place, each in enumerate(standings.itertuples(), 1))
    cells = "".join(f'<th scope="col" {CELL}>{escape(name)}</th>' for name in HEAD)
    return f"{verdict}{TABLE}<thead><tr>{cells}</tr></thead><tbody>{rows}</tbody></table>"


def strip(choices):
    """A policy as a strip of letters, as ``F6 T4 R2``: HTML, with words for a screen reader."""
    parts = [(choice, len(list(run))) for choice, run in groupby(choices.values())]
    words = ", ".join(f"{choice} {count}" for choice, count in parts)
    cells = "".join(
        f'<span aria-hidden="true" style="background:{PAINTS[choice].colour};color:#000;'
        f"display:inline-block;min-width:{5 * min(count, 8) + 10}px;padding:0 3px;font-size:14px;"
        f'font-weight:700;text-align:center;border:1px solid #000">{PAINTS[choice].letter}{count}'
        "</span>"
        for choice, count in parts
    )
    return (
        f'<span role="img" aria-label="From the bottom: {words} layers" '
        f'style="white-space:nowrap">{cells}</span>'
    )


def _row(place, standing, last):
    best = "★<br>best" if place == 1 else str(place)
    kind = "yours" if standing.is_own else "preset"
    several = standing.seeds > 1
    spread = f"{100 * standing.low:.0f} to {100 * standing.high:.0f}" if several else ""
    stages = json.loads(standing.policy)
    choices = {layer: choice for layer, (choice, _) in stages[0].items()}
    cells = (
        f"<b>{best}</b>",
        f"<b>{escape(standing.name)}</b><br>"
        f'<span style="white-space:nowrap"><span title="{escape(describe(stages))}">'
        f"{strip(choices)}</span> {kind}</span>",
        f"<b>{100 * standing.mean:.1f}%</b><br>{spread}",
        f"{standing.seeds}{'<br>stopped' if standing.stopped else ''}",
        f"{standing.trained_parameters:,}<br>in {as_duration(standing.seconds)}",
        _curves(standing, last),
    )
    mark = ' data-best="true"' if place == 1 else ""
    row = "".join(f"<td {CELL}>{content}</td>" for content in cells)
    return f'<tr data-policy="{escape(standing.name)}"{mark}>{row}</tr>'


def _curves(standing, last):
    """Validation accuracy, 0 to 100%, over the images seen; one line a seed."""
    lines = "".join(
        '<path d="M{}" fill="none" stroke="{}" stroke-width="2"/>'.format(
            "L".join(
                f"{2 + (CURVE_WIDTH - 4) * images / max(last, 1):.1f},"
                f"{CURVE_HEIGHT - 2 - (CURVE_HEIGHT - 4) * accuracy:.1f}"
                for images, accuracy in curve
            ),
            OKABE_ITO["blue"],
        )
        for curve in standing.curves
    )
    starts, ends = ([f"{100 * curve[at][1]:.0f}%" for curve in standing.curves] for at in (0, -1))
    alt = f"Validation accuracy from {', '.join(starts)} to {', '.join(ends)}"
    return (
        f'<svg role="img" aria-label="{alt}" width="{CURVE_WIDTH}" height="{CURVE_HEIGHT}" '
        f'viewBox="0 0 {CURVE_WIDTH} {CURVE_HEIGHT}" style="background:#fff;border:1px solid #777;'
        f'vertical-align:middle">{lines}</svg>'
    )
