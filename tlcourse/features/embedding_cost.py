"""What an embedding takes: bytes, and the work of the SVM on it."""

import time

import numpy as np
from sklearn.base import clone


def bytes_of(n_values):
    """Bytes that so many values take: float32 holds any; int8 and 2 bits hold -1, 0, 1."""
    return {"float32": 4 * n_values, "int8": n_values, "2 bits": -(-n_values // 4)}


def pack(embedded):
    """Four values of -1, 0, 1 in each byte: int8 -> uint8 (ceil(size / 4),)."""
    codes = np.zeros(-(-embedded.size // 4) * 4, np.uint8)
    codes[: embedded.size] = embedded.ravel() + 1
    return np.bitwise_or.reduce(codes.reshape(-1, 4) << np.array([0, 2, 4, 6], np.uint8), axis=1)


def unpack(packed, shape):
    """What `pack` packed, as ndarray of int8 of this shape."""
    codes = (packed[:, None] >> np.array([0, 2, 4, 6], np.uint8)) & 3
    return codes.ravel()[: np.prod(shape)].reshape(shape).astype(np.int8) - np.int8(1)


def svm_work(embeddings, labels, machine, repeats=3):
    """CPU time and passes of the same machine on several embeddings of the same images.

    Clones of ``machine`` are trained ``repeats`` times. Returns two dicts: median seconds, and
    passes over the images of the class that took most.
    """
    seconds, passes = {name: [] for name in embeddings}, {}
    for _ in range(repeats):
        for name, X in embeddings.items():
            started = time.process_time()
            passes[name] = int(clone(machine).fit(X, labels).n_iter_)
            seconds[name].append(time.process_time() - started)
    return {name: float(np.median(values)) for name, values in seconds.items()}, passes
