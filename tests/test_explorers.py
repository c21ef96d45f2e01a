"""The explorers of notebooks 04, 07, 09 and 10: every control to both ends, and what is read."""

import base64
import io
import re
from xml.etree import ElementTree

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import traitlets
from ipywidgets.widgets import widget
from PIL import Image
from real_scores import evaluate_real
from sklearn.metrics import explained_variance_score

from tlcourse import paths, widgets
from tlcourse.datasets.drawn import HybridImages
from tlcourse.networks.units import PicturePool
from tlcourse.widgets import layer_histograms, threshold_explorer, unit_explorer
from tlcourse.widgets.domain_explorer import between

FAILED = "could not be shown"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def pool():
    hybrids = HybridImages("val")
    return PicturePool(hybrids[index] for index in range(12))


@pytest.fixture
def explorer(pool):
    return widgets.UnitExplorer(pool, layer="conv2_1", picture=pool.pictures[3])


def as_file(picture, kind="PNG"):
    buffer = io.BytesIO()
    picture.save(buffer, kind)
    return buffer.getvalue()


def test_first_and_last_unit_of_every_kind_of_layer_and_every_source(explorer):
    for layer in ("conv1_1", "conv5_2", "fc7"):
        explorer.layer.value = layer
        for unit in (explorer.unit.min, explorer.unit.max):
            explorer.unit.value = unit
            assert FAILED not in explorer._readout.value and explorer.excitation is not None
            assert f"Unit {unit:.0f} of {layer}" in explorer._readout.value
        assert explorer.unit in explorer.children[2].children
    explorer.layer.value = "conv1_2"  # smaller: the unit stays in its range
    assert (explorer.unit.value, explorer.unit.max) == (15, 15)
    before = len(widget._instances)
    for layer in ("conv5_2", "fc7", "conv1_2"):
        explorer.layer.value = layer
    assert len(widget._instances) == before  # none is left behind
    for source in explorer.source.options:
        explorer.source.value = source
        assert f"trained on {source}" in explorer._readout.value


def test_photographs_where_they_are_and_why_they_are_missing(pool, tmp_path, monkeypatch):
    monkeypatch.setenv("TLCOURSE_DATA", str(tmp_path))
    explorer = widgets.UnitExplorer(pool, layer="conv1_1")
    with pytest.raises(traitlets.TraitError, match="Tiny ImageNet is not on this machine"):
        explorer.pictures.value = "photographs"
    assert explorer.excitation is None and "Your picture" not in explorer._readout.value
    monkeypatch.setattr(unit_explorer, "_missing", dict)
    monkeypatch.setattr(unit_explorer, "photographs", lambda: PicturePool(pool.pictures[:5]))
    explorer = widgets.UnitExplorer(pool, layer="conv1_1")
    explorer.pictures.value = "photographs"
    assert "strongest of 5" in explorer._readout.value


def test_a_problem_is_a_sentence_and_the_next_setting_works(explorer, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(unit_explorer, "N_STRONGEST", "many")
        explorer.unit.value = 1
    assert FAILED in explorer._readout.value and explorer.excitation is None
    explorer.unit.value = 2
    html = explorer._repr_mimebundle_()["text/html"]
    assert FAILED not in html and "conv2_1" in html and "natural" in html
    images = re.findall(r'<img alt="([^"]*)"', html)
    assert len(images) == 1 + unit_explorer.N_STRONGEST + 2 and all(images)


def test_a_picture_of_ones_own_goes_in(explorer):
    seen = explorer._readout.value
    blue = as_file(Image.new("RGB", (300, 200), "blue"))
    explorer.upload._received(explorer.upload, {"name": "blue.png"}, [memoryview(blue)])
    assert explorer.upload.status == "blue.png: 300 x 200 pixels."
    assert explorer._readout.value != seen and FAILED not in explorer._readout.value
    red, _, azure = explorer.excitation.seen[32, 32]
    assert azure > 250 and red < 5


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty, zero bytes"),
        (b"hello", "not an image"),
        (as_file(Image.effect_noise((90, 90), 80), "JPEG")[:900], "truncated"),
        (as_file(Image.new("RGB", (200, 200))), "too large"),
    ],
)
def test_what_is_no_picture_is_said_and_the_old_one_stays(explorer, monkeypatch, content, reason):
    monkeypatch.setattr("tlcourse.datasets.folder.MOST_PIXELS", 10_000)
    before, readout = explorer.upload.picture, explorer._readout.value
    explorer.upload.read("mine.png", content)
    assert re.fullmatch(rf"mine\.png gives no picture: {reason}.*\.", explorer.upload.status)
    assert explorer.upload.picture is before and explorer._readout.value == readout


