"""Fine-tuning: frozen means frozen, a kept bottom changes nothing, and what goes wrong is said."""

import os
import signal
import threading
from itertools import chain, repeat
from types import SimpleNamespace
from unittest import mock

import numpy as np
import pandas as pd
import pytest
import torch
from torch.nn import functional as F
from torch.optim.optimizer import register_optimizer_step_pre_hook
from torch.utils.data import Subset

from tlcourse.datasets.drawn import DrawnImages
from tlcourse.finetuning import loop
from tlcourse.finetuning.loop import Batches, TrainingError
from tlcourse.finetuning.policies import Policy, apply_policy
from tlcourse.finetuning.training import fine_tune
from tlcourse.networks import images as network_images
from tlcourse.networks.backbones import load_backbone
from tlcourse.networks.images import prepare_images
from tlcourse.networks.layers import small_vgg_backbone

pytestmark = pytest.mark.usefixtures("one_thread")
PARTLY = {
    "natural": Policy({"*": "freeze", "conv5": "fine-tune", "fc7": "random"}),
    "small_vgg_bn": Policy({"*": "fine-tune", "conv3": "freeze", "fc6": "freeze"}),
    "resnet18": Policy({"*": "freeze", "layer4": "fine-tune", "layer2.0": "random"}),
}
FROZEN_LATER = Policy({"*": "fine-tune"}, then=Policy({"*": "freeze", "fc8": "fine-tune"}))


@pytest.fixture(scope="module")
def backbones(natural):
    resnet = load_backbone("resnet18", "random")
    return {"natural": natural, "small_vgg_bn": small_vgg_backbone(), "resnet18": resnet}


@pytest.fixture(scope="module")
def images(natural):
    """Three drawn animals: five pictures each to train on, four to validate."""
    classes = DrawnImages("animals").classes[:3]
    sets = (DrawnImages("animals", classes, n, seed) for seed, n in ((0, 5), (1, 4)))
    return tuple(prepare_images(natural, each) for each in sets)


def train(backbone, policy, images, **options):
    quick = {"steps": 3, "batch_size": 8, "learning_rate": 0.01, "device": "cpu"}
    return fine_tune(backbone, policy, *images, **{**quick, "progress": False, **options})


def tensors_of(network, layers):
    state = network.network.state_dict()
    return {key: state[key].clone() for layer in layers for key in layer.tensors}


def column(run, name):
    return pd.DataFrame(run.curve)[name]


def zeros(labels, side=64):
    """So many black images, and their labels."""
    return torch.zeros(len(labels), 3, side, side), labels


@pytest.mark.parametrize("name", PARTLY)
def test_only_the_frozen_keep_the_backbones_bits(backbones, images, monkeypatch, name):
    """Momentum, weight decay, dropout and batch normalisation all in use."""
    monkeypatch.setattr(loop, "is_better", lambda *points: True)  # so that the last one counts
    run = train(backbones[name], PARTLY[name], images, seed=1, weight_decay=0.5)
    source = backbones[name].network.state_dict()
    for layers, is_kept in ((run.network.frozen_layers, True), (run.network.trained_layers, False)):
        found = tensors_of(run.network, layers)
        assert {torch.equal(tensor, source[key]) for key, tensor in found.items()} == {is_kept}
    assert run.curve[-1].step == 3


class TestKeptBottom:
    @pytest.mark.parametrize("policy", [Policy({"*": "freeze", "top 3": "random"}), FROZEN_LATER])
    def test_gives_the_same_as_passing_it_every_time(self, natural, images, monkeypatch, policy):
        options = {"steps": 6, "learning_rate": 0.02, "evaluate_every": 2}
        train(natural, "reuse all", images, **options)  # this bottom is not the one frozen later
        kept = train(natural, policy, images, **options)
        short = SimpleNamespace(available=0)
        monkeypatch.setattr(loop.psutil, "virtual_memory", lambda: short)  # too short to keep any
        passed = train(natural, policy, images, **options)
        assert kept.progress.images == passed.progress.images
        for one, other in zip(kept.curve, passed.curve, strict=True):
            assert one.validation_accuracy == other.validation_accuracy
            assert one.validation_loss == pytest.approx(other.validation_loss, rel=1e-3)
        for key, tensor in kept.progress.best.items():
            assert torch.allclose(tensor, passed.progress.best[key], atol=1e-4)

    def test_is_computed_once_for_many_runs_and_counted_in_each(self, natural, images, monkeypatch):
        passes = mock.Mock(wraps=network_images._timed_pass)
        monkeypatch.setattr(network_images, "_timed_pass", passes)
        fresh = [each.subset(range(len(each))) for each in images]
        first, second = (train(natural, "reuse all", fresh, seed=seed) for seed in (0, 1))
        assert passes.call_count == 2  # training and validation images
        assert second.curve[0].seconds == first.curve[0].seconds > 0


