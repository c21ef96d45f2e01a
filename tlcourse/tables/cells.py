"""What a sweep measures: embeddings by name, and cells of (source, target, embedding, seed)."""

from dataclasses import dataclass

from tlcourse.classifiers.score import SEEDS
from tlcourse.features.normalization import NORMALIZATIONS, make_normalization
from tlcourse.tables.targets import as_target


@dataclass(frozen=True)
class Embedding:
    """What the SVM gets: which layers, normalized how."""

    name: str
    layers: tuple[str, ...] | None = None
    normalization: str = "discretized"

    def __post_init__(self):
        make_normalization(self.normalization)


PAPER = ("fc6", "fc7", "full network")

EMBEDDINGS = {
    embedding.name: embedding
    for embedding in (
        Embedding("fc6", ("fc6",), "L2 per image"),
        Embedding("fc7", ("fc7",), "L2 per image"),
        *(Embedding(f"full network, {name}", None, name) for name in list(NORMALIZATIONS)[:-1]),
        Embedding("full network"),
    )
}


@dataclass(frozen=True)
class Cell:
    """One accuracy of a table: a source's features of a target, embedded, one split."""

    source: str
    target: object
    embedding: Embedding
    seed: int
    C: float = 1.0


def make_cells(sources, targets, embeddings=tuple(EMBEDDINGS), seeds=SEEDS, C=1.0):
    """Every cell of a sweep, those of the same features side by side.

    Parameters
    ----------
    sources : str or sequence of str
        "natural", "manmade", "drawn", "vgg16", "alexnet places365", ...
    targets : str, target, or sequence of them
        Names as for ``tlcourse.tables.targets.as_target``.
    embeddings : str, Embedding, or sequence of them
        Names of ``EMBEDDINGS``: ``PAPER`` are the three of the lecture, the others the ablation.
    seeds : sequence of int
        Draws of the training images; the nine data sets have their official folds instead.
    C : float

    Returns
    -------
    list of Cell

    Raises
    ------
    ValueError
        If a target or embedding is unknown, two have one name, or a list is empty.
    """
    targets = _named_once("target", [as_target(target) for target in _listed(targets)])
    embeddings = _named_once("embedding", [_embedding(each) for each in _listed(embeddings)])
    sources, seeds = list(dict.fromkeys(_listed(sources))), list(dict.fromkeys(seeds))
    for what, values in (("source", sources), ("seed", seeds)):
        if not values:
            raise ValueError(f"There is no {what} to measure: name at least one {what}.")
    return [
        Cell(source, target, embedding, int(seed), float(C))
        for source in sources
        for target in targets
        for seed in target.seeds(seeds)
        for embedding in embeddings
    ]


def _listed(values):
    return list(values) if isinstance(values, list | tuple | set | range | dict) else [values]


def _embedding(embedding):
    if isinstance(embedding, Embedding):
        return embedding
    if embedding not in EMBEDDINGS:
        names = ", ".join(map(repr, EMBEDDINGS))
        raise ValueError(f"There is no embedding {embedding!r}: choose from {names}.")
    return EMBEDDINGS[embedding]


def _named_once(what, things):
    names = [thing.name for thing in things]
    if not names:
        raise ValueError(f"There is no {what} to measure: name at least one {what}.")
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise ValueError(f"Two {what}s are called {twice!r}: give one of them another name.")
    return things