def test_a_page_that_asks_is_sent_the_picture_which_no_state_holds(monkeypatch):
    upload, sent = widgets.PictureUpload("Yours", Image.new("RGB", (900, 600)), 120), []
    monkeypatch.setattr(upload, "send", lambda content, buffers: sent.append(buffers[0]))
    upload._received(upload, {"look": True}, [])
    assert Image.open(io.BytesIO(sent[0])).size == (360, 240) and upload.status == ""
    assert not any(isinstance(value, bytes) for value in upload.get_state().values())
    widgets.PictureUpload("Yours")._received(upload, {"look": True}, [])
    assert len(sent) == 1
    upload._received(upload, {}, [])
    assert upload.status.startswith("The file gives no picture: empty")


def picture_of(page):
    """The SVG in a page, and its alternative text."""
    svg = base64.b64decode(re.search('base64,([^"]*)', page)[1])
    return ElementTree.fromstring(svg), re.search('alt="([^"]*)"', page)[1]


def test_each_control_of_the_normalization_explorer_at_both_ends():
    explorer = widgets.NormalizationExplorer()
    page = explorer._repr_mimebundle_()["text/html"]
    assert "Normalization: <b>none</b>" in page
    assert "Histograms of the features" in picture_of(page)[1]
    for source in explorer.source.options:
        explorer.source.value = source
        shown, other = explorer.real, explorer.family
        shown, other = (shown, other) if source == "imagenet" else (other, shown)
        assert explorer.target is shown and shown.layout.display is None
        assert other.layout.display == "none"
        for control in (explorer.target, explorer.normalization, explorer.C):
            for end in (control.options[-1], control.options[0]):
                control.value = end
                assert FAILED not in explorer._readout.value
                assert 0.1 < explorer.accuracy <= 1


def test_its_numbers_are_those_of_the_table():
    explorer = widgets.NormalizationExplorer("L2 by layer")
    explorer.source.value, explorer.family.value = "manmade", "food"
    run = pd.read_csv(paths.SHIPPED / "measured" / "normalization.csv").query(
        "backbone == 'manmade' and target == 'food' and layers == 'all layers' "
        "and normalization == 'L2 by layer'"
    )
    assert explorer.accuracy == run["accuracy"].item()
    explorer.C.value = "1 for all"
    assert explorer.accuracy == run["at_C_1"].item() and "C = 1" in explorer._readout.value


def histograms(values, shares=None):
    shares = shares or dict.fromkeys(values, 1 / len(values))
    return ElementTree.fromstring(layer_histograms.draw_histograms(values, shares))


def test_histograms_have_one_scale_and_bars_are_the_shares():
    values = {"weak": np.linspace(0, 1, 500), "strong": np.linspace(0, 10, 500)}
    drawn = histograms(values, {"weak": 0.25, "strong": 0.75})
    paths_ = [path.get("d") for path in drawn.iter(f"{SVG}path") if path.get("fill")]
    heights = [[float(y) for y in re.findall(r"V([\d.]+)", path)] for path in paths_]
    weak, strong = (sum(y < max(each) for y in each) for each in heights)
    assert weak < 0.2 * strong
    widths = [float(bar.get("width")) for bar in list(drawn.iter(f"{SVG}rect"))[1:]]
    assert widths[1] == pytest.approx(3 * widths[0], abs=0.2)


