"""Fine-tuning: frozen means frozen, a kept bottom changes nothing, and what goes wrong is said."""

import os
import signal
import threading

import numpy as np
import pytest
import torch
from torch.nn import functional as F
from torch.utils.data import Subset
from torchvision import models

from tlcourse.classifiers.svm import mean_class_accuracy
from tlcourse.datasets.drawn import DrawnImages
from tlcourse.finetuning import loop
from tlcourse.finetuning.cost import training_cost
from tlcourse.finetuning.loop import Batches, TrainingError
from tlcourse.finetuning.policies import Policy, apply_policy
from tlcourse.finetuning.training import fine_tune
from tlcourse.networks.backbones import load_backbone
from tlcourse.networks.images import prepare_images
from tlcourse.networks.layers import small_vgg_backbone
from tlcourse.networks.small_vgg import small_vgg

pytestmark = pytest.mark.usefixtures("one_thread")
PARTLY = {
    "natural": Policy({"*": "freeze", "conv5": "fine-tune", "fc7": "random"}),
    "small_vgg_bn": Policy({"*": "fine-tune", "conv3": "freeze", "fc6": "freeze"}),
    "resnet18": Policy({"*": "freeze", "layer4": "fine-tune", "layer2.0": "random"}),
}


@pytest.fixture(scope="module")
def backbones():
    resnet = load_backbone("resnet18", "random")
    return {
        "natural": load_backbone("natural"),
        "small_vgg_bn": small_vgg_backbone(),
        "resnet18": resnet,
    }


@pytest.fixture(scope="module")
def natural(backbones):
    return backbones["natural"]


@pytest.fixture(scope="module")
def images(natural):
    classes = DrawnImages("animals").classes[:3]
    train, validation = (
        prepare_images(natural, DrawnImages("animals", classes, n, seed))
        for seed, n in ((0, 5), (1, 4))
    )
    return train, validation


def train(backbone, policy, images, **options):
    quick = {"steps": 3, "batch_size": 8, "learning_rate": 0.01, "device": "cpu"}
    return fine_tune(backbone, policy, *images, **{**quick, "progress": False, **options})


def tensors_by_choice(network):
    state = network.network.state_dict()
    return {
        kind: {key: state[key].clone() for layer in layers for key in layer.tensors}
        for kind, layers in (("frozen", network.frozen_layers), ("trained", network.trained_layers))
    }


class TestFrozenMeansFrozen:
    @pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
    @pytest.mark.parametrize("name", PARTLY)
    def test_bits_after_training_are_those_before(self, backbones, images, name, optimizer):
        """Momentum, weight decay, augmentation, dropout and batch normalisation all in use."""
        backbone, policy = backbones[name], PARTLY[name]
        before = tensors_by_choice(apply_policy(backbone, policy, 3, seed=1))
        run = train(
            *(backbone, policy, images),
            **{"seed": 1, "weight_decay": 0.5, "augment": 0.5, "optimizer": optimizer},
        )
        after = tensors_by_choice(run.network)
        assert before["frozen"]
        assert all(
            torch.equal(after["frozen"][key], before["frozen"][key]) for key in before["frozen"]
        )
        source = backbone.network.state_dict()
        assert all(torch.equal(tensor, source[key]) for key, tensor in after["frozen"].items())
        assert run.curve[-1].step == 3

    def test_what_is_trained_moves_running_statistics_too(self, backbones, images, monkeypatch):
        monkeypatch.setattr(loop, "is_better", lambda *points: True)  # so that the last one counts
        backbone, policy = backbones["small_vgg_bn"], PARTLY["small_vgg_bn"]
        network = apply_policy(backbone, policy, 3)
        before = tensors_by_choice(network)["trained"]
        options = {"stop": stop_after(3), "steps": 9, "evaluate_every": 9}
        run = train(backbone, policy, images, **options)
        after = run.progress.best
        assert before.keys() == after.keys()
        assert all(not torch.equal(before[key], after[key]) for key in before)

    def test_requires_grad_alone_is_a_trap(self, images):
        """Without eval mode running statistics move, though nothing has a gradient."""
        network = small_vgg(3, batch_norm=True).requires_grad_(False).train()
        mean = network.bn1_1.running_mean.clone()
        network(images[0].inputs)
        assert not torch.equal(network.bn1_1.running_mean, mean)

    def test_a_frozen_parameter_in_the_optimizer_is_a_trap(self):
        """Momentum and weight decay move it, as its gradient is zero and not None."""
        parameter = torch.nn.Parameter(torch.ones(3, 3))
        optimizer = torch.optim.SGD([parameter], lr=0.1, momentum=0.9, weight_decay=0.1)
        parameter.sum().backward()
        optimizer.step()
        frozen = parameter.requires_grad_(False).clone()
        optimizer.zero_grad(set_to_none=False)
        optimizer.step()
        assert not torch.equal(parameter, frozen)


