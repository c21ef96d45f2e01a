"""What units see and what excites them, against gradients, brute force and hand-made networks."""

import dataclasses
import re

import numpy as np
import pytest
import torch
from parsed import NOTEBOOKS, cells_of
from PIL import Image
from sklearn import linear_model, metrics, pipeline, preprocessing

from tlcourse.datasets.drawn import HybridImages
from tlcourse.features.extraction import shipped_features
from tlcourse.networks import units as knowledge_inside
from tlcourse.networks.backbones import load_backbone

CONVOLUTIONS = ["conv1_1", "conv1_2", "conv2_1", "conv2_2", "conv3_1", "conv3_2", "conv4_1"]


@pytest.fixture(scope="module")
def natural():
    return load_backbone("natural")


@pytest.fixture(scope="module")
def pictures():
    hybrids = HybridImages("val")
    return [hybrids[index][0] for index in range(40)]


@pytest.fixture(scope="module")
def pool(pictures):
    return knowledge_inside.PicturePool(pictures)


def averaging(backbone, layer):
    """The network up to a layer with all weights equal and every max-pool an average: no path
    from a pixel to a unit can be cut."""
    network = knowledge_inside.up_to(backbone, layer)
    modules = []
    for module in network:
        if isinstance(module, torch.nn.Conv2d):
            same = torch.nn.Conv2d(module.in_channels, module.out_channels, 3, padding=1)
            torch.nn.init.constant_(same.weight, 1 / same.weight[0].numel())
            torch.nn.init.zeros_(same.bias)
            module = same
        elif isinstance(module, torch.nn.MaxPool2d):
            module = torch.nn.AvgPool2d(2)
        modules.append(module)
    return torch.nn.Sequential(*modules)


class TestReceptiveFields:
    @pytest.mark.parametrize("layer", CONVOLUTIONS)
    def test_the_pixels_with_a_gradient_are_the_field(self, natural, layer):
        field = knowledge_inside.receptive_fields(natural)[layer]
        image = torch.ones(1, 3, 64, 64, requires_grad=True)
        maps = averaging(natural, layer)(image)
        row = column = maps.shape[2] // 2
        (gradient,) = torch.autograd.grad(maps[0, 0, row, column], image)
        seen = np.flatnonzero(gradient[0].abs().sum((0, 2)))
        middle = field.start + field.step * row
        first, last = middle - field.side / 2, middle + field.side / 2
        assert (seen[0], seen[-1] + 1) == (max(first, 0), min(last, 64))

    def test_vgg16_as_published(self):
        fields = knowledge_inside.receptive_fields(load_backbone("vgg16", "random"))
        sides = [fields[layer].side for layer in ("conv1_2", "conv2_2", "conv3_3", "conv4_3")]
        assert (*sides, fields["conv5_3"].side) == (5, 14, 40, 92, 196)

    def test_a_fully_connected_layer_sees_the_picture(self, natural, pictures):
        field = knowledge_inside.receptive_fields(natural)["fc7"]
        assert field.side == natural.side and field.patch(pictures[0], (0, 0)) is pictures[0]

    def test_patch_inside_and_over_the_edge(self):
        pixels = np.arange(64 * 64 * 3, dtype=np.uint32).reshape(64, 64, 3).astype(np.uint8)
        picture = Image.fromarray(pixels)
        field = knowledge_inside.ReceptiveField(side=3, step=1, start=0.5)
        inner = np.asarray(field.patch(picture, (10, 20)))
        assert np.array_equal(inner, pixels[9:12, 19:22])
        corner = np.asarray(field.patch(picture, (0, 63)))
        assert np.array_equal(corner[1:, :2], pixels[:2, 62:])
        assert (corner[0] == knowledge_inside.GREY).all() and (
            corner[:, 2] == knowledge_inside.GREY
        ).all()

    def test_a_network_that_is_no_sequence(self):
        with pytest.raises(ValueError, match="resnet18 is not one sequence of layers"):
            knowledge_inside.receptive_fields(load_backbone("resnet18", "random"))


