"""Representation quality: recorded with the shipped weights; scores by another computation."""

import numpy as np
import pytest
from PIL import Image
from scipy.stats import multivariate_normal
from sklearn.covariance import ledoit_wolf

from scripts.remake.representation_quality import SOURCES_OF_PHOTOS, TABLE, h_score, leep, log_me
from tlcourse.datasets import FAMILIES, photos
from tlcourse.networks import weights
from tlcourse.tables.cells import make_cells
from tlcourse.tables.sweep import run_sweep
from tlcourse.tables.targets import PhotographTarget, PhotoTarget


def test_every_source_and_target_once_with_the_shipped_weights():
    """Shipped features have 8 bits, the recorded ones 16: at most a few images in 500 differ."""
    recorded = TABLE.read()
    assert not recorded.duplicated(["source", "target"]).any()
    assert len(recorded) == len(SOURCES_OF_PHOTOS) * len(FAMILIES)
    for name, digest in zip(recorded["source"], recorded["weights"], strict=True):
        assert weights.read_card(name)["sha256"].startswith(digest), name
    row = recorded.set_index(["source", "target"]).loc["natural", "insects"]
    insects = PhotoTarget("insects", photos.TRAIN_PER_CLASS)
    (cell,) = make_cells("natural", insects, "fc7", (0,), C=row["fc7, C"])
    accuracy = run_sweep([cell], store=False)["accuracy"][0]
    assert accuracy == pytest.approx(row["fc7"], abs=0.01)


@pytest.fixture
def sample():
    rng, y = np.random.default_rng(0), np.repeat([0, 1, 2], [8, 10, 12])
    return rng.normal(size=(30, 4)) + y[:, None] * [1.0, 0, 0.5, 0], y


def test_h_score_of_two_covariances(sample):
    X, y = sample
    covariance, share = ledoit_wolf(X)
    between = np.cov(np.stack([X[y == c].mean(0) for c in y]).T, bias=True)
    expected = (1 - share) * np.trace(np.linalg.inv(covariance) @ between)
    assert h_score(X, y) == pytest.approx(expected)
    assert h_score(X, np.random.default_rng(1).permutation(y)) < expected / 2


def test_leep_by_loops_and_at_its_ends(sample):
    _, y = sample
    P = np.random.default_rng(0).dirichlet([1] * 5, len(y))
    likelihoods = []
    for row, label in zip(P, y, strict=True):
        joint = [P[y == label, z].sum() / P[:, z].sum() * row[z] for z in range(5)]
        likelihoods.append(np.log(sum(joint)))
    assert leep(P, y) == pytest.approx(np.mean(likelihoods))
    assert leep(np.eye(3)[y], y) == pytest.approx(0)


def test_log_me_is_the_best_evidence_of_a_linear_model(sample):
    X, y = sample
    best = []
    for c in range(3):
        evidences = [
            multivariate_normal.logpdf(y == c, cov=X @ X.T / alpha + np.eye(len(y)) / beta)
            for alpha in np.logspace(0, 3, 25)
            for beta in np.logspace(0.3, 1.3, 25)
        ]
        best.append(max(evidences))
    assert log_me(X, y) == pytest.approx(np.mean(best) / len(y), abs=5e-3)


def test_photographs_on_the_disk_are_the_images_that_features_are_shipped_of(tmp_path):
    """Tiny ImageNet's layout: the image's red is its number, which says where it comes from."""

    def save(red, file):
        Image.new("RGB", (8, 8), (red, 0, 0)).save(file, quality=100)

    (tmp_path / "val" / "images").mkdir(parents=True)
    annotations = []
    for label, wnid in enumerate(photos.class_names("insects")):
        folder = tmp_path / "train" / wnid / "images"
        folder.mkdir(parents=True)
        for number in range(41):
            save(number * 5, folder / f"{wnid}_{number}.JPEG")
        save(250, tmp_path / "val" / "images" / f"val_{label}.JPEG")
        annotations.append(f"val_{label}.JPEG\t{wnid}\t0\t0\t62\t62")
    (tmp_path / "val" / "val_annotations.txt").write_text("\n".join(annotations), encoding="utf-8")
    images = PhotographTarget("insects", str(tmp_path)).images()
    red = [np.asarray(image)[0, 0, 0].item() for image, _ in images]
    assert len(images) == 10 * 40 + 10
    assert np.allclose(red[:400], np.tile(np.arange(40) * 5, 10), atol=2)
    assert np.allclose(red[400:], 250, atol=2)
    assert [label for _, label in images[-10:]] == list(range(10))
