"""The verdicts of the notebooks as they were executed: ``tlcourse/course/measured_claims.csv``."""

import csv
import json
import re
from pathlib import Path

from scripts.remake.runner import Step
from tlcourse import paths
from tlcourse.course.claims import CLAIMS, VERDICTS, Verdict
from tlcourse.course.register import FILE

COLUMNS = ("id", "verdict", "evidence", "figures")

_CARD = re.compile(
    r"\*\*\S+ (?P<verdict>[^*]+)\*\*: .+?\n\n(?P<evidence>.+?)\n\n(?P<figures>.+)", re.S
)

_FIGURE = re.compile(r"(.+?) \*\*(\S+?)\*\*(?:; |$)", re.S)


def steps(options):
    """One step, which is never done: the notebooks may have been executed again."""

    def make():
        verdicts = executed_verdicts()
        write_verdicts(verdicts)
        return f"{len(verdicts)} of {len(CLAIMS)} claims"

    yield Step(FILE.name, False, make)


def executed_verdicts(folder=None):
    """The verdicts stored in the outputs of the notebooks."""
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
    with paths.write_whole(file) as temporary:
        with temporary.open("w", newline="", encoding="utf-8") as stream:
            table = csv.writer(stream, lineterminator="\n")
            table.writerow(COLUMNS)
            for each in verdicts.values():
                figures = json.dumps(each.figures, ensure_ascii=False)
                table.writerow([each.id, each.verdict, each.evidence, figures])
