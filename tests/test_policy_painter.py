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
from tlcourse.finetuning.policies import PRESETS, Policy, apply_policy
from tlcourse.finetuning.training import fine_tune
from tlcourse.networks.images import PreparedImages
from tlcourse.networks.layers import layer_shapes
from tlcourse.widgets import PolicyPainter, policy_drawing

CHOICES = ("freeze", "fine-tune", "random")
SVG = "{http://www.w3.org/2000/svg}"


def pictures(n=12, seed=0, n_classes=3):
    """Classes told apart by the brightness of the picture."""
    labels = torch.arange(n) % n_classes
    noise = torch.randn(n, 3, 64, 64, generator=torch.Generator().manual_seed(seed))
    return PreparedImages(noise + 2.0 * labels[:, None, None, None] - 2, labels, list("abc"))


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
        assert painter.choices == {**dict.fromkeys(layers, choice), head: "random"}

    def test_blocks_brush_and_the_order_of_strokes(self, painter, natural):
        say(painter, "paint", selector="conv3", choice="random")
        say(painter, "paint", selector="fc", choice="freeze")
        painter.brush = "fine-tune"
        painter.paint("conv3_2")
        assert is_right(painter)
        expected = {"conv3_1": "random", "conv3_2": "fine-tune", "fc6": "freeze", "fc8": "random"}
        assert expected.items() <= painter.choices.items()
        assert apply_policy(natural, painter.policy, 7).choices == painter.choices
        painter.paint("*", "freeze")
        assert painter._painted["preset"] == "reuse all"
        with pytest.raises(traitlets.TraitError):
            painter.brush = "forget"

    def test_what_cannot_be_done_is_a_sentence(self, painter):
        before = painter.choices
        wrong = {"fc8": "freeze", "conv9": "freeze", "conv1": "forget", "top 99": "random"}
        for selector, choice in wrong.items():
            say(painter, "paint", selector=selector, choice=choice)
            assert len(painter.words) > 20 and painter.choices == before
        say(painter, "paint", selector="fc8", choice="random")
        assert painter.choices == before and "fc8: random." in painter._painted["words"]
        with pytest.raises(ValueError, match="can only be random"):
            painter.paint("fc8", "fine-tune")
        say(painter, "preset", name="hope")
        assert "There is no policy 'hope'" in painter.words and is_right(painter)
        with pytest.raises(ValueError, match="no layer or block 'layer1'"):
            PolicyPainter("vgg16", policy=Policy({"*": "freeze", "layer1": "random"}))
        say(painter, "train")
        assert "no target" in painter.words and painter._training["words"] == painter.reason
        with pytest.raises(ValueError, match="no validation image"):
            PolicyPainter("natural", (pictures(), ()))

    @pytest.mark.parametrize("name", PRESETS)
    def test_each_preset(self, painter, name):
        say(painter, "preset", name=name)
        assert painter.policy == PRESETS[name]
        assert painter._painted["preset"] == name and is_right(painter)
        before = painter.choices["conv2_1"]
        painter.paint("conv2_1", "random" if name != "all random" else "freeze")
        assert painter._painted["preset"] == "my own policy"
        assert painter.policy.then == PRESETS[name].then
        painter.paint("conv2_1", before)
        assert painter._painted["preset"] == name


class TestNetworks:
    @pytest.mark.parametrize("name, count", [("vgg16", 16), ("vgg19", 19), ("alexnet", 8)])
    def test_without_weights_it_is_drawn_and_audited_but_not_trained(self, name, count):
        painter = PolicyPainter(name, target=(pictures(), pictures()))
        assert len(painter.layers) == count
        for layer in painter.layers[:-1]:
            painter.paint(layer, "freeze")
        assert is_right(painter) and painter._painted["preset"] == "reuse all"
        assert escape(f"{name}'s weights") in painter._painted["audit"]
        say(painter, "train")
        assert "without its weights" in painter.words and not painter.is_training
        with pytest.raises(ValueError, match="without its weights"):
            painter.train()

    def test_shapes_are_those_of_a_forward_pass(self, natural):
        seen, features = {}, torch.zeros(1, 3, 64, 64)
        with torch.inference_mode():
            for name, module in natural.network.named_children():
                seen[name] = (features := module(features)).shape
        for shape in layer_shapes("natural", 41):
            _, depth, *size = seen[shape.name]
            assert shape.depth == depth and (shape.size or ()) == tuple(size)
        pooled = [shape.name for shape in layer_shapes("natural", 41) if shape.is_pooled]
        assert pooled == [f"conv{number}_2" for number in range(1, 6)]


