"""The Python side of each widget, set to the ends of every range."""

import base64
import itertools
import json
import re
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest
import traitlets

from tlcourse import widgets
from tlcourse.classifiers.score import evaluate_features, evaluate_transfer, of_rows
from tlcourse.features.extraction import shipped_features
from tlcourse.tables.targets import PHOTOS, REAL, RealTarget
from tlcourse.widgets import base, feature_extraction, network_drawing
from tlcourse.widgets.layer_toggle import usual_sets

VGG16 = {
    f"conv{block}_{number}": width
    for block, (width, count) in enumerate(((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)), 1)
    for number in range(1, count + 1)
} | {"fc6": 4096, "fc7": 4096}
ALEXNET = dict(conv1_1=64, conv2_1=192, conv3_1=384, conv4_1=256, conv5_1=256, fc6=4096, fc7=4096)
RESNET = {"relu": 64, "layer1.0": 256, "layer4.2": 2048, "avgpool": 2048}
DEVICES = [
    SimpleNamespace(name="cpu", available=True, reason=""),
    SimpleNamespace(name="cuda", available=False, reason="No NVIDIA driver was found."),
    SimpleNamespace(name="mps", available=True, reason=""),
]


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("TLCOURSE_CACHE", str(tmp_path))
    return tmp_path


class TestLayerToggle:
    def test_value_is_in_network_order_without_repeats(self):
        toggle = widgets.LayerToggle(VGG16, ["fc7", "conv1_1", "fc7"])
        assert toggle.value == ["conv1_1", "fc7"]

    @pytest.mark.parametrize("sizes", [VGG16, ALEXNET, RESNET, {"only": 1}])
    def test_every_layer_alone_and_all_together(self, sizes):
        toggle = widgets.LayerToggle(sizes, list(sizes)[:1])
        for name in sizes:
            toggle.value = [name]
            assert toggle.n_features == sizes[name]
        toggle.value = list(reversed(sizes))
        assert toggle.value == list(sizes)

    def test_vgg16_has_the_features_of_the_paper(self):
        assert widgets.LayerToggle(VGG16, list(VGG16)).n_features == 12_416

    def test_unknown_layer_names_the_layers_and_keeps_the_value(self):
        toggle = widgets.LayerToggle(ALEXNET, ["fc6"])
        with pytest.raises(
            traitlets.TraitError, match="no layer 'fc8'. Did you mean fc.* are conv1_1"
        ):
            toggle.value = ["fc6", "fc8"]
        assert toggle.value == ["fc6"]

    def test_nothing_selected_is_refused(self):
        toggle = widgets.LayerToggle(ALEXNET)
        with pytest.raises(traitlets.TraitError, match="select at least one"):
            toggle.value = []
        with pytest.raises(traitlets.TraitError, match="select at least one"):
            widgets.LayerToggle(ALEXNET, [])

    def test_observers_hear_a_change_once(self):
        heard = []
        toggle = widgets.LayerToggle(ALEXNET)
        toggle.observe(lambda change: heard.append(change.new), "value")
        toggle.value = ["fc7", "fc6"]
        toggle.value = ["fc6", "fc7"]
        assert heard == [["fc6", "fc7"]]

    def test_usual_sets(self):
        sets = usual_sets(VGG16)
        assert list(sets) == ["fc6", "fc7", "all convolutions", "all layers"]
        assert len(sets["all convolutions"]) == 13 and sets["all layers"] == list(VGG16)
        assert usual_sets(RESNET) == {"avgpool": ["avgpool"], "all layers": list(RESNET)}

    def test_bundle_has_a_static_picture_with_alternative_text(self):
        bundle, _ = widgets.LayerToggle(ALEXNET, ["fc6", "fc7"])._repr_mimebundle_()
        assert bundle["text/plain"] == "LayerToggle(fc6, fc7)"
        assert "application/vnd.jupyter.widget-view+json" in bundle
        assert "selected: fc6, fc7." in re.search('alt="([^"]*)"', bundle["text/html"])[1]
        encoded = re.search('base64,([^"]*)', bundle["text/html"])[1]
        ElementTree.fromstring(base64.b64decode(encoded))


