"""The nine data sets of the lecture's tables, behind one interface, with their protocols."""

from tlcourse.datasets.benchmarks.benchmark import Benchmark, load_benchmark, read_benchmark
from tlcourse.datasets.benchmarks.catalogue import CARDS, Card, card_of
from tlcourse.datasets.benchmarks.fetching import fetch_benchmark, state_of, terms_of
from tlcourse.datasets.benchmarks.protocols import Fold

BENCHMARKS = tuple(CARDS)