class TestPeaks:
    @pytest.mark.parametrize("layer", ["conv1_2", "conv3_1", "conv5_2", "fc6", "fc7"])
    def test_against_the_network_one_picture_at_a_time(self, natural, pool, layer):
        (values, places), unit = pool.peaks(natural)[layer], 7
        for row in (0, 33):
            image = natural.preprocess(pool.pictures[row])[None]
            with torch.inference_mode():
                maps = knowledge_inside.up_to(natural, layer)(image)[0, unit].relu()
            assert values[row, unit] == pytest.approx(float(maps.max()), abs=1e-4)
            if maps.ndim == 2 and maps.max() > 0:
                at = tuple(places[row, unit])
                assert float(maps[at]) == pytest.approx(float(maps.max()), abs=1e-4)

    def test_strongest_are_in_order_and_none_is_stronger(self, natural, pool):
        found = pool.strongest(natural, "conv4_1", 11, n=5)
        strengths = [each.strength for each in found]
        values = pool.peaks(natural)["conv4_1"][0][:, 11]
        assert strengths == sorted(values.tolist(), reverse=True)[:5]
        assert all(each.patch.size == (52, 52) for each in found)

    def test_share_below(self, natural, pool):
        values = np.sort(pool.peaks(natural)["fc6"][0][:, 3])
        assert pool.share_below(natural, "fc6", 3, values[-1]) <= 39 / 40
        assert pool.share_below(natural, "fc6", 3, values[-1] + 1) == 1
        assert pool.share_below(natural, "fc6", 3, 0) == 0

    def test_lively_units_respond(self, natural, pool):
        units = pool.lively_units(natural, "fc7", 5, seed=1)
        responds = (pool.peaks(natural)["fc7"][0][:, units] > 0).mean(axis=0)
        assert len(set(units)) == 5 and (responds > 0.05).all()
        assert units == pool.lively_units(natural, "fc7", 5, seed=1)
        assert units != pool.lively_units(natural, "fc7", 5, seed=2)

    def test_one_pass_for_each_network(self, natural, pool, monkeypatch):
        first = pool.peaks(natural)
        monkeypatch.setattr(
            knowledge_inside, "unit_peaks", lambda *_: pytest.fail("computed again")
        )
        assert pool.peaks(load_backbone("natural")) is first

    def test_refusals(self, natural, pool):
        with pytest.raises(ValueError, match="A pool without pictures"):
            knowledge_inside.PicturePool([])
        with pytest.raises(ValueError, match="conv1_1 has no unit 16: name one from 0 to 15"):
            pool.strongest(natural, "conv1_1", 16)
        with pytest.raises(ValueError, match="no layer called 'conv9_1'"):
            pool.strongest(natural, "conv9_1", 0)
        with pytest.raises(ValueError, match="ask for at most as many"):
            pool.lively_units(natural, "conv1_1", 17)


def mean_of_unit(backbone, picture, layer, unit):
    with torch.inference_mode():
        output = knowledge_inside.up_to(backbone, layer)(backbone.preprocess(picture)[None])
    return float(output[0, unit].mean())


class TestMaximised:
    @pytest.mark.parametrize(("layer", "unit"), [("conv2_2", 3), ("conv4_2", 9), ("fc7", 434)])
    def test_excites_its_unit_more_than_any_picture(self, natural, pictures, layer, unit):
        made = Image.fromarray(knowledge_inside.maximised_picture(natural, layer, unit, steps=25))
        best = max(mean_of_unit(natural, each, layer, unit) for each in pictures)
        assert mean_of_unit(natural, made, layer, unit) > best

    def test_more_steps_excite_more(self, natural):
        means = [
            mean_of_unit(
                natural,
                Image.fromarray(
                    knowledge_inside.maximised_picture(natural, "conv3_1", 5, steps=steps)
                ),
                "conv3_1",
                5,
            )
            for steps in (1, 8, 25)
        ]
        assert means == sorted(means)

    def test_seeds(self, natural):
        same = [knowledge_inside.maximised_picture(natural, "conv2_1", 4, seed=3, steps=4)]
        before = torch.random.get_rng_state()
        knowledge_inside._gradient_ascent(natural, "conv2_1", 4, 3, 4)
        assert torch.equal(before, torch.random.get_rng_state())
        same.append(knowledge_inside._gradient_ascent(natural, "conv2_1", 4, 3, 4))
        other = knowledge_inside.maximised_picture(natural, "conv2_1", 4, seed=4, steps=4)
        assert np.array_equal(*same) and not np.array_equal(same[0], other)

    def test_is_kept_on_disk_and_a_broken_file_is_made_again(self, natural, tmp_path, monkeypatch):
        monkeypatch.setenv("TLCOURSE_CACHE", str(tmp_path))
        first = knowledge_inside.maximised_picture(natural, "conv1_2", 0, steps=2)
        (file,) = (tmp_path / "maximised").iterdir()
        file.write_bytes(b"not a picture")
        assert np.array_equal(
            knowledge_inside.maximised_picture(natural, "conv1_2", 0, steps=2), first
        )
        monkeypatch.setattr(
            knowledge_inside, "_gradient_ascent", lambda *_: pytest.fail("made again")
        )
        assert np.array_equal(
            knowledge_inside.maximised_picture(natural, "conv1_2", 0, steps=2), first
        )

    def test_a_cache_that_cannot_be_written_is_a_warning(self, natural, tmp_path, monkeypatch):
        (tmp_path / "cache").write_bytes(b"a file where a folder is to be")
        monkeypatch.setenv("TLCOURSE_CACHE", str(tmp_path / "cache"))
        with pytest.warns(UserWarning, match="Not kept .*cannot be written"):
            made = knowledge_inside.maximised_picture(natural, "conv1_2", 0, steps=2)
        assert made.shape == (64, 64, 3)

    def test_weights_stay_as_they_are(self, natural):
        before = natural.network.conv1_1.weight.detach().clone()
        knowledge_inside.maximised_picture(natural, "conv1_1", 2, seed=9, steps=3)
        assert torch.equal(before, natural.network.conv1_1.weight)
        assert natural.network.conv1_1.weight.grad is None

    def test_refusals(self, natural):
        with pytest.raises(ValueError, match="fc7 has no unit -1"):
            knowledge_inside.maximised_picture(natural, "fc7", -1)
        with pytest.raises(ValueError, match="fc7 has no unit 1.5"):
            knowledge_inside.maximised_picture(natural, "fc7", 1.5)


