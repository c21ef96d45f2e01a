"""What makes a representation good: six families of photographs from sources that differ.

A row a source and target: the distance of their classes, the accuracy of ``fc7`` and of the full
network (40 training images a class, C chosen within them, 50 test images a class), and what three
transferability scores say of ``fc7`` on the training images. The photographs are not shipped, but
their features under two of the sources are.
"""

import numpy as np
import torch
from sklearn.covariance import ledoit_wolf_shrinkage

from scripts.remake.runner import Table
from tlcourse import paths
from tlcourse.datasets.photos import FAMILIES, PHOTO_SOURCES, TRAIN_PER_CLASS
from tlcourse.networks import weights
from tlcourse.networks.backbones import load_backbone
from tlcourse.networks.sources import SOURCES
from tlcourse.tables.cells import make_cells
from tlcourse.tables.similarity import similarity_table
from tlcourse.tables.sweep import run_sweep
from tlcourse.tables.targets import PhotographTarget, PhotoTarget

SOURCES_OF_PHOTOS = [name for name, source in SOURCES.items() if source.role != "drawn"]
TABLE = Table(paths.SHIPPED / "measured" / "representation_quality.csv")


def steps(options):
    """A step a source and target; rows of other weights than the shipped ones are dropped."""
    hashes = {name: weights.read_card(name)["sha256"][:12] for name in SOURCES_OF_PHOTOS}
    kept = TABLE.read()
    if len(kept) and (stale := kept["weights"] != kept["source"].map(hashes)).any():
        kept[~stale].to_csv(TABLE.file, index=False, lineterminator="\n")
    keys = [
        {"source": source, "target": target, "weights": hashes[source]}
        for source in SOURCES_OF_PHOTOS
        for target in FAMILIES
    ]

    def measure(source, target, weights):
        images = PhotographTarget(target, str(options.data), TRAIN_PER_CLASS)
        if source in PHOTO_SOURCES:
            images = PhotoTarget(target, TRAIN_PER_CLASS)
        row = {"distance": round(similarity_table([source], [target])["distance"][0], 3)}
        cells = make_cells(source, images, ("fc7", "full network"), [0])
        for result in run_sweep(cells).itertuples():
            row |= {result.embedding: round(result.accuracy, 4), f"{result.embedding}, C": result.C}
        features = images.features(source)
        rows, _ = images.split(features, 0)
        X, y = features.select("fc7")[rows], features.labels[rows]
        with torch.inference_mode():
            scores = load_backbone(source).network.fc8(torch.as_tensor(X, dtype=torch.float32))
        P = scores.double().softmax(dim=1).numpy()
        found = {"H-score": h_score(X, y), "LEEP": leep(P, y), "LogME": log_me(X, y)}
        return row | {name: round(value, 4) for name, value in found.items()}

    yield from TABLE.steps(keys, measure)


def h_score(X, y):
    """Variance between classes in units of the whole, shrunk (Bao 2019; Ibrahim 2021)."""
    X = X - X.mean(axis=0, dtype=np.float64)
    share = ledoit_wolf_shrinkage(X, assume_centered=True)
    covariance = (1 - share) * X.T @ X / len(X)
    covariance += share * np.eye(X.shape[1]) * X.var(axis=0).mean()
    means = np.array([X[y == label].mean(axis=0) for label in np.unique(y)])[y]
    return (1 - share) * np.trace(np.linalg.solve(covariance, means.T @ means / len(X)))


def leep(P, y):
    """The target's labels read off the source's probabilities (n, classes) (Nguyen 2020)."""
    joint = np.eye(y.max() + 1)[y].T @ P / len(P)  # (target classes, source classes)
    conditional = joint / joint.sum(axis=0)
    return np.log((conditional[y] * P).sum(axis=1)).mean()


def log_me(X, y):
    """Log evidence of a linear model, an image and class (You 2021), its best of a grid."""
    squares, U = np.linalg.eigh(X @ X.T.astype(np.float64))
    squares, n = squares.clip(min=0), len(X)
    ratios = squares.mean() * np.logspace(-8, 8, 161)[:, None]  # of the two precisions
    evidences = []
    for label in np.eye(y.max() + 1)[y].T:
        known = (U.T @ label) ** 2
        misfit = (known * ratios / (squares + ratios)).sum(axis=1)
        volume = np.log1p(squares / ratios).sum(axis=1)
        evidences.append(-(n * (np.log(2 * np.pi * misfit / n) + 1) + volume).min() / 2)
    return np.mean(evidences) / n
