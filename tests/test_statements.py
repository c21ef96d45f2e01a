"""What the cells of a notebook rest on is found by its names."""

import ast

import pytest
from statements import needed_by

NOTEBOOK = {
    0: "import numpy as np\nfrom sys import path",
    2: "numbers = [1]\nothers = [2]\nunused = np.zeros(3)",
    3: "numbers.append(3)\nothers.sort()\nnumbers.copy()[0] = 1",
    5: "for each in others:\n    found = numbers.index(each)",
    6: "def total():\n    return sum(numbers)",
    8: "others = []\nothers[0] = 4",
}


@pytest.mark.parametrize(
    ("shown", "program"),
    [
        ("np.pi", {0: ["import numpy as np"]}),
        ("unused", {0: ["import numpy as np"], 2: ["unused = np.zeros(3)"]}),
        ("others", {8: ["others = []", "others[0] = 4"]}),
        (
            "total()",
            {
                2: ["numbers = [1]"],
                3: ["numbers.append(3)", "numbers.copy()[0] = 1"],
                6: ["def total():\n    return sum(numbers)"],
            },
        ),
    ],
)
def test_a_cell_rests_on_what_gives_its_names_their_values(shown, program):
    found = needed_by({9}, {**NOTEBOOK, 9: shown})
    assert found.pop(9)
    assert {place: list(map(ast.unparse, each)) for place, each in found.items()} == program


def test_a_wanted_cell_is_kept_whole():
    assert len(needed_by({2}, NOTEBOOK)[2]) == 3