class TestExcitation:
    def test_a_map_is_bright_where_the_filter_matches(self, natural):
        filters = natural.network.conv1_1.weight.detach().mean(dim=(2, 3)).numpy()
        unit = int(np.argmax(np.square(filters).sum(axis=1)))
        likes = np.where(filters[unit] > 0, 255, 0).astype(np.uint8)
        pixels = np.empty((64, 64, 3), np.uint8)
        pixels[:, :32], pixels[:, 32:] = likes, 255 - likes
        found = knowledge_inside.excitation(natural, Image.fromarray(pixels), "conv1_1", unit)
        assert found.where[:, 4:28].mean() > 10 * found.where[:, 36:60].mean()
        assert found.where.max() == pytest.approx(found.strength)

    @pytest.mark.parametrize("layer", ["conv3_2", "fc6", "fc7"])
    def test_strength_is_the_peak(self, natural, pool, layer):
        unit = int(pool.peaks(natural)[layer][0][0].argmax())
        found = knowledge_inside.excitation(natural, pool.pictures[0], layer, unit)
        assert found.strength == pytest.approx(pool.peaks(natural)[layer][0][0, unit], abs=1e-4)
        assert found.where.shape == (64, 64) and found.where.min() >= 0 and found.where.max() > 0
        assert np.abs(found.seen.astype(int) - np.asarray(pool.pictures[0])).max() <= 1

    def test_where_a_fully_connected_unit_looks_is_where_grey_takes_most(self, natural, pool):
        unit = int(pool.peaks(natural)["fc7"][0][1].argmax())
        found = knowledge_inside.excitation(natural, pool.pictures[1], "fc7", unit)
        row, column = np.unravel_index(found.where.argmax(), found.where.shape)
        losses = []
        for top, left in ((row, column), np.unravel_index(found.where.argmin(), (64, 64))):
            covered = np.asarray(pool.pictures[1]).copy()
            top, left = (min(max(int(at) - 4, 0), 56) for at in (top, left))
            covered[top : top + 8, left : left + 8] = 128
            less = knowledge_inside.excitation(
                natural, Image.fromarray(covered), "fc7", unit
            ).strength
            losses.append(found.strength - less)
        assert losses[0] > losses[1]

    def test_a_silent_unit_is_excited_nowhere(self, natural, pool):
        unit = int(np.flatnonzero(pool.peaks(natural)["fc7"][0][0] == 0)[0])
        found = knowledge_inside.excitation(natural, pool.pictures[0], "fc7", unit)
        assert found.strength == 0 and not found.where.any()

    def test_a_picture_of_any_size_and_mode(self, natural):
        found = knowledge_inside.excitation(natural, Image.new("L", (300, 90), 200), "conv4_1", 0)
        assert found.seen.shape == (64, 64, 3) and np.isfinite(found.strength)


def test_what_the_notebook_chooses_is_the_same_when_test_images_are_poisoned():
    (notebook,) = (file for file in NOTEBOOKS if file.stem.startswith("07"))
    code = "\n".join(cell.source for cell in cells_of(notebook) if cell.cell_type == "code")
    wanted = re.compile(r"^probe = .+?$|^def accuracy_on.+?(?=^\S)", re.M | re.S)
    chosen, scores = [], []
    for is_poisoned in (False, True):

        def features(source, target, is_poisoned=is_poisoned):
            train, test = shipped_features(source, target)
            if is_poisoned:
                labels = np.random.default_rng(0).permutation(test.labels)
                test = dataclasses.replace(test, matrix=9 * test.matrix + 5, labels=labels)
            return train, test

        names = vars(pipeline) | vars(metrics) | vars(linear_model) | vars(preprocessing)
        names |= {"np": np, "shipped_features": features}
        exec("\n".join(wanted.findall(code)), names)
        scores.append(names["accuracy_on"]("imagenet", "PACS photo", ["block9", "head"]))
        chosen.append((names["probe"][-1].alpha_, *names["probe"][0].mean_))
    assert chosen[0] == chosen[1] and scores[0] > scores[1]
