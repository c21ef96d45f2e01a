"""A sweep over (source, target, embedding, seed): the cells of the lecture's tables, measured.

Cells go through joblib, so that ``joblib.parallel_config(backend="dask")`` sends them to a cluster
unchanged. Every cell is computed on one thread, so that its number is the same wherever it ran.
"""

import hashlib
import warnings
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np
import sklearn
from joblib import Parallel, delayed
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from tlcourse import feature_cache
from tlcourse.features import Features
from tlcourse.sweep_store import NoStore, SweepStore, key_of
from tlcourse.transfer import evaluate_features, of_rows


def run_sweep(cells, store=None, n_jobs=None, progress=True):
    """Measure cells, or read those that were measured before.

    Every finished cell is stored at once: a sweep that was interrupted goes on where it stopped.

    Parameters
    ----------
    cells : sequence of Cell
    store : path or False, optional
        Folder of finished cells, by default ``sweeps`` in the user's cache; False keeps nothing,
        nor does, with a warning, a cache that cannot be written.
    n_jobs : int, optional
        Processes, as for joblib: by default 1 here, all workers under
        ``joblib.parallel_config(backend="dask")``.
    progress : bool
        A progress bar when the sweep takes more than two seconds.

    Returns
    -------
    DataFrame
        One row a cell, in the order of ``cells``: source, target, embedding, seed, C, accuracy
        (mean over classes, a share of 1), n_features, train_images, test_images, seconds (of the
        SVM, training and test), date.

    Raises
    ------
    ValueError
        If there are no cells, features cannot be had, are not finite, or lack a layer, a class has
        fewer images than are asked for, or ``store`` cannot be written.
    """
    import pandas as pd

    cells = list(cells)
    if not cells:
        raise ValueError("There are no cells to measure: make some with make_cells.")
    store = _open_store(store)
    prepared = _prepare_all(cells, progress)
    pairs = [prepared[cell.source, cell.target] for cell in cells]
    keys = [_key(cell, pair) for cell, pair in zip(cells, pairs, strict=True)]
    results = dict(enumerate(map(store.read, keys)))
    missing = [number for number, result in results.items() if result is None]
    silent = {} if progress else {"disable": True}  # so that TQDM_DISABLE counts where it is {}
    done = len(cells) - len(missing)
    with tqdm(total=len(cells), initial=done, desc="cells", delay=2, **silent) as bar:
        for number, result in _finished(missing, cells, pairs, n_jobs):
            store.write(keys[number], result)
            results[number] = result
            bar.update()
    rows = [_row(cell) | results[number] for number, cell in enumerate(cells)]
    return pd.DataFrame(rows)


def _open_store(folder):
    if folder is False:
        return NoStore()
    try:
        return SweepStore(folder)
    except ValueError as problem:
        if folder is not None:
            raise
        warnings.warn(f"No cell is kept: {problem}", stacklevel=3)
        return NoStore()


def _finished(numbers, cells, pairs, n_jobs):
    """Number and result of each cell, as soon as it is measured."""
    run = Parallel(n_jobs=n_jobs, return_as="generator_unordered", batch_size=1)
    jobs = [delayed(_measured)(number, cells[number], pairs[number]) for number in numbers]
    yield from run(jobs) if jobs else ()


def _measured(number, cell, pair):
    with threadpool_limits(1):
        features = _load(pair)
        train, test = (of_rows(features, rows) for rows in cell.target.split(features, cell.seed))
        layers = cell.embedding.layers or pair.layers
        options = (cell.seed, cell.C, cell.embedding.normalization)
        result = evaluate_features(train, test, layers, *options)
    return number, {
        "accuracy": result.accuracy,
        "n_features": result.n_features,
        "train_images": len(train.labels),
        "test_images": len(test.labels),
        "seconds": round(result.seconds, 4),
        "date": date.today().isoformat(),
    }


@dataclass(frozen=True)
class _Pair:
    """The features of a target under a source, and how a worker gets the same ones."""

    source: str
    target: object
    entry: str | None
    layers: tuple[str, ...]
    fingerprint: str


def _prepare_all(cells, progress):
    """``{(source, target): _Pair}``; features are extracted where need be, and checked."""
    wanted = {}
    for cell in cells:
        wanted.setdefault((cell.source, cell.target), set()).add(cell.embedding)
    return {pair: _prepare(*pair, wanted[pair], progress) for pair in wanted}


def _prepare(source, target, embeddings, progress):
    features = target.features(source, progress)
    what = f"The features of {source} on {target.name}"
    for embedding in embeddings:
        absent = [layer for layer in embedding.layers or () if layer not in features.layer_sizes]
        if absent:
            raise ValueError(
                f"{what} have no layer {absent[0]}, which {embedding.name!r} is made of: they have "
                f"{', '.join(features.layer_sizes)}."
            )
    if not np.isfinite(features.matrix.sum(dtype=np.float64)):
        raise ValueError(f"{what} hold NaN or infinite values: extract them again.")
    layers = tuple(features.layer_sizes)
    return _Pair(source, target, target.entry(source), layers, _fingerprint(features))


@lru_cache(maxsize=2)
def _load(pair):
    """The features of a pair in this process, once they are those of the process that asked."""
    found = feature_cache.read(pair.entry) if pair.entry else None
    if found and set(pair.layers) <= set(found["layer_sizes"]):
        features = Features(**found).restricted_to(pair.layers)
    else:
        features = pair.target.features(pair.source, progress=False)
    if _fingerprint(features) != pair.fingerprint:
        raise ValueError(
            f"A worker has other features of {pair.source} on {pair.target.name} than the process "
            "that started the sweep: give all of them the same data, weights and versions."
        )
    return features


def _fingerprint(features):
    digest = hashlib.sha256(repr((dict(features.layer_sizes), features.classes)).encode())
    digest.update(np.ascontiguousarray(features.matrix))
    digest.update(np.ascontiguousarray(features.labels))
    return digest.hexdigest()[:16]


def _key(cell, pair):
    embedding = (cell.embedding.layers or pair.layers, cell.embedding.normalization)
    settings = (cell.source, repr(cell.target), embedding, cell.seed, cell.C)
    return key_of(*settings, pair.fingerprint, sklearn.__version__)


def _row(cell):
    return {
        "source": cell.source,
        "target": cell.target.name,
        "embedding": cell.embedding.name,
        "seed": cell.seed,
        "C": cell.C,
    }
