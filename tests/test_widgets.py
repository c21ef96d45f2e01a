"""The Python side of each widget, set to the ends of every range."""

import base64
import itertools
import json
import re
from dataclasses import replace
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest
import traitlets

from tlcourse import widgets
from tlcourse.classifiers.score import evaluate_transfer
from tlcourse.features.extraction import shipped_features
from tlcourse.tables.targets import PHOTOS, REAL
from tlcourse.widgets import base, feature_extraction, network_drawing
from tlcourse.widgets.layer_toggle import usual_sets

pytestmark = pytest.mark.usefixtures("own_cache")
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
SVG = "{http://www.w3.org/2000/svg}"


class TestLayerToggle:
    @pytest.mark.parametrize("sizes", [VGG16, ALEXNET, RESNET, {"only": 1}])
    def test_every_layer_alone_and_all_together_in_network_order(self, sizes):
        toggle = widgets.LayerToggle(sizes, list(sizes)[:1])
        for name in sizes:
            toggle.value = [name, name]
            assert toggle.value == [name] and toggle.n_features == sizes[name]
        toggle.value = list(reversed(sizes))
        assert toggle.value == list(sizes) and toggle.n_features == sum(sizes.values())

    def test_vgg16_has_the_features_of_the_paper(self):
        assert widgets.LayerToggle(VGG16, list(VGG16)).n_features == 12_416

    def test_what_is_refused_leaves_the_value_and_a_change_is_heard_once(self):
        toggle, heard = widgets.LayerToggle(ALEXNET, ["fc6"]), []
        toggle.observe(lambda change: heard.append(change.new), "value")
        with pytest.raises(traitlets.TraitError, match="no layer 'fc8'. Did you mean fc"):
            toggle.value = ["fc6", "fc8"]
        with pytest.raises(traitlets.TraitError, match="select at least one"):
            toggle.value = []
        assert toggle.value == ["fc6"]
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


def layers_drawn(sizes, *selected):
    """The sheet, and the group of each layer with its box (x, y, width, height)."""
    sheet, drawn = ElementTree.fromstring(network_drawing.draw_network(sizes, selected)), {}
    for group in sheet.iter(f"{SVG}g"):
        if group.get("data-layer"):
            rect = group.find(f"{SVG}rect")
            box = [float(rect.get(key)) for key in ("x", "y", "width", "height")]
            drawn[group.get("data-layer")] = group, box
    return sheet, drawn


class TestDrawing:
    def test_max_pools_are_where_the_networks_have_them(self):
        blocks = {
            name: network_drawing.blocks_of(sizes)
            for name, sizes in (("vgg16", VGG16), ("alexnet", ALEXNET), ("resnet", RESNET))
        }
        assert list(blocks["vgg16"]) == [f"conv{n}" for n in range(1, 6)] + ["fc6", "fc7"]
        assert list(blocks["resnet"]) == list(RESNET)
        pools = {name: network_drawing.pooled_blocks(found) for name, found in blocks.items()}
        assert len(pools["vgg16"]) == 5 and pools["resnet"] == ()
        assert pools["alexnet"] == ("conv1", "conv2", "conv5")

    def test_each_layer_is_a_checkbox_that_says_its_state(self):
        _, drawn = layers_drawn(VGG16, "conv3_2")
        groups = {name: group for name, (group, _) in drawn.items()}
        assert list(groups) == list(VGG16)
        assert {group.get("role") for group in groups.values()} == {"checkbox"}
        assert groups["conv3_2"].get("aria-label") == "conv3_2, 256 features, selected"
        checked = [name for name, g in groups.items() if g.get("aria-checked") == "true"]
        assert checked == ["conv3_2"]

    @pytest.mark.parametrize(
        "sizes", [VGG16, ALEXNET, RESNET, {"features.denseblock4.denselayer16": 1, 'a<b>"': 10**6}]
    )
    def test_layers_lie_side_by_side_on_the_sheet_under_their_names(self, sizes):
        sheet, drawn = layers_drawn(sizes)
        boxes = [box for _, box in drawn.values()]
        assert list(drawn) == list(sizes)
        assert all(x + width < after[0] for (x, _, width, _), after in itertools.pairwise(boxes))
        assert boxes[-1][0] + boxes[-1][2] < float(sheet.get("width"))
        for name, (_, y, _, height) in zip(sizes, boxes, strict=True):
            assert y + height < float(sheet.get("height"))
            assert height > 0.5 * network_drawing.NAME_SIZE * len(name)

    def test_height_falls_with_depth_and_width_grows_with_features(self):
        boxes = {name: box for name, (_, box) in layers_drawn(VGG16)[1].items()}
        heights = [boxes[f"conv{block}_1"][3] for block in range(1, 6)]
        assert heights == sorted(heights, reverse=True) and heights[0] > heights[-1]
        assert boxes["conv1_1"][2] < boxes["conv4_1"][2] < boxes["fc6"][2]