class TestLoop:
    def test_against_the_same_steps_by_hand(self, natural, images):
        """A head on kept features, no dropout: plain SGD in a handful of lines."""
        options = {"schedule": "constant", "learning_rate": 0.01, "weight_decay": 0.1}
        run = train(natural, "reuse all", images, steps=4, evaluate_every=4, **options)
        bottom, head = apply_policy(natural, "reuse all", 3).eval().split()
        features = bottom(images[0].inputs)
        groups = [{"params": [head.fc8.weight], "weight_decay": 0.1}, {"params": [head.fc8.bias]}]
        optimizer = torch.optim.SGD(groups, lr=0.01, momentum=0.9, nesterov=True)
        batches = Batches(15, 8, seed=0)
        for rows in map(batches.rows, range(4)):
            optimizer.zero_grad()
            F.cross_entropy(head(features[rows]), images[0].labels[rows]).backward()
            optimizer.step()
        loss = F.cross_entropy(head(bottom(images[1].inputs)), images[1].labels).item()
        assert run.curve[-1].validation_loss == pytest.approx(loss, rel=1e-4)

    def test_batches_see_every_image_once_an_epoch_and_none_is_of_one(self):
        batches = Batches(17, 8, seed=3)
        epochs = [[batches.rows(3 * epoch + place) for place in range(3)] for epoch in range(2)]
        assert all(sorted(torch.cat(parts).tolist()) == list(range(17)) for parts in epochs)
        assert {len(rows) for parts in epochs for rows in parts} == {5, 6}
        assert torch.cat(epochs[0]).tolist() != torch.cat(epochs[1]).tolist()
        assert torch.equal(Batches(17, 8, seed=3).rows(4), epochs[1][1])
        uneven = Batches(33, 2, seed=0)
        sizes = [len(uneven.rows(step)) for step in range(uneven.per_epoch)]
        assert sorted(sizes) == [2] * 15 + [3]
        assert Batches(3, 1, seed=0).per_epoch == 3

    def test_the_seed_decides_everything_and_leaves_the_notebooks_numbers(self, natural, images):
        torch.manual_seed(1)
        wanted = torch.rand(2)
        torch.manual_seed(0)
        options = {"steps": 2, "evaluate_every": 1}
        options["watch"] = lambda point: torch.manual_seed(1)  # as a cell of the notebook may
        one, again, other = (
            train(natural, "retrain the top", images, seed=seed, **options).curve[-1]
            for seed in (2, 2, 3)
        )
        assert one.validation_loss == again.validation_loss != other.validation_loss
        assert torch.equal(torch.rand(2), wanted)

    def test_the_notebook_and_a_run_in_the_background_keep_their_numbers(self, natural, images):
        def in_the_background():
            runs.append(train(natural, "fine-tune all", images, steps=8, evaluate_every=1))

        runs, networks = [], {load_backbone("natural", "random").fingerprint}
        in_the_background()
        thread = threading.Thread(target=in_the_background)
        thread.start()
        while thread.is_alive():
            networks.add(load_backbone("natural", "random").fingerprint)
        alone, beside = (column(run, "validation_loss") for run in runs)
        assert np.array_equal(alone, beside)
        assert len(networks) == 1

    def test_schedules(self, natural, images):
        rates = []
        hook = register_optimizer_step_pre_hook(
            lambda optimizer, *_: rates.append(optimizer.param_groups[0]["lr"])
        )
        train(natural, "reuse all", images, steps=20, learning_rate=0.1)
        train(natural, "reuse all", images, steps=5, learning_rate=0.1, schedule="constant")
        hook.remove()
        assert np.argmax(rates) == 2  # a tenth of the way
        assert max(rates) == pytest.approx(0.1) and rates[19] < 0.002
        assert rates[20:] == [0.1] * 5

    def test_early_stopping_keeps_the_best_weights(self, natural, images):
        """Labels turned by one in validation: the more is learned, the worse it gets."""
        turned = images[1].subset(range(len(images[1])))
        turned.labels, turned.classes = (turned.labels + 1) % 3, images[0].classes
        options = {"steps": 60, "learning_rate": 0.05, "patience": 4, "evaluate_every": 1}
        run = train(natural, "reuse all", (images[0], turned), **options)
        assert run.ended.startswith("stopped early") and run.curve[-1].step < 60
        assert run.curve[-1].step == run.best.step + 4
        assert run.best.validation_accuracy == column(run, "validation_accuracy").max()
        assert run.accuracy(turned) == pytest.approx(run.best.validation_accuracy)

    def test_second_stage_goes_on_from_the_best_of_the_first(self, natural, images):
        run = train(natural, "probe, then fine-tune", images, steps=3, evaluate_every=3)
        assert [point.stage for point in run.curve] == [0, 0, 1, 1]
        end, begin = run.curve[1], run.curve[2]
        first = max(run.curve[:2], key=lambda p: (p.validation_accuracy, -p.validation_loss))
        assert begin.validation_loss == pytest.approx(first.validation_loss, rel=1e-4)
        assert begin.step == end.step == 3
        assert repr(run).startswith("Run(natural, probe, then fine-tune, seed 0: validation acc")
        assert np.isnan(column(run, "train_loss")[0])
        assert column(run, "seconds").diff()[[1, 3]].min() > 0
        assert [row.learning_rate for row in run.audit().rows if row.trained] == [0.01]


