"""Sweeps: every cell measured once, in parallel, and kept one small file a finished cell.

A cell's file is named by the fingerprint of everything that its result depends on, so that a result
of other features or settings is not found; a truncated or altered one is not used.
"""

import hashlib
import warnings
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np
import pandas as pd
import sklearn
from joblib import Parallel, delayed
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from tlcourse import paths
from tlcourse.classifiers.score import choose_C, evaluate_features, of_rows
from tlcourse.features import cache
from tlcourse.features.extraction import Features

FORMAT = "tlcourse sweep 2"


def run_sweep(cells, store=None, n_jobs=None, progress=True):
    """Measure cells, or read those that were measured before.

    Every finished cell is stored at once: a sweep that was interrupted goes on where it stopped.
    ``store`` is a folder, by default ``sweeps`` in the user's cache; False keeps nothing, nor does,
    with a warning, a cache that cannot be written. ``n_jobs`` are processes, as for joblib: by
    default 1 here, all workers under ``joblib.parallel_config(backend="dask")``.

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
    cells = list(cells)
    if not cells:
        raise ValueError("There are no cells to measure: make some with make_cells.")
    store = _open_store(store)
    wanted = {}
    for cell in cells:
        wanted.setdefault((cell.source, cell.target), set()).add(cell.embedding)
    prepared = {pair: _prepare(*pair, wanted[pair], progress) for pair in wanted}
    pairs = [prepared[cell.source, cell.target] for cell in cells]
    keys = [_key(cell, pair) for cell, pair in zip(cells, pairs, strict=True)]
    results = {number: store and _stored(store, key) for number, key in enumerate(keys)}
    missing = [number for number, result in results.items() if result is None]
    silent = {} if progress else {"disable": True}  # so that TQDM_DISABLE counts where it is {}
    done = len(cells) - len(missing)
    with tqdm(total=len(cells), initial=done, desc="cells", delay=2, **silent) as bar:
        jobs = [delayed(_measured)(number, cells[number], pairs[number]) for number in missing]
        run = Parallel(n_jobs=n_jobs, return_as="generator_unordered", batch_size=1)
        for number, result in run(jobs) if jobs else ():
            if store:
                with paths.warn_if_not_kept():
                    kept = {"key": keys[number], "result": result}
                    paths.write_json(store / f"{keys[number]}.json", kept)
            results[number] = result
            bar.update()
    about = [(cell.source, cell.target.name, cell.embedding.name, cell.seed) for cell in cells]
    table = pd.DataFrame(about, columns=["source", "target", "embedding", "seed"])
    return table.join(pd.DataFrame([results[number] for number in range(len(cells))]))


def _open_store(folder):
    """The folder of finished cells, None for none; a cache that cannot be written is a warning."""
    if folder is False:
        return None
    try:
        return paths.writable_folder(folder or paths.cache_folder() / "sweeps")
    except paths.CannotWrite as problem:
        if folder is not None:
            raise
        warnings.warn(f"No cell is kept: {problem}", stacklevel=3)


def _stored(store, key):
    """The result of a cell; None where its file is not there, torn, altered or of another cell."""
    try:
        kept = paths.read_sealed(store / f"{key}.json")
        return kept["result"] if kept["key"] == key else None
    except (OSError, ValueError, TypeError):
        return None


def _measured(number, cell, pair):
    with threadpool_limits(1):
        features = _load(pair)
        train, test = (of_rows(features, rows) for rows in cell.target.split(features, cell.seed))
        layers = cell.embedding.layers or pair.layers
        form = cell.embedding.normalization
        C = cell.C or choose_C(train, layers, form, cell.seed)
        result = evaluate_features(train, test, layers, cell.seed, C, form)
    return number, {
        "C": C,
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


def _prepare(source, target, embeddings, progress):
    """The features of a target under a source, extracted where need be, and checked, as a _Pair."""
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
    found = cache.read(pair.entry) if pair.entry else None
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
    parts = (FORMAT, *settings, pair.fingerprint, sklearn.__version__)
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:24]
