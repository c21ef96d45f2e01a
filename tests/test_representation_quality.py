"""Representation quality: recorded with the shipped weights, compared draw by draw."""

import json

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from tlcourse.datasets import FAMILIES, photos
from tlcourse.networks import weights
from tlcourse.networks.sources import SOURCES
from tlcourse.tables import source_factors
from tlcourse.tables.cells import make_cells
from tlcourse.tables.sweep import run_sweep
from tlcourse.tables.targets import PhotographTarget


@pytest.fixture(scope="module")
def recorded():
    return source_factors.read_quality()


def test_recorded_with_the_shipped_weights():
    report = json.loads(source_factors.MEASURED.read_text(encoding="utf-8"))
    for name, digest in report["weights_sha256"].items():
        assert digest == weights.read_card(name)["sha256"], name


def test_every_source_target_embedding_and_draw_once(recorded):
    counts = recorded.groupby(["source", "target", "embedding"])["seed"].agg(["nunique", "size"])
    assert (counts == 5).all(axis=None)
    assert set(recorded["source"]) == set(source_factors.compared_sources())
    assert set(recorded["target"]) == set(FAMILIES)


def test_recorded_natural_is_that_of_the_shipped_features(recorded):
    """Shipped features have 8 bits, the recorded ones 16: at most a few images in 500 differ."""
    measured = run_sweep(make_cells("natural", "insects", ("fc7", "full network")), store=False)
    key = ["source", "target", "embedding", "seed"]
    both = measured.merge(recorded, on=key, suffixes=("", "_recorded"))
    assert len(both) == 10
    assert (both["accuracy"] - both["accuracy_recorded"]).abs().max() < 0.01


def test_effects_are_paired_by_seed():
    accuracy = {"half_width": [0.30, 0.50], "quarter_width": [0.28, 0.46]}
    results = pd.DataFrame(
        {"source": name, "target": "insects", "embedding": "fc7", "seed": seed, "accuracy": value}
        for name, values in accuracy.items()
        for seed, value in enumerate(values)
    )
    (effect,) = source_factors.factor_effects(results).to_dict("records")
    assert effect["source"] == "quarter_width"
    assert effect["compared_with"] == "half_width"
    assert effect["change"] == SOURCES["quarter_width"].change
    assert effect["difference"] == pytest.approx(-3)
    assert effect["spread"] == pytest.approx(np.std([-2, -4], ddof=1))
    assert (effect["reference"], effect["changed"]) == pytest.approx((0.40, 0.37))


def test_photographs_on_the_disk_are_the_images_that_features_are_shipped_of(tmp_path):
    """Tiny ImageNet's layout: the image's red is its number, which says where it comes from."""
    (tmp_path / "val" / "images").mkdir(parents=True)
    annotations = []
    for label, wnid in enumerate(photos.class_names("insects")):
        folder = tmp_path / "train" / wnid / "images"
        folder.mkdir(parents=True)
        for number in range(41):
            _picture(number * 5).save(folder / f"{wnid}_{number}.JPEG", quality=100)
        _picture(250).save(tmp_path / "val" / "images" / f"val_{label}.JPEG", quality=100)
        annotations.append(f"val_{label}.JPEG\t{wnid}\t0\t0\t62\t62")
    (tmp_path / "val" / "val_annotations.txt").write_text("\n".join(annotations), encoding="utf-8")
    images = PhotographTarget("insects", str(tmp_path)).images()
    red = [np.asarray(image)[0, 0, 0].item() for image, _ in images]
    assert len(images) == 10 * 40 + 10
    assert np.allclose(red[:400], np.tile(np.arange(40) * 5, 10), atol=2)
    assert np.allclose(red[400:], 250, atol=2)
    assert [label for _, label in images[-10:]] == list(range(10))


def _picture(red):
    return Image.new("RGB", (8, 8), (red, 0, 0))
