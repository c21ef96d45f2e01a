"""The register of claims: each with the verdict of this machine and that of the maintainers.

    python -m tlcourse.register

reads the verdicts out of the notebooks as they were executed, and keeps them in
``tlcourse/measured_claims.csv``.
"""

import argparse
import csv
import json
import re
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from tlcourse import paths
from tlcourse.claims import CLAIMS, VERDICTS, Verdict, recorded

FILE = Path(__file__).with_name("measured_claims.csv")
CORRECTIONS = Path(__file__).with_name("slide_corrections.csv")
COLUMNS = ("id", "verdict", "evidence", "figures")
_CARD = re.compile(
    r"\*\*\S+ (?P<verdict>[^*]+)\*\*: .+?\n\n(?P<evidence>.+?)\n\n(?P<figures>.+)", re.S
)
_FIGURE = re.compile(r"(.+?) \*\*(\S+?)\*\*(?:; |$)", re.S)


@dataclass(frozen=True)
class Correction:
    """Where a slide is wrong, garbled or arguable.

    Attributes
    ----------
    number : str
        As in the design's list.
    claim : str
        The claim of the lecture that it bears on.
    slide, slide_says, what_is_right, evidence : str
    """

    number: str
    claim: str
    slide: str
    slide_says: str
    what_is_right: str
    evidence: str


@dataclass(frozen=True)
class Entry:
    """One claim with all that is known about it.

    Attributes
    ----------
    claim : Claim
    here : Verdict or None
        Recorded on this machine.
    stored : Verdict or None
        Of the maintainers' run.
    corrections : tuple of Correction
    """

    claim: object
    here: Verdict | None
    stored: Verdict | None
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
    with CORRECTIONS.open(newline="", encoding="utf-8") as rows:
        return tuple(Correction(**row) for row in csv.DictReader(rows))


def stored_verdicts(file=FILE):
    """The maintainers' verdicts, as ``{claim id: Verdict}``."""
    with Path(file).open(newline="", encoding="utf-8") as rows:
        return {
            row["id"]: Verdict(row["id"], row["verdict"], row["evidence"], figures, date="")
            for row in csv.DictReader(rows)
            for figures in [json.loads(row["figures"])]
        }


def executed_verdicts(folder=None):
    """The verdicts stored in the outputs of the notebooks.

    Parameters
    ----------
    folder : path, optional
        By default the course's notebooks.

    Returns
    -------
    dict
        ``{claim id: Verdict}``, in the order of the lecture; the date is empty.

    Raises
    ------
    ValueError
        If a notebook that is there measures a claim twice, or one of its claims has no verdict.
    """
    folder = Path(folder or paths.PROJECT / "notebooks")
    found = {}
    for notebook in dict.fromkeys(claim.notebook for claim in CLAIMS.values()):
        file = folder / f"{notebook}.ipynb"
        for claim_id, card in _cards(file) if file.exists() else ():
            if claim_id in found:
                raise ValueError(f"{file.name} has a second verdict on {claim_id}: keep one.")
            found[claim_id] = _read_card(claim_id, card, file.name)
        _check_complete(notebook, found, file)
    return {claim_id: found[claim_id] for claim_id in CLAIMS if claim_id in found}


def _cards(file):
    """Claim and markdown of every verdict in a notebook's outputs."""
    cells = json.loads(file.read_text(encoding="utf-8"))["cells"]
    for cell in cells:
        for output in cell.get("outputs", ()):
            data = output.get("data", {})
            name = "".join(data.get("text/plain", "")).partition(": ")[0]
            if name in CLAIMS and "text/markdown" in data:
                yield name, "".join(data["text/markdown"])


def _read_card(claim_id, card, name):
    found = _CARD.match(card)
    verdict = found["verdict"].strip().lower() if found else ""
    if verdict not in VERDICTS:
        raise ValueError(f"The verdict on {claim_id} in {name} cannot be read: run it again.")
    pairs = _FIGURE.findall(found["figures"])
    figures = {key.strip(): float(value.replace(",", "")) for key, value in pairs}
    return Verdict(claim_id, verdict, found["evidence"], figures, date="")


def _check_complete(notebook, found, file):
    wanted = [claim.id for claim in CLAIMS.values() if claim.notebook == notebook]
    missing = [claim_id for claim_id in wanted if claim_id not in found]
    if file.exists() and missing:
        raise ValueError(
            f"{file.name} has no verdict on {', '.join(missing)}: run all of it and save it."
        )


def write_verdicts(verdicts, file=FILE):
    """Keep verdicts as a table of text; it appears only when whole."""
    with paths.written_whole(file) as temporary:
        with temporary.open("w", newline="", encoding="utf-8") as stream:
            table = csv.writer(stream, lineterminator="\n")
            table.writerow(COLUMNS)
            for each in verdicts.values():
                figures = json.dumps(each.figures, ensure_ascii=False)
                table.writerow([each.id, each.verdict, each.evidence, figures])


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m tlcourse.register", description=__doc__)
    parser.add_argument("--notebooks", type=Path, help="by default those of the course")
    options = parser.parse_args(arguments)
    try:
        verdicts = executed_verdicts(options.notebooks)
    except (OSError, ValueError) as problem:
        sys.exit(str(problem))
    write_verdicts(verdicts)
    print(f"{len(verdicts)} of {len(CLAIMS)} claims in {FILE.name}")


if __name__ == "__main__":
    main()