class TestDrawing:
    def test_each_layer_says_its_size_and_choice(self, painter):
        svg = painter._about["svg"]
        assert 'aria-label="conv3_2, 96 features, 16 × 16 pixels: freeze"' in svg
        text = "".join(ElementTree.fromstring(svg).itertext())
        assert text.count("max-pool") == 5 and "new head" in text and "64 × 64" in text
        # choices differ without colour
        assert len({paint.letter for paint in policy_drawing.PAINTS.values()}) == 3
        marks = r'data-choice="([^"]+)"\] \.(tlc-marks-\S+) { visibility'
        found = dict(re.findall(marks, policy_drawing.DRAWING_CSS))
        assert found == {choice: f"tlc-marks-{choice}" for choice in CHOICES}

    def test_stored_output(self, natural):
        bundle, _ = trainer(natural)._repr_mimebundle_()
        assert bundle["text/plain"] == "PolicyPainter(natural, 3 classes: reuse all)"
        html = bundle["text/html"]
        assert "conv1_1 freeze" in html and "computed once" in html and "No run yet" in html
        for encoded in re.findall('base64,([^"]*)', html):
            ElementTree.fromstring(base64.b64decode(encoded))


@pytest.mark.usefixtures("one_thread")
class TestTraining:
    def test_the_league_has_what_fine_tune_gives(self, natural):
        painter = trainer(natural)
        painter.seeds = 2
        say(painter, "train")
        painter._runs.wait(60)
        train, validation, test = (pictures(seed=seed) for seed in range(3))
        assert list(painter.league.results["seed"]) == [0, 1]
        for result in painter.league.results.itertuples():
            options = {"seed": result.seed, "epochs": 2, "progress": False}
            run = fine_tune(natural, "reuse all", train, validation, **options)
            assert result.accuracy == pytest.approx(run.accuracy(test))
            accuracies = [accuracy for _, accuracy in result.curve]
            assert accuracies == pytest.approx([p.validation_accuracy for p in run.curve])
            assert result.trained_parameters == painter.audit.trained_parameters
        assert "reuse all" in painter._league and "<b>★<br>best</b>" in painter._league
        say(painter, "clear")
        assert len(painter.league) == 0 and "No run yet" in painter._league
        assert painter._training["words"].startswith("Trained: 2 runs")
        assert painter._training["busy"] is False
        for wrong in (0, 4):
            with pytest.raises(traitlets.TraitError, match="take 1, 2 or 3"):
                painter.seeds = wrong

    def test_stop_keeps_what_was_learned(self, natural):
        painter = trainer(natural, epochs=100_000)
        say(painter, "train")
        give_up = time.monotonic() + 60
        while "validation accuracy" not in painter._training["words"]:
            assert time.monotonic() < give_up
            time.sleep(0.05)
        painter.paint("conv1", "random")
        with pytest.raises(ValueError, match="under way"):
            painter.train()
        say(painter, "stop")
        painter._runs.wait(60)
        assert not painter.is_training and "Stopped" in painter._training["words"]
        (result,) = painter.league.results.itertuples()
        assert result.stopped and "<br>stopped" in painter._league
        assert painter.league.best(own=False)["name"] == "reuse all"

    def test_a_failure_is_a_sentence(self, natural):
        def fails(*_, **__):
            raise RuntimeError("The loss is no longer finite.")

        painter = trainer(natural, fine_tune=fails)
        painter.train(3, wait=True)
        said = {"done": 0, "words": "The loss is no longer finite.", "busy": False}
        assert painter._training == said and len(painter.league) == 0