class TestDrawing:
    def layers_of(self, svg):
        groups = ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}g")
        return {group.get("data-layer"): group for group in groups if group.get("data-layer")}

    def rectangle(self, group):
        box = group.find("{http://www.w3.org/2000/svg}rect")
        return {key: float(box.get(key)) for key in ("x", "y", "width", "height")}

    def test_blocks(self):
        blocks = network_drawing.blocks_of(VGG16)
        assert list(blocks) == ["conv1", "conv2", "conv3", "conv4", "conv5", "fc6", "fc7"]
        assert blocks["conv3"] == ["conv3_1", "conv3_2", "conv3_3"]
        assert list(network_drawing.blocks_of(RESNET)) == list(RESNET)

    def test_max_pools_are_where_the_networks_have_them(self):
        pooled = network_drawing.pooled_blocks
        assert len(pooled(network_drawing.blocks_of(VGG16))) == 5
        assert pooled(network_drawing.blocks_of(ALEXNET)) == ("conv1", "conv2", "conv5")
        assert pooled(network_drawing.blocks_of(RESNET)) == ()
        assert network_drawing.draw_network(RESNET, pools=["relu"]).count("max-pool") == 1

    def test_each_layer_is_a_checkbox_that_says_its_state(self):
        layers = self.layers_of(network_drawing.draw_network(VGG16, ["conv3_2"]))
        assert list(layers) == list(VGG16)
        assert {g.get("role") for g in layers.values()} == {"checkbox"}
        assert layers["conv3_2"].get("aria-label") == "conv3_2, 256 features, selected"
        checked = [name for name, g in layers.items() if g.get("aria-checked") == "true"]
        assert checked == ["conv3_2"]

    def test_height_falls_with_depth_and_width_grows_with_features(self):
        drawn = self.layers_of(network_drawing.draw_network(VGG16))
        boxes = {name: self.rectangle(group) for name, group in drawn.items()}
        heights = [boxes[f"conv{block}_1"]["height"] for block in range(1, 6)]
        assert heights == sorted(heights, reverse=True) and heights[0] > heights[-1]
        assert boxes["conv1_1"]["width"] < boxes["conv4_1"]["width"] < boxes["fc6"]["width"]

    @pytest.mark.parametrize(
        "sizes", [VGG16, ALEXNET, RESNET, {"features.denseblock4.denselayer16": 1, "b": 10**6}]
    )
    def test_layers_do_not_overlap_and_lie_on_the_sheet(self, sizes):
        svg = network_drawing.draw_network(sizes)
        boxes = [self.rectangle(group) for group in self.layers_of(svg).values()]
        for left, right in itertools.pairwise(boxes):
            assert left["x"] + left["width"] < right["x"]
        sheet = ElementTree.fromstring(svg)
        assert max(b["x"] + b["width"] for b in boxes) < float(sheet.get("width"))
        assert max(b["y"] + b["height"] for b in boxes) < float(sheet.get("height"))
        for name, box in zip(sizes, boxes, strict=True):
            assert box["height"] > 0.5 * network_drawing.NAME_SIZE * len(name)

    def test_names_are_escaped(self):
        svg = network_drawing.draw_network({'a<b>"': 3}, title="<x>")
        assert list(self.layers_of(svg)) == ['a<b>"']


class TestChoice:
    def test_first_free_option_is_the_default(self):
        choice = widgets.Choice("Target", ["a", "b"], reasons={"a": "Not here."})
        assert choice.value == "b"

    def test_every_option(self):
        choice = widgets.Choice("Target", ["a", "b", "c"])
        for option in ("c", "a", "b"):
            choice.value = option
            assert choice.value == option

    def test_refusals_say_why(self):
        choice = widgets.Choice("Target", ["a", "b"], reasons={"a": "Not here."})
        with pytest.raises(traitlets.TraitError, match="Target: 'z' is not one of a, b"):
            choice.value = "z"
        with pytest.raises(traitlets.TraitError, match="a cannot be chosen. Not here."):
            choice.value = "a"
        with pytest.raises(ValueError, match="there is no option to choose"):
            widgets.Choice("Target", [])

    def test_nothing_is_chosen_where_nothing_is_here(self):
        choice = widgets.Choice("Target", ["a"], reasons={"a": "Not here."})
        assert choice.value == ""
        with pytest.raises(traitlets.TraitError, match="a cannot be chosen. Not here."):
            choice.value = "a"


