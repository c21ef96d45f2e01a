"""What the page of the policy painter shows: the drawing, the brushes, the presets."""

from html import escape
from itertools import groupby

from tlcourse.finetuning.policies import PRESETS
from tlcourse.networks.batch_norm import PUT_BACK
from tlcourse.widgets.policy_drawing import PAINTS, draw_policy, static_drawing, swatch

OWN = "my own policy"
HEAD = ("", "layers", "starts from", "parameters", "learning rate")
CELL = 'style="text-align:left;vertical-align:top;padding:2px 10px 2px 0;white-space:{}"'


def about_page(title, shapes, choices):
    """What the page needs to know once."""
    brushes = [
        {"choice": name, "letter": paint.letter, "words": paint.words, "swatch": swatch(name)}
        for name, paint in PAINTS.items()
    ]
    svg = draw_policy(shapes, choices, f"Layers of {title}")
    return {"title": title, "svg": svg, "brushes": brushes, "presets": list(PRESETS), "own": OWN}


def audit_html(audit):
    """An audit as an HTML table in which neighbours that are treated alike share a row."""
    groups = groupby(audit.rows, key=lambda row: (row.choice, row.starts_from))
    rows = "".join(_audit_row(list(rows)) for _, rows in groups)
    head = "".join(f'<th scope="col" {CELL.format("normal")}>{name}</th>' for name in HEAD)
    notes = "".join(f"<div>{escape(note)}</div>" for note in audit.notes)
    then = f"<div><b>Second stage</b></div>{audit_html(audit.then)}" if audit.then else ""
    return (
        '<table style="font-size:16px;border-collapse:collapse;margin:0">'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        f'<div style="font-size:16px">{notes}</div>{then}'
    )


def _audit_row(rows):
    names = [row.layer for row in rows]
    span = names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}"
    first, bold = rows[0], 700 if rows[0].trained else 400
    cells = (
        swatch(first.choice, alt=first.choice),
        f'<span style="font-weight:{bold}">{escape(span)}</span>',
        f'<span title="{escape(first.starts_from)}">{escape(_origin(first))}</span>',
        f"{sum(row.parameters for row in rows):,}",
        _rates(rows),
    )
    style = CELL.format("nowrap")
    return f"<tr>{''.join(f'<td {style}>{text}</td>' for text in cells)}</tr>"


def _origin(row):
    if row.choice == "random":
        return "new weights"
    source, _, weights = row.starts_from.partition(" (")
    if weights.rstrip(")").endswith(PUT_BACK):
        source = weights.partition(",")[0]
    return f"{source}'s weights" if weights else source


def _rates(rows):
    rates = [row.learning_rate for row in rows if row.trained]
    if not rates:
        return "not trained"
    low, high = f"{min(rates):.2g}", f"{max(rates):.2g}"
    return low if low == high else f"{low} to {high}"


def static_page(title, shapes, choices, tables):
    """The painter as HTML, for pages without a kernel; other parameters as for ``about_page``."""
    legend = "; ".join(
        f"{swatch(choice)} {paint.letter}: <b>{choice}</b> ({escape(paint.words)})"
        for choice, paint in PAINTS.items()
    )
    words = ", ".join(f"{layer} {choice}" for layer, choice in choices.items())
    cells = "".join(f'<div tabindex="0" style="flex:30em;overflow:auto">{t}</div>' for t in tables)
    drawing = static_drawing(shapes, choices, title, words)
    return (
        f'<div style="font-size:18px"><p>{legend}</p>{drawing}'
        f'<div style="display:flex;flex-wrap:wrap;gap:8px 28px">{cells}</div></div>'
    )
