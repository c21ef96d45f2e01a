"""What a sweep measures: embeddings by name, and cells of (source, target, embedding, seed)."""

from dataclasses import dataclass

from tlcourse.classifiers.score import DRAWS
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
        *(Embedding(f"all layers, {name}", None, name) for name in list(NORMALIZATIONS)[:-1]),
        Embedding("full network"),
    )
}


@dataclass(frozen=True)
class Cell:
    """One accuracy of a table: a source's features of a target, embedded, one split.

    Without a ``C`` it is chosen within the training images, by ``choose_C``."""

    source: str
    target: object
    embedding: Embedding
    seed: int
    C: float | None = None


def make_cells(sources, targets, embeddings=tuple(EMBEDDINGS), seeds=DRAWS, C=None):
    """Every cell of a sweep, those of the same features side by side: a list of Cell.

    ``sources`` are "natural", "vgg16", "alexnet places365", ...; ``targets`` as for ``as_target``;
    ``embeddings`` are Embeddings or names of ``EMBEDDINGS`` (``PAPER``: the three of the lecture).
    ``seeds`` draw the training images; the nine data sets have their official folds instead;
    ``C`` as of a Cell (1 in the paper).
    ValueError if a name is unknown, two have one name, or a list is empty; each may be one only.
    """
    targets = _named_once("target", [as_target(target) for target in _listed(targets)])
    embeddings = _named_once("embedding", [_embedding(each) for each in _listed(embeddings)])
    sources, seeds = list(dict.fromkeys(_listed(sources))), list(dict.fromkeys(seeds))
    every = {"target": targets, "embedding": embeddings, "source": sources, "seed": seeds}
    for what, values in every.items():
        if not values:
            raise ValueError(f"There is no {what} to measure: name at least one {what}.")
    return [
        Cell(source, target, embedding, int(seed), C)
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
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise ValueError(f"Two {what}s are called {twice!r}: give one of them another name.")
    return things
