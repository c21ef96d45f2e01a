"""What the notebooks measured of the claims when they were executed: a file, and docs/claims.md."""

import json

from scripts.remake.runner import Step
from tlcourse import paths
from tlcourse.course.claims import CLAIMS, JSON, as_number, from_kept, in_words
from tlcourse.course.register import FILE

PAGE = paths.PROJECT / "docs" / "claims.md"
HEAD = """# The lecture's claims, as measured

Made by `python -m scripts.remake verdicts` from the outputs of the notebooks. The rule for verdicts
is `verdict_on` in `tlcourse/course/claims.py`: a claim holds if the 95% interval of its effect lies
above zero (above 1 for ratios), does not hold here if below, and is undecided if the interval
straddles it; it depends where one of its conditions holds and another does not. An illustration is
true by construction and has no verdict.
"""


def steps(options):
    """One step, which is never done: the notebooks may have been executed again."""

    def make():
        found = executed()
        kept = json.dumps(found, ensure_ascii=False, indent=1)
        paths.write_text(FILE, kept + "\n")
        paths.write_text(PAGE, page(map(from_kept, found.values())))
        return f"{len(found)} of {len(CLAIMS)} claims"

    yield Step(FILE.name, False, make)


def executed(folder=paths.PROJECT / "notebooks"):
    """What the stored outputs of the notebooks say: {claim id: as JSON has it}, all claims once.

    Raises ValueError for a claim without a card, or with two.
    """
    found = {}
    for file in sorted(folder.glob("*.ipynb")):
        cells = json.loads(file.read_text(encoding="utf-8"))["cells"]
        outputs = (output for cell in cells for output in cell.get("outputs", ()))
        for kept in filter(None, (output.get("data", {}).get(JSON) for output in outputs)):
            if kept["id"] in found:
                raise ValueError(f"{file.name} has a second card of {kept['id']}: keep one.")
            if kept["id"] in CLAIMS:
                found[kept["id"]] = kept
    missing = [claim_id for claim_id in CLAIMS if claim_id not in found]
    if missing:
        raise ValueError(f"No card of {', '.join(missing)}: run their notebooks and save them.")
    return {claim_id: found[claim_id] for claim_id in CLAIMS}


def page(measured):
    """docs/claims.md."""
    return HEAD + "".join(map(_section, measured))


def _section(measured):
    claim = measured.claim
    lines = [f"\n## {claim.id}: {measured.verdict}\n", f"> {claim.sentence}\n"]
    link = f"[{claim.notebook[:2]}](../notebooks/{claim.notebook}.ipynb)"
    lines += [f'Slide "{claim.slide}"; notebook {link}.\n']
    if claim.effect:
        lines += [f"- Effect: {claim.effect}, in {claim.measured_in}, over each {claim.unit_of}"]
    for name, effect in measured.effects.items():
        lines += [f"- {f'{name}: ' if name else 'Measured: '}{in_words(effect, claim)}"]
    lines += [f"- {name}: {as_number(value)}" for name, value in measured.beside.items()]
    lines += [f"- On: {measured.on}", f"- Limit: {measured.limits or 'true by construction'}", ""]
    return "\n".join(lines)
