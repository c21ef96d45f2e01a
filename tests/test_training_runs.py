"""Runs: written whole, loaded as they were, and resumed as if they had never been stopped."""

import json
import math

import pytest
import torch

from tlcourse import paths
from tlcourse.datasets.drawn import DrawnImages
from tlcourse.finetuning import runs
from tlcourse.finetuning.policies import Policy
from tlcourse.finetuning.progress import CurvePoint
from tlcourse.finetuning.runs import load_run
from tlcourse.finetuning.training import fine_tune, resume
from tlcourse.networks.backbones import load_backbone
from tlcourse.networks.images import prepare_images
from tlcourse.networks.layers import small_vgg_backbone
from tlcourse.networks.weights import WeightsError

pytestmark = pytest.mark.usefixtures("one_thread")
STAGES = Policy(
    {"*": "freeze", "fc7": "random"}, then=Policy({"*": "freeze", "conv5_2": "fine-tune"})
)


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


def stop_after(n):
    answers = iter([False] * n)
    return lambda: next(answers, True)


def without_time(curve):
    return [point._replace(seconds=0, cpu_seconds=0) for point in curve]


def assert_same(one, other):
    first, second = one.network.state_dict(), other.network.state_dict()
    assert first.keys() == second.keys()
    assert all(torch.equal(first[key], second[key]) for key in first)
    assert without_time(one.curve) == without_time(other.curve)
    assert one.best._replace(seconds=0, cpu_seconds=0) == other.best._replace(
        seconds=0, cpu_seconds=0
    )


class TestResuming:
    @pytest.mark.parametrize(
        ("backbone", "policy", "options"),
        [
            ("natural", "retrain the top", {}),
            ("natural", "retrain the top", {"optimizer": "adamw"}),
            ("small_vgg_bn", "all random", {"augment": 0.5, "steps": 4}),
        ],
    )
    @pytest.mark.parametrize("steps", [2, 3])
    def test_bit_for_bit_from_disk(self, tmp_path, images, backbone, policy, options, steps):
        """Between evaluations and at one; dropout, batch normalisation, augmentation in use."""
        backbone = load_backbone(backbone) if backbone == "natural" else small_vgg_backbone()
        whole = train(backbone, policy, images, **options)
        stopped = train(backbone, policy, images, stop=stop_after(steps), **options)
        assert stopped.curve[-1].step == steps
        stopped.save(tmp_path)
        torch.manual_seed(99)
        resumed = resume(load_run(tmp_path, backbone), *images, progress=False)
        assert_same(resumed, whole)
        assert resumed.ended == "finished after " + str(whole.curve[-1].step) + " steps"

    @pytest.mark.parametrize("steps", [2, 7, 9])
    def test_in_either_stage_and_between_them(self, tmp_path, natural, images, steps):
        whole = train(natural, STAGES, images)
        stopped = train(natural, STAGES, images, stop=stop_after(steps))
        stopped.save(tmp_path)
        assert_same(resume(load_run(tmp_path, natural), *images, progress=False), whole)

    def test_again_and_again_in_memory(self, natural, images):
        whole = train(natural, "retrain the top", images)
        run = train(natural, "retrain the top", images, stop=stop_after(1))
        while run.can_resume:
            run = resume(run, *images, progress=False, stop=stop_after(2))
        assert_same(run, whole)

    def test_patience_goes_on_counting(self, natural, images):
        options = {"patience": 2, "evaluate_every": 1, "steps": 30, "learning_rate": 1.0}
        whole = train(natural, "reuse all", images, **options)
        assert whole.ended.startswith("stopped early")
        stop = stop_after(whole.curve[-1].step - 1)
        stopped = train(natural, "reuse all", images, stop=stop, **options)
        assert_same(resume(stopped, *images, progress=False), whole)

    def test_other_images_are_refused(self, natural, images):
        run = train(natural, "reuse all", images, stop=stop_after(1))
        with pytest.raises(ValueError, match="other training images"):
            resume(run, images[1], images[0], progress=False)

    def test_a_run_that_is_over_is_refused(self, natural, images):
        run = train(natural, "reuse all", images)
        with pytest.raises(ValueError, match="over .finished after 7 steps.: start another"):
            resume(run, *images, progress=False)


