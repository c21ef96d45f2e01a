"""The Python side of each widget, set to the ends of every range."""

import json
import re
from dataclasses import replace
from types import SimpleNamespace
from xml.etree import ElementTree

import numpy as np
import pytest
import traitlets

from tlcourse import widgets
from tlcourse.classifiers.score import evaluate_transfer
from tlcourse.features.extraction import shipped_features
from tlcourse.networks.layers import layer_shapes
from tlcourse.tables.targets import PHOTOS, REAL
from tlcourse.widgets import feature_extraction, svm_playground
from tlcourse.widgets.layer_toggle import usual_sets
from tlcourse.widgets.network_drawing import NAME_SIZE, blocks_of, draw_network, pooled_blocks
from tlcourse.widgets.svm_playground import C_RANGE, LIMIT, SIDE

pytestmark = pytest.mark.usefixtures("own_cache")
VGG16 = {layer.name: layer.depth for layer in layer_shapes("vgg16", 5)[:-1]}
ALEXNET = dict(conv1_1=64, conv2_1=192, conv3_1=384, conv4_1=256, conv5_1=256, fc6=4096, fc7=4096)
RESNET = {"relu": 64, "layer1.0": 256, "layer4.2": 2048, "avgpool": 2048}
SVG = "{http://www.w3.org/2000/svg}"


class TestLayerToggle:
    @pytest.mark.parametrize("sizes", [VGG16, {"only": 1}])
    def test_every_layer_alone_and_all_together_in_network_order(self, sizes):
        toggle = widgets.LayerToggle(sizes, list(sizes)[:1])
        for name in sizes:
            toggle.value = [name, name]
            assert toggle.value == [name] and toggle.n_features == sizes[name]
        toggle.value = list(reversed(sizes))
        assert toggle.value == list(sizes) and toggle.n_features == sum(sizes.values())

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
        fc = {"fc6": ["fc6"], "fc7": ["fc7"]}
        both = {"all convolutions": list(VGG16)[:13], "all layers": list(VGG16)}
        assert usual_sets(VGG16) == fc | both
        assert usual_sets(RESNET) == {"avgpool": ["avgpool"], "all layers": list(RESNET)}


class TestDrawing:
    def test_max_pools_are_where_the_networks_have_them(self):
        assert list(blocks_of(VGG16)) == [*(f"conv{n}" for n in range(1, 6)), "fc6", "fc7"]
        assert len(pooled_blocks(blocks_of(VGG16))) == 5
        assert pooled_blocks(blocks_of(ALEXNET)) == ("conv1", "conv2", "conv5")
        assert list(blocks_of(RESNET)) == list(RESNET) and pooled_blocks(RESNET) == ()

    @pytest.mark.parametrize(
        "network",
        [VGG16, ALEXNET, {"features.denseblock4.denselayer16": 1, 'a<b>"': 10**6}]
        + ["natural", "vgg19", "resnet18"],
    )
    def test_layers_lie_side_by_side_on_the_sheet_under_their_names(self, network):
        if isinstance(network, str):
            painter = widgets.PolicyPainter(network)
            names, svg, letter = painter.layers, painter._about["svg"], 0
        else:
            names, svg, letter = list(network), draw_network(network), 0.5 * NAME_SIZE
        sheet, end = ElementTree.fromstring(svg), 0
        groups = [group for group in sheet.iter(f"{SVG}g") if group.get("data-layer")]
        assert [group.get("data-layer") for group in groups] == names
        for name, group in zip(names, groups, strict=True):
            rect = group.find(f"{SVG}rect")
            x, y, width, height = (float(rect.get(n)) for n in ("x", "y", "width", "height"))
            assert x > end and y > 0 and y + height < float(sheet.get("height"))
            assert height > letter * len(name)
            end = x + width
        assert end < float(sheet.get("width"))


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
        assert widgets.Choice("Target", ["a"], reasons={"a": "Not here."}).value == ""

    def test_of_devices_the_fastest_is_the_default_and_a_missing_one_says_why(self):
        names, why = ("cpu", "cuda", "mps"), "No NVIDIA driver was found."
        devices = [SimpleNamespace(name=n, available=n != "cuda", reason=why) for n in names]
        toggle = widgets.DeviceToggle(devices=devices)
        assert toggle.value == "mps"
        with pytest.raises(traitlets.TraitError, match=f"cuda cannot be chosen. {why}"):
            toggle.value = "cuda"


class TestPrediction:
    def prediction(self, question="Which one?"):
        return widgets.Prediction("reuse-all", question, ("fc6", "fc7", "full network"))

    def test_commitment_is_kept_until_it_is_taken_back_or_its_file_is_damaged(self, own_cache):
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
        self.prediction().committed = "fc7"
        (own_cache / "predictions/reuse-all.json").write_bytes(b"[]")
        with pytest.warns(UserWarning, match="moved aside to reuse-all.json.unreadable-1"):
            assert self.prediction().committed is None

    def test_refusals(self):
        with pytest.raises(traitlets.TraitError, match="'fc9' is not an option"):
            self.prediction().committed = "fc9"
        with pytest.raises(ValueError, match="at least two options"):
            widgets.Prediction("reuse-all", "Which?", ["fc6", "fc6"])
        with pytest.raises(ValueError, match="no claim 'nope'"):
            widgets.Prediction("nope", "Which?", "ab")