class TestKeptBottom:
    @pytest.mark.parametrize("name", ["natural", "resnet18"])
    def test_gives_the_same_as_passing_it_every_time(self, backbones, images, name):
        policy = Policy(
            {"*": "freeze"} if name == "resnet18" else {"*": "freeze", "top 3": "random"}
        )
        kept, passed = (
            train(backbones[name], policy, images, steps=6, evaluate_every=2, cache=cache)
            for cache in (True, False)
        )
        assert kept.progress.images == passed.progress.images
        for one, other in zip(kept.curve, passed.curve, strict=True):
            assert one.validation_accuracy == other.validation_accuracy
            assert one.validation_loss == pytest.approx(other.validation_loss, rel=1e-3)
        for key, tensor in kept.progress.best.items():
            assert torch.allclose(tensor, passed.progress.best[key], atol=1e-4)
        assert kept.curve[-1].flops < passed.curve[-1].flops

    def test_is_computed_once_for_many_runs_and_counted_in_each(self, natural, images, monkeypatch):
        passes, forward = [], torch.nn.Sequential.forward

        def counted(self, images):
            passes.extend([len(self)] if not images.is_meta else [])
            return forward(self, images)

        monkeypatch.setattr(torch.nn.Sequential, "forward", counted)
        fresh = [each.subset(range(len(each))) for each in images]
        first = train(natural, "reuse all", fresh, seed=0)
        depth = max(passes)
        assert passes.count(depth) == 2  # training and validation images
        second = train(natural, "reuse all", fresh, seed=1)
        assert passes.count(depth) == 2
        assert second.curve[0].flops == first.curve[0].flops > 0
        assert second.curve[0].seconds == first.curve[0].seconds > 0

    def test_a_bottom_that_was_fine_tuned_is_not_taken_for_the_backbones(self, natural, images):
        policy = Policy({"*": "fine-tune"}, then=Policy({"*": "freeze", "fc8": "fine-tune"}))
        options = {"steps": 4, "learning_rate": 0.02, "evaluate_every": 4}
        train(natural, "reuse all", images, **options)
        kept = train(natural, policy, images, **options)
        passed = train(natural, policy, images, cache=False, **options)
        assert kept.curve[-1].validation_loss == pytest.approx(
            passed.curve[-1].validation_loss, rel=1e-3
        )


