"""Seconds to draw 1,000 images of each drawn family, 64 x 64 pixels, on two cores."""

import statistics

from joblib import Parallel, delayed
from side_by_side import arguments, at_most, show, timed

from tlcourse.datasets.drawn import FAMILIES, DrawnImages

N_IMAGES, CORES = 1000, 2


def draw(family, rows):
    """Draw some images, and drop them: what is timed is the drawing."""
    images = DrawnImages(family, n_per_class=N_IMAGES)
    for row in rows:
        images[row]


def main():
    rounds = arguments(__doc__).parse_args().rounds
    halves = [range(start, N_IMAGES, CORES) for start in range(CORES)]
    rows = []
    with Parallel(n_jobs=CORES) as parallel:
        parallel(delayed(draw)("animals", range(4)) for _ in range(CORES))
        for family in FAMILIES:
            seconds = [
                timed(lambda: parallel(delayed(draw)(family, half) for half in halves))  # noqa: B023
                for _ in range(rounds)
            ]
            rows.append(at_most(family, statistics.median(seconds), 3, "s"))
    show("1,000 drawn images, two processes", rows, [])


if __name__ == "__main__":
    main()
