"""The policy painter from the Python side: every control, the audit, training, the league."""

import base64
import itertools
import re
import time
from html import escape
from xml.etree import ElementTree

import pytest
import torch
import traitlets

from tlcourse.finetuning.audits import audit
from tlcourse.finetuning.league import League
from tlcourse.finetuning.policies import PRESETS, Policy, apply_policy
from tlcourse.finetuning.training import fine_tune
from tlcourse.networks.backbones import load_backbone
from tlcourse.networks.batch_norm import with_batch_norm
from tlcourse.networks.images import PreparedImages
from tlcourse.networks.layers import block_of, layer_shapes, selected
from tlcourse.widgets import PolicyPainter, policy_drawing

CHOICES = ("freeze", "fine-tune", "random")
SVG = "{http://www.w3.org/2000/svg}"


def pictures(n=12, seed=0, n_classes=3):
    """Classes told apart by the brightness of the picture."""
    labels = torch.arange(n) % n_classes
    noise = torch.randn(n, 3, 64, 64, generator=torch.Generator().manual_seed(seed))
    return PreparedImages(noise + 2.0 * labels[:, None, None, None] - 2, labels, list("abc"))


@pytest.fixture(scope="module")
def natural():
    return load_backbone("natural")


@pytest.fixture
def painter():
    return PolicyPainter("natural", n_classes=7)


def trainer(natural, **options):
    target = options.pop("target", (pictures(seed=0), pictures(seed=1), pictures(seed=2)))
    return PolicyPainter(natural, target, "reuse all", **{"epochs": 2, **options})


def say(painter, do, number=1, **content):
    """A message as the page sends it."""
    painter._handle_custom_msg({"do": do, "number": number, **content}, [])


def is_right(painter):
    """What is shown is what the audit, and the network, say."""
    shown = painter._painted
    expected = audit(painter.backbone, painter.policy, painter._n_classes)
    assert painter.audit == expected
    tables = [expected, *([expected.then] if expected.then else [])]
    for rows in (each.rows for each in tables):
        groups = itertools.groupby(rows, key=lambda row: (row.choice, row.starts_from))
        for group in (list(rows) for _, rows in groups):
            assert f">{group[0].layer}" in shown["audit"]
            assert f">{sum(row.parameters for row in group):,}<" in shown["audit"]
    assert shown["choices"] == {row.layer: row.choice for row in expected.rows}
    assert expected.totals in shown["words"]
    return True


class TestPainting:
    @pytest.mark.parametrize("choice", CHOICES)
    def test_every_layer_with_every_choice(self, painter, choice):
        *layers, head = painter.layers
        for number, layer in enumerate(layers):
            say(painter, "paint", number, selector=layer, choice=choice)
            assert painter.choices[layer] == choice and painter._painted["number"] == number
        assert is_right(painter)
        assert set(painter.choices[layer] for layer in layers) == {choice}
        assert painter.choices[head] == "random"

    def test_audit_is_that_of_the_network(self, natural):
        painter = trainer(natural)
        painter.paint("conv4", "random")
        painter.paint("fc7", "fine-tune")
        network = apply_policy(natural, painter.policy, 3)
        trained = sum(p.numel() for p in network.parameters() if p.requires_grad)
        assert painter.audit.trained_parameters == trained
        assert network.choices == painter.choices

    def test_a_block(self, painter):
        say(painter, "paint", selector="conv3", choice="random")
        assert painter.choices["conv3_1"] == painter.choices["conv3_2"] == "random"
        say(painter, "paint", selector="fc", choice="freeze")
        assert [painter.choices[name] for name in ("fc6", "fc7", "fc8")] == [
            "freeze",
            "freeze",
            "random",
        ]
        assert is_right(painter)

    def test_the_brush(self, painter):
        for choice in CHOICES:
            painter.brush = choice
            painter.paint("conv1_1")
            assert painter.choices["conv1_1"] == choice
        with pytest.raises(traitlets.TraitError):
            painter.brush = "forget"

    def test_later_strokes_win(self, painter):
        for selector, choice in (("conv3_1", "random"), ("conv3", "freeze"), ("*", "fine-tune")):
            painter.paint(selector, choice)
            assert painter.choices["conv3_1"] == choice

    def test_the_head_can_only_be_random(self, painter):
        before = painter.choices
        say(painter, "paint", selector="fc8", choice="freeze")
        assert "fc8 decides between the source's classes" in painter._painted["words"]
        assert painter.choices == before
        say(painter, "paint", selector="fc8", choice="random")
        assert painter.choices == before and "fc8: random." in painter._painted["words"]
        with pytest.raises(ValueError, match="can only be random"):
            painter.paint("fc8", "fine-tune")

    def test_nonsense_is_a_sentence(self, painter):
        before = painter.choices
        for selector, choice in (("conv9", "freeze"), ("conv1", "forget"), ("top 99", "random")):
            say(painter, "paint", selector=selector, choice=choice)
            assert len(painter.words) > 20 and painter.choices == before

    def test_everything_frozen_is_fine_as_the_head_is_new(self, painter):
        say(painter, "paint", selector="*", choice="freeze")
        assert (
            painter._painted["preset"] == "reuse all" and "1 of 13 layers" in painter.audit.totals
        )


