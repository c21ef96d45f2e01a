"""The register: every claim with the verdicts on it, and where the slides are wrong."""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from tlcourse import paths
from tlcourse.course.claims import CLAIMS, Measured, from_kept, recorded

FILE = Path(__file__).with_name("measured_claims.json")
CORRECTIONS = Path(__file__).with_name("slide_corrections.csv")


@dataclass(frozen=True)
class Correction:
    """Where a slide is wrong, garbled or arguable."""

    number: str
    claim: str
    slide: str
    slide_says: str
    what_is_right: str
    evidence: str


@dataclass(frozen=True)
class Entry:
    """One claim with all that is known about it."""

    claim: object
    here: Measured | None
    stored: Measured | None
    corrections: tuple[Correction, ...] = ()

    @property
    def differs(self):
        """Whether this machine came to another verdict than the maintainers'; None if unknown."""
        if self.here is None or self.stored is None:
            return None
        return self.here.verdict != self.stored.verdict


def register():
    """Every claim of the lecture, in its order, as a list of Entry."""
    stored, wrong = stored_verdicts(), slide_corrections()
    return [
        Entry(
            claim,
            recorded(claim_id),
            stored.get(claim_id),
            tuple(each for each in wrong if each.claim == claim_id),
        )
        for claim_id, claim in CLAIMS.items()
    ]


@lru_cache(maxsize=1)
def slide_corrections():
    """Where the slides are wrong, as a tuple of Correction."""
    return tuple(Correction(**row) for row in paths.read_csv(CORRECTIONS))


def stored_verdicts(file=FILE):
    """What the maintainers measured, as ``{claim id: Measured}``."""
    kept = json.loads(file.read_text(encoding="utf-8"))
    return {claim_id: from_kept(each) for claim_id, each in kept.items()}
