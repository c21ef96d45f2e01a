"""A plugin of pytest: below every exercise nbval runs its solution, where all it rests on is known.

``python -m pytest -p solutions --nbval-lax notebooks``, with this folder in ``PYTHONPATH``.
"""

from collections import defaultdict

from exercises import Exercise, exercises_of
from nbformat.v4 import new_code_cell
from nbval.plugin import IPyNbCell


def pytest_collection_modifyitems(items):
    items[:] = [each for item in items for each in (item, *solutions_below(item))]
    items.sort(key=lambda item: item.path.name, reverse=True)  # the last ones take longest


def solutions_below(item):
    """The solution, to be run as a cell, if the item is a cell with an exercise."""
    if isinstance(item, IPyNbCell):
        for exercise in exercises_of(item.path):
            if exercise.source == item.cell.source:
                yield IPyNbCell.from_parent(
                    item.parent,
                    name=f"Solution of cell {item.cell_num}",
                    cell_num=item.cell_num,
                    cell=new_code_cell(check_of(exercise)),
                    options=defaultdict(bool),
                )


def check_of(exercise: Exercise):
    return f"import exercises\nexercises.check({exercise.solved!r}, globals())"