class TestPresets:
    @pytest.mark.parametrize("name", PRESETS)
    def test_each(self, painter, name):
        say(painter, "preset", name=name)
        assert painter.policy == PRESETS[name]
        assert painter._painted["preset"] == name and is_right(painter)
        painter.paint("conv2_1", "random" if name != "all random" else "freeze")
        assert painter._painted["preset"] == "my own policy"
        assert painter.policy.then == PRESETS[name].then

    def test_unknown(self, painter):
        say(painter, "preset", name="hope")
        assert "There is no policy 'hope'" in painter.words
        with pytest.raises(ValueError, match="no policy 'hope'"):
            painter.policy = "hope"
        assert is_right(painter)

    def test_painted_back_is_the_preset_again(self, painter):
        painter.policy = "fine-tune all"
        painter.paint("conv1_1", "freeze")
        painter.paint("conv1_1", "fine-tune")
        assert painter._painted["preset"] == "fine-tune all"

    def test_a_policy_that_does_not_fit(self):
        with pytest.raises(ValueError, match="no layer or block 'layer1'"):
            PolicyPainter("vgg16", policy=Policy({"*": "freeze", "layer1": "random"}))


class TestNetworks:
    @pytest.mark.parametrize("name, count", [("vgg16", 16), ("vgg19", 19), ("alexnet", 8)])
    def test_drawn_and_audited_without_weights(self, name, count):
        painter = PolicyPainter(name, target=(pictures(), pictures()))
        assert len(painter.layers) == count
        for layer in painter.layers[:-1]:
            painter.paint(layer, "freeze")
        assert is_right(painter) and painter._painted["preset"] == "reuse all"
        assert escape(f"{name}'s weights") in painter._painted["audit"]
        assert "without its weights" in painter._about["reason"]
        say(painter, "train")
        assert "without its weights" in painter.words and not painter.is_training
        with pytest.raises(ValueError, match="without its weights"):
            painter.train()

    def test_without_a_target(self, painter):
        say(painter, "train")
        assert "no target" in painter.words and painter._training["words"] == painter.reason

    @pytest.mark.parametrize("name", ["resnet18", "googlenet", "mobilenet_v2"])
    def test_any_other_network(self, name):
        painter = PolicyPainter(name)
        names = [shape.name for shape in painter._shapes]
        for block in {shape.block for shape in painter._shapes[:-1]}:
            assert set(selected(block, names)) >= {
                s.name for s in painter._shapes if s.block == block
            }
        painter.paint(painter._shapes[0].block, "freeze")
        painter.paint("*", "random")
        assert is_right(painter) and set(painter.choices.values()) == {"random"}

    def test_no_images_is_said_at_once(self):
        with pytest.raises(ValueError, match="no validation image"):
            PolicyPainter("natural", (pictures(), ()))

    def test_shapes_are_those_of_a_forward_pass(self, natural):
        seen = {}
        for name, module in natural.network.named_children():
            module.register_forward_hook(
                lambda m, i, out, name=name: seen.update({name: out.shape})
            )
        with torch.inference_mode():
            natural.network(torch.zeros(1, 3, 64, 64))
        for shape in layer_shapes("natural", 41):
            _, depth, *size = seen[shape.name]
            assert shape.depth == depth and (shape.size or ()) == tuple(size)
        pooled = [shape.name for shape in layer_shapes("natural", 41) if shape.is_pooled]
        assert pooled == [f"conv{number}_2" for number in range(1, 6)]

    def test_blocks(self):
        names = ("conv3_2", "fc6", "layer1.0.conv1", "conv1", "layer4.1.downsample.0", "features.0")
        expected = ["conv3", "fc", "layer1.0", "conv1", "layer4.1", "features"]
        assert list(map(block_of, names)) == expected


class TestDrawing:
    def drawn(self, painter):
        groups = ElementTree.fromstring(painter._about["svg"]).iter(f"{SVG}g")
        return {group.get("data-layer"): group for group in groups if group.get("data-layer")}

    @pytest.mark.parametrize("name", ["natural", "vgg19", "resnet18"])
    def test_layers_lie_side_by_side_on_the_sheet(self, name):
        painter = PolicyPainter(name)
        sheet, groups = ElementTree.fromstring(painter._about["svg"]), self.drawn(painter)
        assert list(groups) == painter.layers
        end = 0
        for group in groups.values():
            box = {key: float(v) for key, v in group.find(f"{SVG}rect").items() if key != "class"}
            assert box["x"] > end and box["y"] > 0
            end = box["x"] + box["width"]
            assert box["y"] + box["height"] < float(sheet.get("height"))
        assert end < float(sheet.get("width"))

    def test_each_layer_says_its_size_and_choice(self, painter):
        label = self.drawn(painter)["conv3_2"].get("aria-label")
        assert label == "conv3_2, 96 features, 16 × 16 pixels: freeze"
        text = "".join(ElementTree.fromstring(painter._about["svg"]).itertext())
        assert text.count("max-pool") == 5 and "new head" in text and "64 × 64" in text

    def test_choices_differ_without_colour(self):
        assert len({paint.letter for paint in policy_drawing.PAINTS.values()}) == 3
        marks = re.findall(
            r'data-choice="([^"]+)"\] \.(tlc-marks-\S+) { visibility', policy_drawing.DRAWING_CSS
        )
        assert dict(marks) == {choice: f"tlc-marks-{choice}" for choice in CHOICES}

    def test_stored_output(self, natural):
        painter = trainer(natural)
        bundle, _ = painter._repr_mimebundle_()
        assert bundle["text/plain"] == "PolicyPainter(natural, 3 classes: reuse all)"
        assert "application/vnd.jupyter.widget-view+json" in bundle
        html = bundle["text/html"]
        assert "conv1_1 freeze" in html and "computed once" in html and "No run yet" in html
        for encoded in re.findall('base64,([^"]*)', html):
            ElementTree.fromstring(base64.b64decode(encoded))


