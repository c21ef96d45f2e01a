"""A plugin of pytest: nbval runs each solution below its exercise, and checks each verdict.

``python -m pytest -p solutions --nbval-lax notebooks``, with this folder in ``PYTHONPATH``.
"""

from collections import defaultdict

from exercises import exercises_of
from nbformat.v4 import new_code_cell
from nbval.plugin import IPyNbCell

from tlcourse.course.claims import JSON


def pytest_collection_modifyitems(items):
    items[:] = [each for item in items for each in (item, *solutions_below(item))]
    items.sort(key=lambda item: item.path.name, reverse=True)  # the last ones take longest


def solutions_below(item):
    """What is to be run below a cell: the solution of its exercise, a look at its verdict."""
    if isinstance(item, IPyNbCell):
        for exercise in exercises_of(item.path):
            if exercise.source == item.cell.source:
                check = f"import exercises\nexercises.check({exercise.solved!r}, globals())"
                yield below(item, "Solution", check)
        for output in item.cell.get("outputs", ()):
            if JSON in output.get("data", {}):
                kept = output["data"][JSON]
                yield below(item, "Verdict", verdict_of(kept["id"], kept["verdict"]))


def below(item, what, source):
    return IPyNbCell.from_parent(
        item.parent,
        name=f"{what} of cell {item.cell_num}",
        cell_num=item.cell_num,
        cell=new_code_cell(source),
        options=defaultdict(bool),
    )


def verdict_of(claim_id, verdict):
    """Code that fails where the cell came to another verdict than the stored one."""
    return (
        "from tlcourse.course import claims as course_claims\n"
        f"kept = course_claims.recorded({claim_id!r})\n"
        f"assert {claim_id!r} == 'warm-up' or kept.verdict == {verdict!r}, kept\n"
        "del course_claims, kept"
    )