class TestCost:
    def test_against_torchvisions_own_figures(self):
        """Backward costs twice the forward pass, but for the gradient of the images."""
        (cost,) = training_cost("vgg16", "all random", 1000)
        weights = models.VGG16_Weights.IMAGENET1K_V1
        forward = 2e9 * weights.meta["_ops"]
        first = 2 * 224 * 224 * 64 * 3 * 9
        assert cost.each_time == pytest.approx(3 * forward - first, rel=1e-3)
        assert cost.once == cost.numbers == 0

    def test_of_the_head_alone(self, natural):
        once, whole = (training_cost(natural, "reuse all", 5, cache)[0] for cache in (True, False))
        assert once.each_time == 2 * 2 * 512 * 5
        assert once.numbers == 512
        assert whole.each_time == once.once + once.each_time

    def test_the_curve_adds_it_up(self, natural, images):
        run = train(natural, "retrain the top", images, steps=4, evaluate_every=1)
        (cost,) = training_cost(natural, "retrain the top", 3)
        flops = [cost.once * 15 + cost.each_time * point.images for point in run.curve]
        assert run.column("flops").tolist() == flops
        assert run.column("images").tolist() == [0, 8, 15, 23, 30]


class TestLoop:
    def test_against_the_same_steps_by_hand(self, natural, images):
        """A head on kept features, no dropout: plain SGD in a handful of lines."""
        options = {"schedule": "constant", "learning_rate": 0.01, "weight_decay": 0.1}
        run = train(natural, "reuse all", images, steps=4, evaluate_every=4, **options)
        network = apply_policy(natural, "reuse all", 3)
        bottom, head = network.eval().split()
        features = bottom(images[0].inputs)
        groups = [{"params": [head.fc8.weight], "weight_decay": 0.1}, {"params": [head.fc8.bias]}]
        optimizer = torch.optim.SGD(groups, lr=0.01, momentum=0.9, nesterov=True)
        batches = Batches(15, 8, seed=0)
        for step in range(4):
            rows = batches.rows(step)
            optimizer.zero_grad()
            F.cross_entropy(head(features[rows]), images[0].labels[rows]).backward()
            optimizer.step()
        loss = F.cross_entropy(head(bottom(images[1].inputs)), images[1].labels).item()
        assert run.curve[-1].validation_loss == pytest.approx(loss, rel=1e-4)

    def test_batches_see_every_image_once_an_epoch(self):
        batches = Batches(17, 8, seed=3)
        assert batches.per_epoch == 3
        epochs = [[batches.rows(3 * epoch + place) for place in range(3)] for epoch in range(2)]
        assert all(sorted(torch.cat(parts).tolist()) == list(range(17)) for parts in epochs)
        assert {len(rows) for parts in epochs for rows in parts} == {5, 6}
        assert torch.cat(epochs[0]).tolist() != torch.cat(epochs[1]).tolist()
        assert torch.equal(Batches(17, 8, seed=3).rows(4), epochs[1][1])

    def test_no_batch_of_one_image_is_left(self):
        batches = Batches(33, 2, seed=0)
        sizes = [len(batches.rows(step)) for step in range(batches.per_epoch)]
        assert sorted(sizes) == [2] * 15 + [3]
        assert Batches(3, 1, seed=0).per_epoch == 3

    @pytest.mark.parametrize(("n", "size"), [(4, 1), (1, 8)])
    def test_batch_normalisation_needs_batches_of_two_images(self, n, size):
        images = torch.randint(0, 255, (n, 3, 64, 64), dtype=torch.uint8), 1 - torch.arange(n) % 2
        pair = torch.randint(0, 255, (2, 3, 64, 64), dtype=torch.uint8), torch.arange(2)
        with pytest.raises(TrainingError, match="batch of one image: give two images"):
            fine_tune(
                small_vgg_backbone(),
                "all random",
                images,
                pair,
                epochs=1,
                batch_size=size,
                device="cpu",
                progress=False,
            )

    def test_the_seed_decides_everything(self, natural, images):
        torch.manual_seed(0)
        wanted = torch.rand(2)
        torch.manual_seed(0)
        options = {"augment": 0.5, "steps": 2, "evaluate_every": 1}
        one, again = (train(natural, "retrain the top", images, seed=2, **options) for _ in "ab")
        assert one.curve[-1].validation_loss == again.curve[-1].validation_loss
        other = train(natural, "retrain the top", images, seed=3, **options)
        assert one.curve[-1].validation_loss != other.curve[-1].validation_loss
        assert torch.equal(torch.rand(2), wanted)

    def test_the_notebook_and_a_run_in_the_background_keep_their_numbers(self, natural, images):
        def in_the_background():
            runs.append(train(natural, "fine-tune all", images, steps=12, evaluate_every=1))

        runs, networks = [], {load_backbone("natural", "random").fingerprint}
        in_the_background()
        thread = threading.Thread(target=in_the_background)
        thread.start()
        while thread.is_alive():
            networks.add(load_backbone("natural", "random").fingerprint)
        alone, beside = (run.column("validation_loss") for run in runs)
        assert np.array_equal(alone, beside)
        assert len(networks) == 1

    def test_numbers_seeded_while_a_run_trains_go_on(self, natural, images):
        torch.manual_seed(1)
        wanted = torch.rand(2)
        train(natural, "reuse all", images, watch=lambda point: torch.manual_seed(1))
        assert torch.equal(torch.rand(2), wanted)

    def test_each_step_has_random_numbers_of_its_own(self):
        draws = set()
        for seed, step in ((0, 1), (0, 2), (1, 1), (0, 1)):
            with torch.random.fork_rng(devices=[]):
                generator = loop.seeded(seed, step)
                draws.add((torch.rand(1, generator=generator).item(), torch.rand(1).item()))
        assert len(draws) == 3

    def test_schedules(self, natural, images, monkeypatch):
        rates, step = [], torch.optim.SGD.step
        monkeypatch.setattr(
            torch.optim.SGD,
            "step",
            lambda self, *a, **k: (rates.append(self.param_groups[0]["lr"]), step(self, *a, **k))[
                1
            ],
        )
        train(natural, "reuse all", images, steps=20, learning_rate=0.1)
        assert np.argmax(rates) == 2  # a tenth of the way
        assert max(rates) == pytest.approx(0.1)
        assert rates[-1] < 0.002
        rates.clear()
        train(natural, "reuse all", images, steps=5, learning_rate=0.1, schedule="constant")
        assert rates == [0.1] * 5

    def test_early_stopping_keeps_the_best_weights(self, natural, images):
        """Labels turned by one in validation: the more is learned, the worse it gets."""
        train_images, validation = images
        turned = validation.subset(range(len(validation)))
        turned.labels = (turned.labels + 1) % 3
        turned.classes = train_images.classes
        run = train(
            *(natural, "reuse all", (train_images, turned)),
            **{"steps": 60, "learning_rate": 0.05, "patience": 4, "evaluate_every": 1},
        )
        assert run.ended.startswith("stopped early")
        assert run.curve[-1].step < 60
        assert run.curve[-1].step == run.best.step + 4
        accuracies = run.column("validation_accuracy")
        assert run.best.validation_accuracy == accuracies.max()
        assert run.accuracy(turned) == pytest.approx(run.best.validation_accuracy)

    def test_accuracy_is_the_courses(self, natural, images):
        train_images, validation = images
        uneven = validation.subset([0, 1, 2, 3, 6, 9])
        run = train(natural, "reuse all", (train_images, uneven), steps=8)
        score = mean_class_accuracy(uneven.labels.numpy(), run.predict(uneven))
        assert run.best.validation_accuracy == pytest.approx(score)

    def test_second_stage_goes_on_from_the_best_of_the_first(self, natural, images):
        run = train(natural, "probe, then fine-tune", images, steps=3, evaluate_every=3)
        stages = [point.stage for point in run.curve]
        assert stages == [0, 0, 1, 1]
        end, begin = run.curve[1], run.curve[2]
        first = max(run.curve[:2], key=lambda p: (p.validation_accuracy, -p.validation_loss))
        assert begin.validation_loss == pytest.approx(first.validation_loss, rel=1e-4)
        assert begin.step == end.step == 3