class TestTraining:
    def test_the_league_has_what_fine_tune_gives(self, natural):
        painter = trainer(natural)
        painter.train(seeds=2, wait=True)
        train, validation, test = (pictures(seed=seed) for seed in range(3))
        assert [result.seed for result in painter.league.results] == [0, 1]
        for result in painter.league.results:
            run = fine_tune(
                natural, "reuse all", train, validation, seed=result.seed, epochs=2, progress=False
            )
            assert result.accuracy == pytest.approx(run.accuracy(test))
            accuracies = [accuracy for *_, accuracy in result.curve]
            assert accuracies == pytest.approx(run.column("validation_accuracy"))
            assert result.trained_parameters == painter.audit.trained_parameters
        assert "reuse all" in painter._league and "<b>★<br>best</b>" in painter._league
        assert painter._training["words"].startswith("Trained: 2 runs")
        assert painter._training["busy"] is False

    def test_seeds_from_the_lowest_to_the_highest(self, natural):
        painter = trainer(natural, epochs=1)
        for seeds in (1, 3):
            painter.seeds = seeds
            say(painter, "train")
            painter._runs.wait(60)
            assert len(painter.league) == seeds
        for wrong in (0, 4):
            with pytest.raises(traitlets.TraitError, match="take 1, 2 or 3"):
                painter.seeds = wrong

    def test_without_test_images_validation_counts(self, natural):
        painter = trainer(natural, target=(pictures(seed=0), pictures(seed=1)))
        painter.train(wait=True)
        (result,) = painter.league.results
        assert result.accuracy == max(accuracy for *_, accuracy in result.curve)

    def test_stop_keeps_what_was_learned(self, natural):
        painter = trainer(natural, epochs=100_000)
        say(painter, "train")
        give_up = time.monotonic() + 60
        while "validation accuracy" not in painter._training["words"]:
            assert time.monotonic() < give_up
            time.sleep(0.05)
        time.sleep(0.3)
        painter.paint("conv1", "random")
        with pytest.raises(ValueError, match="under way"):
            painter.train()
        say(painter, "stop")
        painter._runs.wait(60)
        assert not painter.is_training and "Stopped" in painter._training["words"]
        (result,) = painter.league.results
        assert result.stopped and "<br>stopped" in painter._league
        assert painter.league.best(own=False).name == "reuse all"

    def test_a_failure_is_a_sentence(self, natural):
        def fails(*_, **__):
            raise RuntimeError("The loss is no longer finite: take a lower learning rate.")

        painter = trainer(natural, fine_tune=fails)
        painter.train(3, wait=True)
        assert painter._training == {
            "done": 0,
            "words": "The loss is no longer finite: take a lower learning rate.",
            "busy": False,
        }
        assert len(painter.league) == 0

    def test_a_run_of_another_setting_is_a_sentence(self, natural):
        league = League()
        trainer(natural, league=league).train(wait=True)
        other = trainer(natural, league=league, epochs=1)
        other.train(wait=True)
        assert "another epochs" in other._training["words"] and len(league) == 1

    def test_kept_for_the_same_setting_only(self, natural, tmp_path, monkeypatch):
        monkeypatch.setenv("TLCOURSE_CACHE", str(tmp_path))
        trainer(natural, keep=True).train(wait=True)
        again = trainer(natural, keep=True)
        assert len(again.league) == 1 and "reuse all" in again._league
        assert len(trainer(natural, keep=True, epochs=3).league) == 0
        say(again, "clear")
        assert len(trainer(natural, keep=True).league) == 0


def test_the_source_is_named_where_its_batch_normalisation_is_put_back():
    images = torch.rand(8, 3, 64, 64)
    backbone = with_batch_norm(load_backbone("natural"), (images, torch.arange(8) % 2))
    painter = PolicyPainter(backbone, n_classes=4)
    assert escape("natural's weights") in painter._painted["audit"]
    assert escape("small_vgg_bn's weights") not in painter._painted["audit"]