class TestDeviceToggle:
    def test_fastest_device_is_the_default(self):
        assert widgets.DeviceToggle(devices=DEVICES).value == "mps"
        assert widgets.DeviceToggle(devices=DEVICES[:2]).value == "cpu"

    def test_missing_device_is_shown_and_says_why(self):
        toggle = widgets.DeviceToggle("cpu", devices=DEVICES)
        assert toggle.options == ["cpu", "cuda", "mps"]
        with pytest.raises(traitlets.TraitError, match="cuda cannot be chosen. No NVIDIA driver"):
            toggle.value = "cuda"
        assert toggle.value == "cpu"


class TestPrediction:
    OPTIONS = ("fc6", "fc7", "full network")

    def prediction(self):
        return widgets.Prediction("reuse-all", "Which one?", self.OPTIONS)

    def test_commitment_is_kept_for_the_next_run(self, own_cache):
        self.prediction().committed = "fc7"
        assert self.prediction().committed == "fc7"
        kept = json.loads((own_cache / "predictions/reuse-all.json").read_text("utf-8"))
        assert kept["content"] == {"Which one?": "fc7"}

    def test_commitment_to_another_question_is_not_used(self):
        self.prediction().committed = "fc7"
        other = widgets.Prediction("reuse-all", "And how many?", self.OPTIONS)
        assert other.committed is None
        other.committed = "fc6"  # in another notebook, say
        assert self.prediction().committed == "fc7"

    def test_commitment_can_be_taken_back(self):
        prediction = self.prediction()
        prediction.committed = "fc7"
        prediction.committed = None
        assert self.prediction().committed is None

    @pytest.mark.parametrize("broken", [b"", b"[]", b"\xff", b'{"committed": "gone"}', b"null"])
    def test_damaged_file_counts_as_no_prediction(self, own_cache, broken):
        (own_cache / "predictions").mkdir()
        (own_cache / "predictions/reuse-all.json").write_bytes(broken)
        with pytest.warns(UserWarning, match="moved aside to reuse-all.json.unreadable-1"):
            assert self.prediction().committed is None
        assert (own_cache / "predictions/reuse-all.json.unreadable-1").read_bytes() == broken

    def test_refusals(self):
        with pytest.raises(traitlets.TraitError, match="'fc9' is not an option"):
            self.prediction().committed = "fc9"
        with pytest.raises(ValueError, match="at least two options"):
            widgets.Prediction("reuse-all", "Which?", ["fc6", "fc6"])
        with pytest.raises(ValueError, match="no claim 'nope'"):
            widgets.Prediction("nope", "Which?", self.OPTIONS)


