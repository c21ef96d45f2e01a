"""The register of the lecture's claims, and the verdicts measured for them.

A claim is what a slide says. A verdict is what an experiment of the course measured about it on
this machine: it is recorded with the figures that it was computed from, and stored in the user's
cache, so that the last notebook can list them all.
"""

import difflib
import math
from dataclasses import asdict, dataclass, field
from datetime import date as _date
from html import escape
from pathlib import Path
from types import MappingProxyType

from tlcourse import paths

VERDICTS = ("holds", "does not hold here", "depends")
MARKS = {"holds": "✓", "does not hold here": "✗", "depends": "◐"}
COLOURS = {"holds": "#009E73", "does not hold here": "#D55E00", "depends": "#0072B2"}


@dataclass(frozen=True)
class Claim:
    """What a slide of the lecture says."""

    id: str
    notebook: str
    slide: str
    sentence: str


CLAIMS = MappingProxyType(
    {row["id"]: Claim(**row) for row in paths.read_csv(Path(__file__).with_name("claims.csv"))}
)


@dataclass(frozen=True)
class Verdict:
    """What an experiment measured about the claim of this id; see ``record``.

    The plain text names the claim and the verdict only, so that a stored output stays true on
    another machine; the card of the notebook shows evidence and figures. ``date`` is ISO 8601.
    """

    id: str
    verdict: str
    evidence: str
    figures: dict[str, float]
    date: str = field(default_factory=lambda: _date.today().isoformat())

    @property
    def claim(self):
        """The ``Claim`` that this verdict is about."""
        return CLAIMS[self.id]

    def __repr__(self):
        return f"{self.id}: {self.verdict}"

    def _repr_html_(self):
        figures = "".join(
            f"<span>{escape(name)} <b>{as_number(value)}</b></span>"
            for name, value in self.figures.items()
        )
        colour = COLOURS[self.verdict]
        return (
            f'<section aria-label="Verdict on {escape(self.id)}" style="border:1px solid {colour};'
            "border-left-width:10px;border-radius:6px;padding:10px 16px;max-width:64em;"
            'font-size:16px;line-height:1.45">'
            f'<div style="font-size:22px;font-weight:700">{MARKS[self.verdict]} '
            f"{escape(self.verdict.capitalize())}</div>"
            f"<div><q>{escape(self.claim.sentence)}</q> <small>(slide: "
            f"{escape(self.claim.slide)})</small></div>"
            f'<div style="margin-top:6px">{escape(self.evidence)}</div>'
            f'<div style="display:flex;flex-wrap:wrap;gap:4px 28px;margin-top:6px">{figures}</div>'
            "</section>"
        )

    def _repr_markdown_(self):
        figures = "; ".join(
            f"{name} **{as_number(value)}**" for name, value in self.figures.items()
        )
        return (
            f"**{MARKS[self.verdict]} {self.verdict.capitalize()}**: {self.claim.sentence}\n\n"
            f"{self.evidence}\n\n{figures}"
        )


def record(claim_id, verdict, evidence, figures):
    """Keep what was measured about a claim, as a Verdict; shows as a card at the end of a cell.

    claim_id : a key of ``CLAIMS``; verdict : one of ``VERDICTS``, computed from the figures by the
    caller, never typed in; evidence : one sentence that says what was compared; figures :
    ``{name: number}`` of each that the verdict rests on, at least one, all finite. ValueError for
    another claim or verdict, and where evidence or figures are missing.
    """
    _check_claim(claim_id)
    if verdict not in VERDICTS:
        raise ValueError(f"The verdict is {verdict!r}: it must be one of {', '.join(VERDICTS)}.")
    if not str(evidence).strip():
        raise ValueError(f"No evidence for {claim_id}: say in a sentence what was compared.")
    kept = Verdict(claim_id, verdict, str(evidence).strip(), _finite(claim_id, figures))
    with paths.warn_if_not_kept():
        paths.write_json(_file_of(claim_id), asdict(kept))
    return kept


def recorded(claim_id):
    """The Verdict recorded on this machine; None without one, ValueError without such a claim."""
    _check_claim(claim_id)
    kept = paths.read_json(_file_of(claim_id), lambda saved: Verdict(**saved))
    return kept if kept and kept.id == claim_id and kept.verdict in VERDICTS else None


def _check_claim(claim_id):
    if claim_id not in CLAIMS:
        close = difflib.get_close_matches(str(claim_id), CLAIMS, n=3, cutoff=0.4)
        hint = (
            f"did you mean {' or '.join(close)}?" if close else "see tlcourse.course.claims.CLAIMS."
        )
        raise ValueError(f"The lecture has no claim {claim_id!r}: {hint}")


def _finite(claim_id, figures):
    if not figures:
        raise ValueError(f"No figures for {claim_id}: a verdict is computed from measured numbers.")
    try:
        numbers = {str(name): float(value) for name, value in dict(figures).items()}
    except (TypeError, ValueError) as problem:
        raise ValueError(f"The figures of {claim_id} must be numbers: {problem}.") from None
    broken = [name for name, value in numbers.items() if not math.isfinite(value)]
    if broken:
        raise ValueError(f"Not a finite number in the figures of {claim_id}: {', '.join(broken)}.")
    return numbers


def _file_of(claim_id):
    return paths.cache_folder() / "verdicts" / f"{claim_id}.json"


def as_number(value):
    """A figure of a verdict as text: a whole number whole, another with three digits or more."""
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    return f"{value:,.0f}" if abs(value) >= 999.5 else f"{value:.3g}"