class TestFeatureExtractionExplorer:
    def test_a_setting_is_evaluated_once_and_computing_is_shown_before(self, monkeypatch):
        explorer, seen = widgets.FeatureExtractionExplorer(), {}
        evaluate = feature_extraction._evaluated

        def watched(source, target, layers):
            assert (source, *layers) not in seen
            seen[source, *layers] = explorer._readout.value
            return evaluate(source, target, layers)

        monkeypatch.setattr(feature_extraction, "_evaluated", watched)
        explorer.backbone.value = "manmade"
        explorer.layers.value = ["fc6", "fc7"]
        explorer.backbone.value = "natural"
        explorer.backbone.value = "manmade"
        both = [("manmade", "fc6", "fc7"), ("natural", "fc6", "fc7")]
        assert list(seen) == [("manmade", "fc7"), *both]
        family = explorer.family.value
        expected = evaluate_transfer("manmade", family, ("fc6", "fc7"))
        assert explorer.result.accuracy == expected.accuracy
        assert f"Computing: manmade backbone, {family}, fc7" in seen["manmade", "fc7"]
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

    def test_every_source_has_its_own_layers_and_keeps_what_was_chosen(self, natural):
        explorer = widgets.FeatureExtractionExplorer()
        assert {**explorer.layers.layer_sizes, "fc8": 41} == natural.layer_sizes
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

    def test_the_readout_names_accuracy_features_guessing_and_classes(self):
        some = evaluate_transfer("natural", "insects", "fc7")
        result = replace(some, accuracy=1.0, per_class={"cougar": 1.0, "<lion>": 0.0})
        page = feature_extraction.result_html(result, "natural, fc7")
        assert "100.0%" in page and "width:100.0%" in page and "width:0.0%" in page
        assert "512 features" in page and "guessing (50%)" in page and "&lt;lion&gt;" in page


def drawn_paths(playground, kind):
    """Places of the lines of one kind, in the units of the axes, rounded."""
    drawn = ElementTree.fromstring(f"<g>{playground._drawn['regions']}</g>")
    paths = [path.get("d") for path in drawn if path.get("class", path.get("fill")) == kind]
    numbers = [np.reshape(re.findall(r"[-.\d]+", path), (-1, 2)).astype(float) for path in paths]
    return [((2 * each / SIDE - 1) * [LIMIT, -LIMIT]).round(2).tolist() for each in numbers]


class TestSVMPlayground:
    def test_lines_and_regions_are_where_the_score_says(self):
        playground = widgets.SVMPlayground([[-1, 0, 0], [2, 0, 1]], C=1000)
        lines = {kind: drawn_paths(playground, f"tlc-{kind}") for kind in ("boundary", "margin")}
        assert [{x for x, _ in line} for line in lines["boundary"]] == [{0.5}]
        assert [{x for x, _ in line} for line in lines["margin"]] == [{-1}, {2}]
        for (_, colour, _), ends in zip(svm_playground.CLASSES, ({-3, 0.5}, {0.5, 3}), strict=True):
            (region,) = drawn_paths(playground, colour)
            assert {x for x, _ in region} == ends and {y for _, y in region} == {-3, 3}

        # a boundary off the plane leaves one side
        playground = widgets.SVMPlayground([[x / 10, 0, int(x == 0)] for x in range(9)], C=0.01)
        assert drawn_paths(playground, "tlc-boundary") == [[]]
        regions = [drawn_paths(playground, colour)[0] for _, colour, _ in svm_playground.CLASSES]
        assert sorted(map(len, regions)) == [0, 4]

    def test_both_ends_of_every_control(self):
        playground = widgets.SVMPlayground()
        inside = []
        for C in C_RANGE:
            playground.C = C
            assert playground.words.startswith("Margin")
            inside.append(int(re.search(r"(\d+) points? inside", playground.words)[1]))
        assert inside[0] > inside[1]
        for corner in ([-LIMIT, -LIMIT], [LIMIT, LIMIT]):
            playground.points = [[*corner, 0], *playground.points[1:]]
            assert playground.words.startswith("Margin")

    @pytest.mark.parametrize(
        "points", [[], [[0, 0, 1]], [[0, 0, 0], [1, 1, 0]], [[0, 0, 0], [0, 0, 1]]]
    )
    def test_one_class_or_place_is_said_in_words_and_can_be_left(self, points):
        playground = widgets.SVMPlayground(points)
        assert playground.svm is None
        assert "points of both classes, in different places" in playground.words
        playground.points = [[-1, 0, 0], [1, 0, 1]]
        assert playground.words.startswith("Margin")
        playground.points = points
        assert playground._drawn["regions"] == "" and playground._drawn["support"] == []

    def test_refusals_keep_what_was_there(self):
        playground = widgets.SVMPlayground()
        before = playground.points
        for wrong in ([9, 0, 0], [0, float("nan"), 1], [0, 0, 2]):
            with pytest.raises(traitlets.TraitError, match="give x and y from -3 to 3"):
                playground.points = [wrong]
        with pytest.raises(traitlets.TraitError, match="61 points: 60 at most"):
            playground.points = [[0, 0, 0]] * 61
        for C in (0, 1e4):
            with pytest.raises(traitlets.TraitError, match="give a number from 0.01 to 1000"):
                playground.C = C
        assert playground.points == before