class TestFeatureExtractionExplorer:
    def explorer(self, evaluate):
        return widgets.FeatureExtractionExplorer(
            ALEXNET, families=("cats", "food"), evaluate=evaluate
        )

    def test_every_setting_is_evaluated_once(self):
        asked = []

        def evaluate(backbone, family, layers, per_class):
            asked.append((backbone, family, tuple(layers), per_class))
            return result(len(asked) / 10)

        explorer = self.explorer(evaluate)
        explorer.backbone.value = "manmade"
        explorer.family.value = "food"
        explorer.layers.value = list(ALEXNET)
        explorer.backbone.value = "natural"
        explorer.backbone.value = "manmade"
        assert asked == [
            ("natural", "cats", ("fc7",), 20),
            ("manmade", "cats", ("fc7",), 20),
            ("manmade", "food", ("fc7",), 20),
            ("manmade", "food", tuple(ALEXNET), 20),
            ("natural", "food", tuple(ALEXNET), 20),
        ]
        assert explorer.result.accuracy == 0.4

    def test_computing_is_shown_before_the_result(self):
        seen_meanwhile, explorers = [], []

        def evaluate(*_, per_class):
            seen_meanwhile.extend(explorer._readout.value for explorer in explorers)
            return result(0.5)

        explorers.append(self.explorer(evaluate))
        explorers[0].family.value = "food"
        assert "Computing: natural backbone, food, fc7" in seen_meanwhile[0]
        assert "Computing" not in explorers[0]._readout.value

    def test_failure_is_said_in_words_and_the_next_setting_works(self):
        def evaluate(backbone, *_, per_class):
            if backbone == "manmade":
                raise FileNotFoundError("The weights of manmade are missing: run start.py fetch.")
            return result(0.5)

        explorer = self.explorer(evaluate)
        explorer.backbone.value = "manmade"
        assert explorer.result is None and "run start.py fetch" in explorer._readout.value
        explorer.backbone.value = "natural"
        assert explorer.result.accuracy == 0.5

    def test_every_source_has_its_own_layers_and_keeps_what_was_chosen(self):
        explorer = widgets.FeatureExtractionExplorer()
        explorer.layers.value = ["conv3_2", "fc6"]
        explorer.kind.value = REAL
        assert explorer.result is None and "choose that source" in explorer._readout.value
        explorer.backbone.value = "imagenet"
        assert len(explorer.layers.layer_sizes) == 18 and explorer.layers.value == ["head"]
        assert explorer.layers in explorer.children
        last = explorer.result
        explorer.layers.value = ["block4", "head"]
        assert explorer.result.n_features > last.n_features == 1280
        train, test = shipped_features("imagenet", explorer.family.value)
        assert set(last.per_class) == set(train.classes[:10])
        assert "Of a set with more than ten classes, ten are explored" in explorer._readout.value
        explorer.kind.value, explorer.backbone.value = PHOTOS, "natural"
        assert explorer.layers.value == ["conv3_2", "fc6"]
        expected = evaluate_transfer("natural", explorer.family.value, ("conv3_2", "fc6"))
        assert explorer.result.accuracy == expected.accuracy

    def test_so_many_images_a_class_train_as_it_says(self):
        target = RealTarget("food", per_class=5)
        features = target.features("imagenet")
        train, test = (of_rows(features, rows) for rows in target.split(features, 0))
        expected = evaluate_features(train, test, ["head"]).accuracy
        explorer = widgets.FeatureExtractionExplorer(per_class=5)
        explorer.backbone.value, explorer.kind.value = "imagenet", REAL
        explorer.family.value = "food"
        assert explorer.result.accuracy == expected
        assert "5 training images a class" in explorer._readout.value

    @pytest.mark.parametrize("accuracy", [0.0, 1.0])
    def test_readout_at_the_ends_of_the_range(self, accuracy):
        page = feature_extraction.result_html(result(accuracy), "natural, fc7", 20)
        assert f"{100 * accuracy:.1f}%" in page and f"width:{100 * accuracy:.1f}%" in page
        assert "12,416 features" in page and "guessing (50%)" in page and "&lt;lion&gt;" in page

    def test_bundled_layers_match_the_small_vgg(self):
        import torch

        from tlcourse.networks.small_vgg import small_vgg

        network, features, found = small_vgg(2).eval(), torch.zeros(1, 3, 64, 64), {}
        for name, module in network.named_children():
            features = module(features)
            if name.startswith(("conv", "fc")) and name != "fc8":
                found[name] = features.shape[1]
        assert feature_extraction._bundled_layer_sizes() == found


def result(accuracy):
    classes = {"cougar": accuracy, "<lion>": accuracy}
    return SimpleNamespace(accuracy=accuracy, per_class=classes, n_features=12_416, seconds=0.03)


SVG_NAMESPACE = "http://www.w3.org/2000/svg"  # a name that looks like an address


def test_nothing_is_fetched_from_the_network():
    for file in base.STATIC.iterdir():
        text = file.read_text(encoding="utf-8").replace(SVG_NAMESPACE, "")
        assert not re.search(r"https?://|@import|\bimport\b", text), file
