"""Runs: the learning curve, and a run in words."""

import math

import pytest

from tlcourse.datasets.drawn import DrawnImages
from tlcourse.finetuning.training import fine_tune
from tlcourse.networks.backbones import load_backbone
from tlcourse.networks.images import prepare_images

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def natural():
    return load_backbone("natural")


@pytest.fixture(scope="module")
def images(natural):
    classes = DrawnImages("animals").classes[:3]
    return tuple(
        prepare_images(natural, DrawnImages("animals", classes, n, seed))
        for seed, n in ((0, 5), (1, 4))
    )


def train(backbone, policy, images, **options):
    quick = {"steps": 7, "batch_size": 8, "learning_rate": 0.02, "device": "cpu", "seed": 1}
    return fine_tune(
        *(backbone, policy, *images), **{**quick, "progress": False, "evaluate_every": 3, **options}
    )


class TestCurve:
    def test_columns(self, natural, images):
        run = train(natural, "reuse all", images)
        assert run.column("step").tolist() == [0, 3, 6, 7]
        losses = run.column("train_loss")
        assert math.isnan(losses[0])
        assert losses[1:].tolist() == [point.train_loss for point in run.curve[1:]]
        assert (run.column("seconds")[1:] > run.column("seconds")[:-1]).all()

    def test_in_words(self, natural, images):
        text = repr(train(natural, "reuse all", images))
        assert text.startswith("Run(natural, reuse all, seed 1: validation accuracy ")
        assert "finished after 7 steps" in text

    def test_audit_of_a_run(self, natural, images):
        found = train(natural, "reuse all", images, augment=0.5, steps=1).audit()
        assert [row.learning_rate for row in found.rows if row.trained] == [0.02]
        assert "augmentation" in found.notes[0]
