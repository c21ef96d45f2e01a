"""The full table: 2 sources x 6 photo families x 8 embeddings x 5 seeds, in two processes."""

import tempfile

from side_by_side import arguments, at_most, show, timed

from tlcourse.datasets import FAMILIES, PHOTO_SOURCES
from tlcourse.tables.cells import EMBEDDINGS, make_cells
from tlcourse.tables.sweep import run_sweep


def main():
    rounds = arguments(__doc__, rounds=1).parse_args().rounds
    cells = make_cells(PHOTO_SOURCES, FAMILIES, C=1)
    seconds, again = [], []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as store:
            options = {"store": store, "n_jobs": 2, "progress": False}
            seconds.append(timed(lambda: run_sweep(cells, **options)))  # noqa: B023
            again.append(timed(lambda: run_sweep(cells, **options)))  # noqa: B023
    show(
        f"The full table: {len(cells)} cells, {len(EMBEDDINGS)} embeddings, two processes",
        [
            at_most("measured, workers started", min(seconds), 60, "s"),
            at_most("read from its store", min(again), 5, "s"),
        ],
    )


if __name__ == "__main__":
    main()