class TestStopping:
    def test_keeps_what_was_learned_so_far(self, natural, images):
        answers = chain([False] * 12, repeat(True))
        options = {"steps": 40, "evaluate_every": 40, "learning_rate": 0.02}
        run = train(natural, "reuse all", images, stop=lambda: next(answers), **options)
        assert run.stopped and run.curve[-1].step == 12
        assert run.best.step == 12  # the weights at the stop are better than the untrained ones
        assert run.accuracy(images[1]) == pytest.approx(run.curve[-1].validation_accuracy)
        assert run.accuracy(images[1]) > run.curve[0].validation_accuracy

    @pytest.mark.parametrize("by", ["signal", "exception"])
    def test_interrupt_ends_between_two_steps_and_says_so(self, natural, images, capsys, by):
        def interrupt(point):
            if point.step == 2 and by == "signal":
                os.kill(os.getpid(), signal.SIGINT)
            elif point.step == 2:
                raise KeyboardInterrupt

        before = signal.getsignal(signal.SIGINT)
        run = train(natural, "reuse all", images, steps=9, evaluate_every=1, watch=interrupt)
        assert run.stopped and run.curve[-1].step == 2
        assert "interrupted after 2 steps: the best weights so far" in capsys.readouterr().out
        assert signal.getsignal(signal.SIGINT) == before


class TestWhatGoesWrong:
    def test_a_loss_that_is_not_finite_and_the_run_so_far(self, natural, images, monkeypatch):
        factors, cross_entropy = chain([1] * 7, [float("nan")], repeat(1)), F.cross_entropy
        poisoned = lambda *given: next(factors) * cross_entropy(*given)  # noqa: E731
        monkeypatch.setattr(loop.F, "cross_entropy", poisoned)
        words = "no longer a finite .*: lower learning_rate"
        with pytest.raises(TrainingError, match=words) as caught:
            train(natural, "reuse all", images, steps=20, evaluate_every=2)
        run = caught.value.run
        assert run.curve and run.best.step > 0 and not run.stopped
        assert run.accuracy(images[1]) == pytest.approx(run.best.validation_accuracy)

    @pytest.mark.parametrize(
        ("problem", "words"),
        [
            (torch.OutOfMemoryError("CUDA out of memory."), "lower batch_size, to 4"),
            (RuntimeError("CPUAllocator: not enough memory"), "lower batch_size"),
            (RuntimeError("MPS backend out of memory"), "lower batch_size"),
            (MemoryError(), "lower batch_size"),
            (RuntimeError("something else"), "something else"),
        ],
    )
    def test_out_of_memory_is_explained_alone(self, natural, images, monkeypatch, problem, words):
        monkeypatch.setattr(loop.F, "cross_entropy", mock.Mock(side_effect=problem))
        raised = TrainingError if "lower" in words else RuntimeError
        with pytest.raises(raised, match=words) as caught:
            train(natural, "reuse all", images)
        assert type(caught.value) is raised

    @pytest.mark.parametrize(
        ("training", "validation", "words"),
        [
            (None, None, "no validation image"),
            (None, [], "no validation image"),
            (None, zeros([]), "no validation image"),
            (zeros([0, 1]), zeros([0, 2]), "outside the 2 classes"),
            (zeros([0, 1], 32), zeros([0, 1], 32), "32 x 32 pixels: bring them to 64 x 64"),
            ((torch.zeros(2, 64, 64, 3), [0, 1]), zeros([0]), r"give \(n, 3, side, side\) and"),
            (zeros([1]), zeros([0, 1]), "batch of one image: give two images"),
        ],
    )
    def test_images_that_do_not_fit(self, images, training, validation, words):
        with pytest.raises((ValueError, TrainingError), match=words):
            train(small_vgg_backbone(), "all random", (training or images[0], validation))

    @pytest.mark.parametrize(
        ("setting", "words"),
        [
            ({"epochs": None}, "whole number, 1 or more"),
            ({"steps": "3"}, "whole number, 1 or more"),
            ({"batch_size": 2.5}, "whole number, 1 or more"),
            ({"learning_rate": -1}, "a number above 0"),
            ({"weight_decay": None}, "0 or more"),
            ({"schedule": "magic"}, "take 'cosine' or 'constant'"),
            ({"device": "tpu"}, "'tpu' is not a device"),
        ],
    )
    def test_settings_outside_their_range(self, natural, images, setting, words):
        with pytest.raises(ValueError, match=words):
            train(natural, "reuse all", images, **setting)


def test_any_data_set_is_prepared_as_the_backbone_says(natural):
    drawn = DrawnImages("shapes", n_per_class=2)
    prepared = prepare_images(natural, Subset(drawn, [3, 0]))
    assert prepared.classes == drawn.classes
    assert prepared.labels.tolist() == [drawn.targets[3], drawn.targets[0]]
    assert torch.equal(prepared.inputs[0], natural.preprocess(drawn[3][0]))
    pixels = torch.from_numpy(drawn.pixels()).permute(0, 3, 1, 2)
    again = prepare_images(natural, (pixels, drawn.targets))
    assert torch.allclose(again.inputs[[3, 0]], prepared.inputs, atol=1e-6)