def stop_after(n):
    """A callable that is false n times and then true."""
    answers = iter([False] * n)
    return lambda: next(answers, True)


class TestStopping:
    def test_keeps_what_was_learned_so_far(self, natural, images):
        options = {"steps": 40, "evaluate_every": 40, "learning_rate": 0.02}
        run = train(natural, "reuse all", images, stop=stop_after(12), **options)
        assert run.stopped
        assert run.curve[-1].step == 12
        assert run.best.step == 12  # the weights at the stop are better than the untrained ones
        assert run.accuracy(images[1]) == pytest.approx(run.curve[-1].validation_accuracy)
        assert run.accuracy(images[1]) > run.curve[0].validation_accuracy

    def test_the_best_weights_if_they_came_before(self, natural, images):
        points = []
        run = train(
            *(natural, "reuse all", images),
            **{"steps": 40, "evaluate_every": 5, "learning_rate": 1.0, "schedule": "constant"},
            stop=stop_after(23),
            watch=points.append,
        )
        assert points == run.curve[: len(points)]
        best = max(run.curve, key=lambda p: (p.validation_accuracy, -p.validation_loss))
        assert run.best == best
        assert run.accuracy(images[1]) == pytest.approx(best.validation_accuracy)

    def test_an_event_stops_at_once(self, natural, images):
        stop = threading.Event()
        stop.set()
        run = train(natural, "reuse all", images, stop=stop)
        assert [point.step for point in run.curve] == [0]
        assert run.ended.startswith("stopped after 0 steps")

    def test_interrupt_ends_between_two_steps_and_says_so(self, natural, images, capsys):
        def interrupt(point):
            if point.step == 2:
                os.kill(os.getpid(), signal.SIGINT)

        before = signal.getsignal(signal.SIGINT)
        run = train(*(natural, "reuse all", images), steps=9, evaluate_every=1, watch=interrupt)
        assert run.curve[-1].step == 2
        assert run.stopped
        assert (
            "interrupted after 2 steps: the best weights so far are kept" in capsys.readouterr().out
        )
        assert signal.getsignal(signal.SIGINT) == before

    def test_keyboard_interrupt_from_elsewhere_is_the_same(self, natural, images):
        def interrupt(point):
            if point.step == 2:
                raise KeyboardInterrupt

        run = train(natural, "reuse all", images, steps=9, evaluate_every=1, watch=interrupt)
        assert run.ended.startswith("interrupted after 2 steps")

    def test_in_a_thread_as_the_widget_does(self, natural, images):
        runs = []
        thread = threading.Thread(target=lambda: runs.append(train(natural, "reuse all", images)))
        thread.start()
        thread.join()
        assert runs[0].ended == "finished after 3 steps"


