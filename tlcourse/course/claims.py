"""The register of the lecture's claims, the one rule for verdicts, and what was measured here.

A claim is what a slide says. The register says what its effect is, such that above zero means that
the sentence holds, and what the interval is over. A notebook measures effects; ``verdict_on`` alone
turns them into a verdict.
"""

import difflib
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from html import escape
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from tlcourse import paths

VERDICTS = "holds", "does not hold here", "undecided", "depends"
HOLDS, FAILS, UNDECIDED, DEPENDS = VERDICTS
ILLUSTRATION = "illustration"
MARKS = {HOLDS: "✓", FAILS: "✗", UNDECIDED: "?", DEPENDS: "◐", ILLUSTRATION: "i"}
COLOURS = {HOLDS: "#009E73", FAILS: "#D55E00", DEPENDS: "#0072B2"}
COLOURS |= dict.fromkeys((UNDECIDED, ILLUSTRATION), "#555555")
LEVEL = 0.95
TIMES = "times"
JSON = "application/vnd.tlcourse.measured+json"


class Effect(NamedTuple):
    """A measured effect and its 95% interval, in the unit that the register says."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Claim:
    """What a slide of the lecture says, and its ``effect``, above zero where it holds.

    ``measured_in`` is its unit ("points", "times": then zero is 1); ``unit_of`` is what its
    interval is over ("target", "test image"); ``conditions`` are cases that have an effect each.
    """

    id: str
    notebook: str
    slide: str
    sentence: str
    kind: str
    effect: str
    measured_in: str
    unit_of: str
    conditions: tuple[str, ...]

    @property
    def zero(self):
        """The effect at which nothing is gained."""
        return 1.0 if self.measured_in == TIMES else 0.0


def _read(row):
    conditions = tuple(each.strip() for each in row["conditions"].split(";") if each.strip())
    return Claim(**{**row, "conditions": conditions})


CLAIMS = MappingProxyType(
    {row["id"]: _read(row) for row in paths.read_csv(Path(__file__).with_name("claims.csv"))}
)
WARM_UP = Claim("warm-up", "00_start_here", "", "", ILLUSTRATION, "", "", "", ())


def find(claim_id):
    """The Claim of this id, or the warm-up; ValueError without one."""
    if claim_id == WARM_UP.id:
        return WARM_UP
    if claim_id not in CLAIMS:
        close = difflib.get_close_matches(str(claim_id), CLAIMS, n=3, cutoff=0.4)
        hint = f"did you mean {' or '.join(close)}?" if close else "see docs/claims.md."
        raise ValueError(f"The lecture has no claim {claim_id!r}: {hint}")
    return CLAIMS[claim_id]


def effect_of(values, zero=0.0):
    """Mean and 95% t interval of values, one a unit, as an Effect; of ratios' logarithms if zero=1.

    ValueError for fewer than two values, values that are not finite, and ratios not above 0.
    """
    from scipy import stats  # half a second, which the package's import does not pay

    values = np.asarray(values, dtype=float)
    if values.ndim != 1 or len(values) < 2:
        raise ValueError(f"An interval needs two values or more, one a unit, not {values.size}.")
    if not np.isfinite(values).all() or (zero and (values <= 0).any()):
        raise ValueError("An effect needs finite values, and ratios above 0: look at the runs.")
    values = np.log(values) if zero else values
    half = stats.t.ppf((1 + LEVEL) / 2, len(values) - 1) * stats.sem(values)
    ends = values.mean() + half * np.array([0, -1, 1])
    return Effect(*map(float, np.exp(ends) if zero else ends))


def verdict_on(effects, zero=0.0):
    """The verdict on a claim by its Effects, one a condition: the course's only rule (_side).

    Conditions that agree give their verdict. Where one holds and another does not, it depends.
    """
    found = {_side(effect, zero) for effect in effects}
    if len(found) == 1:
        return found.pop()
    return DEPENDS if {HOLDS, FAILS} <= found else UNDECIDED


def _side(effect, zero):
    """By the 95% interval: above zero, below it, or across it."""
    return HOLDS if effect.low > zero else FAILS if effect.high < zero else UNDECIDED


@dataclass(frozen=True)
class Measured:
    """What was measured of a claim; shows as a card. The plain text names claim and verdict only.

    ``effects`` maps conditions ("" for a single one) to Effects; an illustration has none. ``on``
    says what it was measured on, ``limits`` what it does not say; ``beside`` are further numbers.
    """

    id: str
    verdict: str
    effects: Mapping[str, Effect]
    on: str
    limits: str
    beside: Mapping[str, float]
    predicted: str | None = None
    option: str | None = None

    @property
    def claim(self):
        """The Claim that this is about."""
        return find(self.id)

    def __repr__(self):
        return f"{self.id}: {self.verdict}"

    def _repr_mimebundle_(self, **_):
        return {"text/plain": repr(self), "text/html": card(self), JSON: kept_part(self)}


def measure(claim, effect, on, limits="", beside=None, predicted=None, option=None):
    """Judge a measured effect by the rule, and keep it in the user's cache: a Measured.

    ``effect`` has a value for each unit of the claim, or is an Effect; a claim with conditions
    takes a dict of these, and an illustration a dict of numbers. ``on`` says what it was measured
    on, ``limits`` what it does not say, ``beside`` has further numbers for the card; ``predicted``
    and ``option`` are what was predicted and the option that the measurement agrees with. Raises
    ValueError if the conditions are not the register's, or numbers are missing or not finite.
    """
    if not str(on).strip():
        raise ValueError(f"Say in a sentence on what {claim.id} was measured.")
    beside = dict(beside or {})
    if claim.kind == ILLUSTRATION:
        beside, effects, verdict = dict(effect) | beside, {}, ILLUSTRATION
    else:
        given = effect if isinstance(effect, Mapping) else {"": effect}
        if set(given) != set(claim.conditions or ("",)):
            wanted = ", ".join(claim.conditions) or "a single effect"
            raise ValueError(f"The register has for {claim.id}: {wanted}; given are {list(given)}.")
        effects = {name: _as_effect(value, claim.zero) for name, value in given.items()}
        verdict = verdict_on(effects.values(), claim.zero)
    beside = {name: float(number) for name, number in beside.items()}
    numbers = [*beside.values(), *(n for each in effects.values() for n in each)]
    if not numbers or not all(map(math.isfinite, numbers)):
        raise ValueError(f"{claim.id} needs measured numbers, all of them finite.")
    found = Measured(claim.id, verdict, effects, on, limits, beside, predicted, option)
    if claim is not WARM_UP:
        with paths.warn_if_not_kept():
            paths.write_json(_file_of(claim.id), kept_part(found))
    return found


def _as_effect(given, zero):
    return given if isinstance(given, Effect) else effect_of(given, zero)


def kept_part(measured):
    """A Measured without what was predicted, as JSON has it; in lists, whose order stays."""
    kept = asdict(measured) | {"beside": list(measured.beside.items())}
    kept["effects"] = [(name, *effect) for name, effect in measured.effects.items()]
    return {name: kept[name] for name in kept if name not in ("predicted", "option")}


def from_kept(kept):
    """A Measured from what ``kept_part`` gave."""
    effects = {name: Effect(*effect) for name, *effect in kept["effects"]}
    return Measured(**{**kept, "effects": effects, "beside": dict(kept["beside"])})


def recorded(claim_id):
    """What was measured of a claim on this machine; None without, ValueError for no claim."""
    find(claim_id)
    kept = paths.read_json(_file_of(claim_id), from_kept)
    return kept if kept and kept.id == claim_id and kept.verdict in MARKS else None


def predictions_folder():
    """Where predictions are kept, a file a claim."""
    return paths.cache_folder() / "predictions"


def _file_of(claim_id):
    return paths.cache_folder() / "verdicts" / f"{claim_id}.json"


def in_words(effect, claim):
    """An Effect with its unit: "+4.2 points (1.1 to 7.3)"."""
    form = {"times": "{:.3g}", "correlation": "{:+.2f}"}.get(claim.measured_in, "{:+.1f}")
    value, low, high = (form.format(number) for number in effect)
    return f"{value} {claim.measured_in} ({low.lstrip('+')} to {high.lstrip('+')})"


def as_number(value):
    """A number as text: a whole number whole, another with three digits or more."""
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    return f"{value:,.0f}" if abs(value) >= 999.5 else f"{value:.3g}"


def card(measured):
    """The card: prediction, effects with interval and unit, verdict, and what it rests on."""
    claim, colour = measured.claim, COLOURS[measured.verdict]
    head = "" if claim is WARM_UP else f"{MARKS[measured.verdict]} {measured.verdict.capitalize()}"
    ends = [abs(_place(end, claim.zero)) for each in measured.effects.values() for end in each]
    reach = max(ends, default=0) or 1  # how far intervals reach from zero, to either side
    rows = "".join(
        f"<div>{_drawn(effect, claim.zero, reach)} <b style='font-size:22px'>"
        f"{escape(in_words(effect, claim))}</b> "
        f"{escape(f'{name}: {_side(effect, claim.zero)}' if name else '')}</div>"
        for name, effect in measured.effects.items()
    )
    about = f"<div><small>{escape(claim.effect)}; 95% interval, the unit is the "
    about = f"{about}{escape(claim.unit_of)}</small></div>" if rows else ""
    beside = "".join(
        f"<span>{escape(name)} <b>{as_number(value)}</b></span>"
        for name, value in measured.beside.items()
    )
    limits = measured.limits and f"<div><small>Limit: {escape(measured.limits)}</small></div>"
    slide = f"<div><q>{escape(claim.sentence)}</q></div>" if claim.sentence else ""
    return (
        f'<section class="tlc-card" aria-label="{escape(measured.id)}" style="border:1px solid '
        f"{colour};border-left-width:10px;border-radius:6px;padding:10px 16px;max-width:64em;"
        f'font-size:18px;line-height:1.45">{_prediction(measured)}{slide}'
        f'<div style="font-size:26px;font-weight:700">{escape(head)}</div>'
        f"{rows}{about}<div>{escape(measured.on)}</div>"
        f'<div style="display:flex;flex-wrap:wrap;gap:4px 28px">{beside}</div>{limits}</section>'
    )


def _place(value, zero):
    """Where a value lies beside zero; ratios by their logarithms."""
    return math.log(max(value, 1e-3)) if zero else value


def _drawn(effect, zero, reach):
    """An interval beside zero, as a small picture that the numbers beside it say in words."""
    value, low, high = (80 + 74 * _place(end, zero) / reach for end in effect)
    return (
        '<svg aria-hidden="true" width="160" height="20" viewBox="0 0 160 20" '
        'style="vertical-align:middle;color:inherit"><path d="M80 0V20" stroke="currentColor" '
        f'stroke-dasharray="3 2"/><path d="M{low:.1f} 10H{high:.1f}" stroke="currentColor" '
        f'stroke-width="4"/><circle cx="{value:.1f}" cy="10" r="6" fill="currentColor"/></svg>'
    )


def _prediction(measured):
    if not measured.predicted:
        return "<div>No prediction was committed: go back and commit one, or read on.</div>"
    agrees = ""
    if measured.option:
        right = measured.option == measured.predicted
        agrees = " ✓ as measured" if right else f" ✗ measured: {measured.option}"
    return f"<div>You predicted: <b>{escape(measured.predicted)}</b>{escape(agrees)}</div>"