@pytest.mark.parametrize(
    "values", [np.zeros(7), np.full(3, 1e6), np.array([-1, 0, 1], np.int8), np.arange(2) * 1e-9]
)
def test_values_at_the_ends_lie_on_the_sheet(values):
    drawn = histograms({f"<fc{n}>": values for n in range(15)})
    text = "".join(drawn.itertext())
    assert "<fc6>" in text and "nan" not in text and "-0" not in text.split()
    for mark in (*drawn.iter(f"{SVG}text"), *drawn.iter(f"{SVG}rect")):
        assert 0 <= float(mark.get("y", 0)) < float(drawn.get("height"))
        assert float(mark.get("x", 0)) < float(drawn.get("width"))


def test_each_control_of_the_threshold_explorer_at_both_ends_and_back():
    thresholds = widgets.ThresholdExplorer("PACS sketch")
    before = thresholds._readout.value
    drawn, alt = picture_of(thresholds._repr_mimebundle_()["text/html"])
    colours = [bar.get("fill") for bar in list(drawn.iter(f"{SVG}rect"))[1:]]
    assert "cut at -0.25 and 0.15" in alt
    assert len(colours) == 120 and len(set(colours)) == 3
    assert colours.index(threshold_explorer.COLOURS[0]) == 55  # -3 to -0.25 in steps of 0.05
    for control in (thresholds.low, thresholds.high):
        usual = control.value
        for end in (control.min, control.max, usual):
            control.value = end
            assert FAILED not in thresholds._readout.value
        with pytest.raises(traitlets.TraitError, match="give a number between"):
            control.value = 9
    thresholds.target.value = "PACS photo"
    assert FAILED not in thresholds._readout.value != before
    thresholds.low.value, thresholds.high.value = 0.1, -0.2
    assert "low must be below high." in thresholds._readout.value
    thresholds.low.value, thresholds.high.value = -0.25, 0.15
    thresholds.target.value = "PACS sketch"
    assert thresholds._readout.value == before


def test_the_usual_thresholds_are_the_embedding_and_shares_add_up():
    accuracy, shares = threshold_explorer.evaluate_thresholds("PACS sketch")
    result = evaluate_real("PACS sketch", "all layers, ternary")
    assert accuracy == pytest.approx(result.accuracy, abs=0.004)
    assert sum(shares.values()) == pytest.approx(1)
    assert threshold_explorer.evaluate_thresholds("PACS sketch", -2, 2)[1][0] > 0.8


def test_each_control_of_the_domain_explorer_at_both_ends(monkeypatch):
    explorer, figures = widgets.DomainExplorer("head"), plt.get_fignums()
    for control in (explorer.layer, explorer.domains, explorer.colour):
        for end in (control.options[-1], control.options[0]):
            control.value = end
            assert FAILED not in explorer._readout.value
            assert all(0 < share < 1 for share in explorer.shares.values())
    page = explorer._repr_mimebundle_()["text/html"]
    assert "Feature space X: the layer: stem" in page
    assert re.search('alt="all four of PACS in the first two components of stem', page)
    monkeypatch.setattr("tlcourse.widgets.domain_explorer._drawn", lambda *_: 1 / 0)
    explorer.colour.value = explorer.colour.options[-1]
    assert FAILED in explorer._readout.value and explorer.shares is None
    assert plt.get_fignums() == figures


def test_the_share_between_groups_is_what_their_means_explain():
    rng = np.random.default_rng(0)
    groups = rng.integers(3, size=60)
    X = rng.normal(size=(60, 4)) + groups[:, None]
    means = np.stack([X[groups == group].mean(axis=0) for group in groups])
    explained = explained_variance_score(X, means, multioutput="variance_weighted")
    assert between(X, groups) == pytest.approx(explained)