class TestWhatGoesWrong:
    def test_loss_not_finite(self, natural, images):
        with pytest.raises(
            TrainingError, match=r"no longer a finite .*: lower learning_rate, to 1000 say"
        ):
            train(natural, "fine-tune all", images, steps=20, learning_rate=1e4)

    def test_the_run_so_far_comes_with_the_error(self, natural, images, monkeypatch):
        losses, cross_entropy = [], F.cross_entropy

        def poisoned(scores, labels):
            losses.append(1)
            loss = cross_entropy(scores, labels)
            return loss * float("nan") if len(losses) == 8 else loss

        monkeypatch.setattr(loop.F, "cross_entropy", poisoned)
        with pytest.raises(TrainingError) as caught:
            train(natural, "reuse all", images, steps=20, evaluate_every=2)
        run = caught.value.run
        assert run.curve
        assert run.best.step > 0
        assert run.accuracy(images[1]) == pytest.approx(run.best.validation_accuracy)
        assert not run.stopped

    @pytest.mark.parametrize(
        "problem",
        [
            torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB"),
            RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: not enough memory"),
            RuntimeError("MPS backend out of memory (MPS allocated: 5 GB)"),
            MemoryError(),
        ],
    )
    def test_out_of_memory(self, natural, images, monkeypatch, problem):
        def fail(*arguments):
            raise problem

        monkeypatch.setattr(loop.F, "cross_entropy", fail)
        with pytest.raises(TrainingError, match="Memory ran out on cpu .* lower batch_size, to 4"):
            train(natural, "reuse all", images)

    def test_other_errors_are_not_hidden(self, natural, images, monkeypatch):
        def fail(*arguments):
            raise RuntimeError("something else")

        monkeypatch.setattr(loop.F, "cross_entropy", fail)
        with pytest.raises(RuntimeError, match="something else") as caught:
            train(natural, "reuse all", images)
        assert not isinstance(caught.value, loop.TrainingError)

    @pytest.mark.parametrize("validation", [None, [], (torch.zeros(0, 3, 64, 64), torch.zeros(0))])
    def test_no_validation_image(self, natural, images, validation):
        with pytest.raises(ValueError, match="no validation image.*keep some images out"):
            train(natural, "reuse all", (images[0], validation))

    def test_labels_that_training_does_not_have(self, natural, images):
        pictures = images[0].inputs[:2]
        two = (pictures, [0, 1])
        with pytest.raises(ValueError, match="outside the 2 classes"):
            train(natural, "reuse all", (two, images[1]))

    def test_images_of_another_size(self, natural):
        small = (torch.zeros(4, 3, 32, 32), [0, 1, 0, 1])
        with pytest.raises(ValueError, match="32 x 32 pixels: bring them to 64 x 64"):
            train(natural, "reuse all", (small, small))

    @pytest.mark.parametrize(
        ("setting", "words"),
        [
            ({"epochs": 0}, "epochs is 0: take a whole number, 1 or more"),
            ({"patience": 0}, "patience is 0"),
            ({"batch_size": 2.5}, "batch_size is 2.5"),
            ({"learning_rate": -1}, "learning_rate is -1: take a number above 0"),
            ({"augment": 2}, "augment is 2: take a strength from 0 to 1"),
            ({"epochs": None}, "epochs is None: take a whole number, 1 or more"),
            ({"epochs": float("nan")}, "epochs is nan: take a whole number, 1 or more"),
            ({"steps": "3"}, "steps is '3': take a whole number, 1 or more"),
            ({"learning_rate": "0.1"}, "learning_rate is '0.1': take a number above 0"),
            ({"weight_decay": None}, "weight_decay is None: take 0 or more"),
            ({"augment": None}, "augment is None: take a strength from 0 to 1"),
            ({"optimizer": "magic"}, "optimizer is 'magic': take 'sgd' or 'adamw'"),
            ({"device": "tpu"}, "'tpu' is not a device"),
        ],
    )
    def test_settings_outside_their_range(self, natural, images, setting, words):
        with pytest.raises(ValueError, match=words):
            train(natural, "reuse all", images, **setting)


class TestImages:
    def test_any_data_set_is_prepared_as_the_backbone_says(self, natural):
        drawn = DrawnImages("shapes", n_per_class=2)
        prepared = prepare_images(natural, Subset(drawn, [3, 0]))
        assert prepared.classes == drawn.classes
        assert prepared.labels.tolist() == [drawn.targets[3], drawn.targets[0]]
        assert torch.equal(prepared.inputs[0], natural.preprocess(drawn[3][0]))

    def test_pixels_become_the_same_inputs(self, natural):
        drawn = DrawnImages("shapes", n_per_class=1)
        pixels = torch.from_numpy(drawn.pixels()).permute(0, 3, 1, 2)
        prepared = prepare_images(natural, (pixels, drawn.targets))
        assert torch.allclose(prepared.inputs, prepare_images(natural, drawn).inputs, atol=1e-6)

    def test_shapes_that_do_not_fit(self, natural):
        with pytest.raises(ValueError, match=r"give \(n, 3, side, side\) and \(n,\)"):
            prepare_images(natural, (torch.zeros(4, 64, 64, 3), [0, 1, 2, 3]))