class TestChoice:
    def test_every_option_and_the_first_free_one_at_first(self):
        choice = widgets.Choice("Target", ["a", "b", "c"], reasons={"a": "Not here."})
        assert choice.value == "b"
        choice.value = "c"
        with pytest.raises(traitlets.TraitError, match="Target: 'z' is not one of a, b, c"):
            choice.value = "z"
        with pytest.raises(traitlets.TraitError, match="a cannot be chosen. Not here."):
            choice.value = "a"
        assert choice.value == "c"
        with pytest.raises(ValueError, match="there is no option to choose"):
            widgets.Choice("Target", [])

    def test_nothing_is_chosen_where_nothing_is_here(self):
        assert widgets.Choice("Target", ["a"], reasons={"a": "Not here."}).value == ""

    def test_of_devices_the_fastest_is_the_default_and_a_missing_one_says_why(self):
        assert widgets.DeviceToggle(devices=DEVICES).value == "mps"
        toggle = widgets.DeviceToggle("cpu", devices=DEVICES)
        assert toggle.options == ["cpu", "cuda", "mps"]
        with pytest.raises(traitlets.TraitError, match="cuda cannot be chosen. No NVIDIA driver"):
            toggle.value = "cuda"
        assert toggle.value == "cpu"


class TestPrediction:
    def prediction(self, question="Which one?"):
        return widgets.Prediction("reuse-all", question, ("fc6", "fc7", "full network"))

    def test_commitment_is_kept_for_the_question_until_it_is_taken_back(self, own_cache):
        self.prediction().committed = "fc7"
        assert self.prediction().committed == "fc7"
        kept = json.loads((own_cache / "predictions/reuse-all.json").read_text("utf-8"))
        assert kept["content"] == {"Which one?": "fc7"}
        other = self.prediction("And how many?")  # in another notebook, say
        assert other.committed is None
        other.committed = "fc6"
        assert self.prediction().committed == "fc7"
        self.prediction().committed = None
        assert self.prediction().committed is None

    @pytest.mark.parametrize("broken", [b"", b"[]", b"\xff", b'{"committed": "gone"}'])
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
            widgets.Prediction("nope", "Which?", "ab")


class TestFeatureExtractionExplorer:
    def test_a_setting_is_evaluated_once_and_computing_is_shown_before_the_result(
        self, monkeypatch
    ):
        asked, seen, evaluate = [], [], feature_extraction._evaluated
        explorer = widgets.FeatureExtractionExplorer()

        def watched(*setting):
            asked.append(setting)
            seen.append(explorer._readout.value)
            return evaluate(*setting)

        monkeypatch.setattr(feature_extraction, "_evaluated", watched)
        explorer.backbone.value = "manmade"
        explorer.layers.value = ["fc6", "fc7"]
        explorer.backbone.value = "natural"
        explorer.backbone.value = "manmade"
        family = explorer.family.value
        assert asked == [
            ("manmade", family, ["fc7"]),
            ("manmade", family, ["fc6", "fc7"]),
            ("natural", family, ["fc6", "fc7"]),
        ]
        expected = evaluate_transfer("manmade", family, ("fc6", "fc7"))
        assert explorer.result.accuracy == expected.accuracy
        assert f"Computing: manmade backbone, {family}, fc7" in seen[0]
        assert "Computing" not in explorer._readout.value

    def test_failure_is_said_in_words_and_the_next_setting_works(self, monkeypatch):
        def missing(*_):
            raise FileNotFoundError("The weights are missing: run start.py fetch.")

        explorer = widgets.FeatureExtractionExplorer()
        with monkeypatch.context() as patch:
            patch.setattr(feature_extraction, "_evaluated", missing)
            explorer.backbone.value = "manmade"
        assert explorer.result is None and "run start.py fetch" in explorer._readout.value
        explorer.backbone.value = "natural"
        assert 0 < explorer.result.accuracy <= 1

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
        train, _ = shipped_features("imagenet", explorer.family.value)
        assert set(last.per_class) == set(train.classes[:10])
        assert "Of a set with more than ten classes, ten are explored" in explorer._readout.value
        explorer.kind.value, explorer.backbone.value = PHOTOS, "natural"
        assert explorer.layers.value == ["conv3_2", "fc6"]

    @pytest.mark.parametrize("accuracy", [0.0, 1.0])
    def test_readout_at_the_ends_of_the_range(self, accuracy):
        some = evaluate_transfer("natural", "insects", "fc7")
        shares = {"cougar": accuracy, "<lion>": accuracy}
        result = replace(some, accuracy=accuracy, per_class=shares, n_features=12_416)
        page = feature_extraction.result_html(result, "natural, fc7")
        assert f"{100 * accuracy:.1f}%" in page and f"width:{100 * accuracy:.1f}%" in page
        assert "12,416 features" in page and "guessing (50%)" in page and "&lt;lion&gt;" in page

    def test_bundled_layers_match_the_small_vgg(self, natural):
        sizes = {name: size for name, size in natural.layer_sizes.items() if name != "fc8"}
        assert feature_extraction._bundled_layer_sizes() == sizes


SVG_NAMESPACE = "http://www.w3.org/2000/svg"  # a name that looks like an address


def test_nothing_is_fetched_from_the_network():
    for file in base.STATIC.iterdir():
        text = file.read_text(encoding="utf-8").replace(SVG_NAMESPACE, "")
        assert not re.search(r"https?://|@import|\bimport\b", text), file
