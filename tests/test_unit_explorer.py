"""The unit explorer and its upload: every control to both ends, and files that are no pictures."""

import io
import re

import pytest
import traitlets
from ipywidgets.widgets import widget
from PIL import Image

from tlcourse import widgets
from tlcourse.datasets.drawn import HybridImages
from tlcourse.networks.units import PicturePool
from tlcourse.widgets import unit_explorer

FAILED = "could not be shown"


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


class TestUnitExplorer:
    @pytest.mark.parametrize("layer", ["conv1_1", "conv5_2", "fc7"])
    def test_first_and_last_unit_of_a_layer(self, explorer, layer):
        explorer.layer.value = layer
        for unit in (explorer.unit.min, explorer.unit.max):
            explorer.unit.value = unit
            assert FAILED not in explorer._readout.value and explorer.excitation is not None
            assert f"Unit {unit:.0f} of {layer}" in explorer._readout.value
        assert explorer.unit in explorer.children[2].children

    def test_unit_stays_in_range_when_the_layer_is_smaller(self, explorer):
        explorer.unit.value = 40
        explorer.layer.value = "conv1_2"
        assert (explorer.unit.value, explorer.unit.max) == (15, 15)
        assert FAILED not in explorer._readout.value

    def test_a_change_of_layer_leaves_no_widget_behind(self, explorer):
        explorer.layer.value = "conv1_2"
        before = len(widget._instances)
        for layer in ("conv5_2", "fc7", "conv1_2"):
            explorer.layer.value = layer
        assert len(widget._instances) == before

    def test_every_source(self, explorer):
        for source in explorer.source.options:
            explorer.source.value = source
            assert f"trained on {source}" in explorer._readout.value

    def test_photographs_say_why_they_are_missing(self, pool, tmp_path, monkeypatch):
        monkeypatch.setenv("TLCOURSE_DATA", str(tmp_path))
        explorer = widgets.UnitExplorer(pool, layer="conv1_1")
        with pytest.raises(traitlets.TraitError, match="Tiny ImageNet is not on this machine"):
            explorer.pictures.value = "photographs"

    def test_photographs_where_they_are(self, explorer, pool, monkeypatch):
        monkeypatch.setattr(unit_explorer, "_missing", dict)
        monkeypatch.setattr(unit_explorer, "photographs", lambda: PicturePool(pool.pictures[:5]))
        explorer = widgets.UnitExplorer(pool, layer="conv1_1")
        explorer.pictures.value = "photographs"
        assert "strongest of 5" in explorer._readout.value

    def test_a_problem_is_a_sentence_and_the_next_setting_works(self, explorer, monkeypatch):
        monkeypatch.setattr(unit_explorer, "N_STRONGEST", "many")
        explorer.unit.value = 1
        assert FAILED in explorer._readout.value and explorer.excitation is None
        monkeypatch.setattr(unit_explorer, "N_STRONGEST", 2)
        explorer.unit.value = 2
        assert FAILED not in explorer._readout.value

    def test_without_a_picture_nothing_is_said_of_one(self, pool):
        explorer = widgets.UnitExplorer(pool, layer="conv1_1")
        assert explorer.excitation is None and "Your picture" not in explorer._readout.value

    def test_stored_view(self, explorer):
        html = explorer._repr_mimebundle_()["text/html"]
        images = re.findall(r'<img alt="([^"]*)"', html)
        assert len(images) == 1 + unit_explorer.N_STRONGEST + 2 and all(images)
        assert "conv2_1" in html and "natural" in html


class TestUpload:
    def test_a_picture_goes_in(self, explorer):
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
        ],
    )
    def test_what_is_no_picture_is_said_and_the_old_one_stays(self, explorer, content, reason):
        before, readout = explorer.upload.picture, explorer._readout.value
        explorer.upload.read("mine.png", content)
        assert re.fullmatch(rf"mine\.png gives no picture: {reason}.*\.", explorer.upload.status)
        assert explorer.upload.picture is before and explorer._readout.value == readout

    def test_too_many_pixels(self, explorer, monkeypatch):
        monkeypatch.setattr("tlcourse.datasets.folder.MOST_PIXELS", 1000)
        explorer.upload.read("huge.png", as_file(Image.new("RGB", (40, 40))))
        assert "huge.png gives no picture: too large" in explorer.upload.status

    def test_a_message_without_a_file(self, explorer):
        explorer.upload._received(explorer.upload, {}, [])
        assert explorer.upload.status.startswith("The file gives no picture: empty")

    def test_a_page_that_asks_is_sent_the_picture_which_no_state_holds(self, monkeypatch):
        upload, sent = widgets.PictureUpload("Yours", Image.new("RGB", (900, 600)), 120), []
        monkeypatch.setattr(upload, "send", lambda content, buffers: sent.append(buffers[0]))
        upload._received(upload, {"look": True}, [])
        assert Image.open(io.BytesIO(sent[0])).size == (360, 240) and upload.status == ""
        assert not any(isinstance(value, bytes) for value in upload.get_state().values())
        widgets.PictureUpload("Yours")._received(upload, {"look": True}, [])
        assert len(sent) == 1

    def test_script_asks_no_one_and_keeps_keys(self):
        script = widgets.PictureUpload("Yours")._esm
        assert "http" not in script and "keepKeysInside(root)" in script