class TestSaving:
    def test_loaded_as_it_was(self, tmp_path, natural, images):
        run = train(natural, STAGES, images)
        run.save(tmp_path)
        again = load_run(tmp_path, natural)
        assert_same(again, run)
        assert again.curve == run.curve
        assert (again.policy, again.settings) == (run.policy, run.settings)
        assert (again.classes, again.ended) == (images[0].classes, run.ended)
        assert again.accuracy(images[1]) == run.accuracy(images[1])
        assert not again.network.training

    @pytest.mark.parametrize("steps", [2, 5])
    def test_a_stopped_run_has_the_weights_it_had(self, tmp_path, natural, images, steps):
        run = train(natural, "retrain the top", images, stop=stop_after(steps))
        run.save(tmp_path)
        assert_same(load_run(tmp_path, natural), run)

    def test_only_what_differs_from_the_backbone_is_written(self, tmp_path, natural, images):
        train(natural, "reuse all", images).save(tmp_path)
        (file,) = tmp_path.glob("weights-*.safetensors")
        assert file.stat().st_size < 4 * 513 * 3 + 1000
        saved = json.loads((tmp_path / "run.json").read_text("utf-8"))["content"]
        assert Policy.from_dict(saved["policy"]) == Policy({"*": "freeze"})

    def test_an_interrupted_save_leaves_the_run_that_was_there(
        self, tmp_path, natural, images, monkeypatch
    ):
        first = train(natural, "reuse all", images)
        first.save(tmp_path)

        def fail(*arguments, **options):
            raise KeyboardInterrupt

        for module, name in ((runs, "save_file"), (paths, "write_json")):
            with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
                patch.setattr(module, name, fail)
                train(natural, "reuse all", images, seed=2).save(tmp_path)
            assert_same(load_run(tmp_path, natural), first)

    def test_saved_again_it_replaces_the_first(self, tmp_path, natural, images):
        train(natural, "reuse all", images).save(tmp_path)
        second = train(natural, "reuse all", images, seed=2)
        second.save(tmp_path)
        assert len(list(tmp_path.glob("*"))) == 2
        assert_same(load_run(tmp_path, natural), second)

    def test_what_cannot_be_loaded(self, tmp_path, natural, images):
        with pytest.raises(FileNotFoundError, match="There is no run in"):
            load_run(tmp_path, natural)
        train(natural, "reuse all", images).save(tmp_path)
        with pytest.raises(WeightsError, match="began from other weights of natural"):
            load_run(tmp_path, load_backbone("manmade"))
        (file,) = tmp_path.glob("weights-*.safetensors")
        file.write_bytes(file.read_bytes()[:-8])
        with pytest.raises(WeightsError, match="missing or altered: train the run again"):
            load_run(tmp_path, natural)

    @pytest.mark.parametrize("old, new", [("0.02", "0.03"), ('"policy"', '"polity"'), ("{", "")])
    def test_an_altered_description_is_not_used(self, tmp_path, natural, images, old, new):
        file = train(natural, "reuse all", images).save(tmp_path)
        file.write_text(file.read_text("utf-8").replace(old, new, 1), "utf-8")
        with pytest.raises(WeightsError, match="run.json cannot be read.*: train the run again"):
            load_run(tmp_path, natural)

    def test_a_tilde_is_the_home(self, tmp_path, natural, images, monkeypatch):
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("USERPROFILE", str(tmp_path))
        run = train(natural, "reuse all", images, steps=1)
        assert run.save("~/my run") == tmp_path / "my run" / "run.json"
        assert_same(load_run("~/my run", natural), run)


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


def test_points_survive_json():
    point = CurvePoint(0, 3, 24, 0.1 + 0.2, 1e-17, 10**15, None, 1 / 3, 0.1)
    assert CurvePoint(*json.loads(json.dumps(point))) == point
