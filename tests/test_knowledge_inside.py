"""What units see and what excites them, against gradients, brute force and hand-made networks."""

import dataclasses
import re

import numpy as np
import pytest
import torch
from parsed import NOTEBOOKS, code_of
from PIL import Image
from sklearn import linear_model, metrics, pipeline, preprocessing

from tlcourse.datasets.drawn import HybridImages
from tlcourse.features.extraction import shipped_features
from tlcourse.networks import units
from tlcourse.networks.backbones import load_backbone
from tlcourse.networks.units import PicturePool, excitation, maximised_picture, up_to


@pytest.fixture(scope="module")
def pictures():
    hybrids = HybridImages("val")
    return [hybrids[index][0] for index in range(40)]


@pytest.fixture(scope="module")
def pool(pictures):
    return PicturePool(pictures)


def averaging(backbone, layer):
    """The network up to a layer with all weights equal and every max-pool an average: no path
    from a pixel to a unit can be cut."""
    network = up_to(backbone, layer)
    for place, module in enumerate(network):
        if isinstance(module, torch.nn.Conv2d):
            same = torch.nn.Conv2d(module.in_channels, module.out_channels, 3, padding=1)
            torch.nn.init.constant_(same.weight, 1 / same.weight[0].numel())
            torch.nn.init.zeros_(same.bias)
            network[place] = same
        elif isinstance(module, torch.nn.MaxPool2d):
            network[place] = torch.nn.AvgPool2d(2)
    return network


class TestReceptiveFields:
    @pytest.mark.parametrize("layer", ["conv1_1", "conv1_2", "conv2_1", "conv3_2", "conv4_1"])
    def test_the_pixels_with_a_gradient_are_the_field(self, natural, layer):
        field = units.receptive_fields(natural)[layer]
        image = torch.ones(1, 3, 64, 64, requires_grad=True)
        maps = averaging(natural, layer)(image)
        row = maps.shape[2] // 2
        (gradient,) = torch.autograd.grad(maps[0, 0, row, row], image)
        seen = np.flatnonzero(gradient[0].abs().sum((0, 2)))
        middle = field.start + field.step * row
        first, last = middle - field.side / 2, middle + field.side / 2
        assert (seen[0], seen[-1] + 1) == (max(first, 0), min(last, 64))

    def test_vgg16_as_published(self):
        fields = units.receptive_fields(load_backbone("vgg16", "random"))
        layers = ("conv1_2", "conv2_2", "conv3_3", "conv4_3", "conv5_3")
        assert [fields[layer].side for layer in layers] == [5, 14, 40, 92, 196]

    def test_patch_inside_and_over_the_edge(self):
        pixels = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
        field, picture = units.ReceptiveField(side=3, step=1, start=0.5), Image.fromarray(pixels)
        assert np.array_equal(field.patch(picture, (10, 20)), pixels[9:12, 19:22])
        corner = np.asarray(field.patch(picture, (0, 63)))
        assert np.array_equal(corner[1:, :2], pixels[:2, 62:])
        assert (corner[0] == units.GREY).all() and (corner[:, 2] == units.GREY).all()


class TestPeaks:
    @pytest.mark.parametrize("layer", ["conv1_2", "conv5_2", "fc7"])
    def test_against_the_network_one_picture_at_a_time(self, natural, pool, layer):
        (values, places), unit = pool.peaks(natural)[layer], 7
        for row in (0, 33):
            image = natural.preprocess(pool.pictures[row])[None]
            with torch.inference_mode():
                maps = up_to(natural, layer)(image)[0, unit].relu()
            assert values[row, unit] == pytest.approx(float(maps.max()), abs=1e-4)
            if maps.ndim == 2:
                assert maps[tuple(places[row, unit])].item() == pytest.approx(
                    maps.max().item(), abs=1e-4
                )

    def test_strongest_are_in_order_and_none_is_stronger(self, natural, pool):
        found = pool.strongest(natural, "conv4_1", 11, n=5)
        values = pool.peaks(natural)["conv4_1"][0][:, 11]
        assert [each.strength for each in found] == sorted(values.tolist(), reverse=True)[:5]
        assert all(each.patch.size == (52, 52) for each in found)
        assert pool.share_below(natural, "conv4_1", 11, values.max()) <= 39 / 40
        assert pool.share_below(natural, "conv4_1", 11, values.max() + 1) == 1

    def test_lively_units_respond(self, natural, pool):
        found = pool.lively_units(natural, "fc7", 5, seed=1)
        responds = (pool.peaks(natural)["fc7"][0][:, found] > 0).mean(axis=0)
        assert len(set(found)) == 5 and (responds > 0.05).all()
        assert found == pool.lively_units(natural, "fc7", 5, seed=1)
        assert found != pool.lively_units(natural, "fc7", 5, seed=2)

    def test_one_pass_for_each_network(self, natural, pool, monkeypatch):
        first = pool.peaks(natural)
        monkeypatch.setattr(units, "unit_peaks", lambda *_: pytest.fail("computed again"))
        assert pool.peaks(load_backbone("natural")) is first


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda pool, net: PicturePool([]), "without pictures"),
        (lambda pool, net: pool.strongest(net, "conv1_1", 16), "conv1_1 has no unit 16"),
        (lambda pool, net: pool.strongest(net, "conv9_1", 0), "no layer called 'conv9_1'"),
        (lambda pool, net: pool.lively_units(net, "conv1_1", 17), "ask for at most as many"),
        (lambda pool, net: maximised_picture(net, "fc7", -1), "fc7 has no unit -1"),
        (lambda pool, net: maximised_picture(net, "fc7", 1.5), "fc7 has no unit 1.5"),
        (
            lambda pool, net: units.receptive_fields(load_backbone("resnet18", "random")),
            "resnet18 is not one sequence of layers",
        ),
    ],
)
def test_what_is_not_there_is_a_sentence(natural, pool, ask, words):
    with pytest.raises(ValueError, match=words):
        ask(pool, natural)


def mean_of_unit(backbone, pixels, layer, unit):
    picture = Image.fromarray(np.asarray(pixels))
    with torch.inference_mode():
        output = up_to(backbone, layer)(backbone.preprocess(picture)[None])
    return float(output[0, unit].mean())


@pytest.mark.usefixtures("own_cache")
class TestMaximised:
    @pytest.mark.parametrize(("layer", "unit"), [("conv2_2", 3), ("fc7", 434)])
    def test_excites_its_unit_more_than_any_picture(self, natural, pictures, layer, unit):
        made = maximised_picture(natural, layer, unit, steps=25)
        best = max(mean_of_unit(natural, each, layer, unit) for each in pictures)
        assert mean_of_unit(natural, made, layer, unit) > best

    def test_the_seed_decides_and_network_and_random_numbers_are_left_alone(self, natural):
        before, weights = torch.random.get_rng_state(), natural.network.conv1_1.weight
        kept = weights.detach().clone()
        one, again = (units._gradient_ascent(natural, "conv2_1", 4, 3, 4) for _ in "ab")
        other = maximised_picture(natural, "conv2_1", 4, seed=4, steps=4)
        assert np.array_equal(one, again) and not np.array_equal(one, other)
        assert torch.equal(before, torch.random.get_rng_state())
        assert torch.equal(kept, weights) and weights.grad is None

    def test_is_kept_on_disk_and_a_broken_file_is_made_again(self, natural, own_cache, monkeypatch):
        first = maximised_picture(natural, "conv1_2", 0, steps=2)
        (file,) = (own_cache / "maximised").iterdir()
        file.write_bytes(b"not a picture")
        assert np.array_equal(maximised_picture(natural, "conv1_2", 0, steps=2), first)
        monkeypatch.setattr(units, "_gradient_ascent", lambda *_: pytest.fail("made again"))
        assert np.array_equal(maximised_picture(natural, "conv1_2", 0, steps=2), first)


class TestExcitation:
    def test_a_map_is_bright_where_the_filter_matches(self, natural):
        filters = natural.network.conv1_1.weight.detach().mean(dim=(2, 3)).numpy()
        unit = int(np.argmax(np.square(filters).sum(axis=1)))
        likes = np.where(filters[unit] > 0, 255, 0).astype(np.uint8)
        pixels = np.empty((64, 64, 3), np.uint8)
        pixels[:, :32], pixels[:, 32:] = likes, 255 - likes
        found = excitation(natural, Image.fromarray(pixels), "conv1_1", unit)
        assert found.where[:, 4:28].mean() > 10 * found.where[:, 36:60].mean()
        assert found.where.max() == pytest.approx(found.strength)

    @pytest.mark.parametrize("layer", ["conv3_2", "fc7"])
    def test_strength_is_the_peak(self, natural, pool, layer):
        unit = int(pool.peaks(natural)[layer][0][0].argmax())
        found = excitation(natural, pool.pictures[0], layer, unit)
        assert found.strength == pytest.approx(pool.peaks(natural)[layer][0][0, unit], abs=1e-4)
        assert found.where.shape == (64, 64) and found.where.min() >= 0 and found.where.max() > 0
        assert np.abs(found.seen.astype(int) - np.asarray(pool.pictures[0])).max() <= 1

    def test_where_a_fully_connected_unit_looks_is_where_grey_takes_most(self, natural, pool):
        unit = int(pool.peaks(natural)["fc7"][0][1].argmax())
        found = excitation(natural, pool.pictures[1], "fc7", unit)
        losses = []
        for place in (found.where.argmax(), found.where.argmin()):
            covered = np.asarray(pool.pictures[1]).copy()
            top, left = np.clip(np.subtract(np.unravel_index(place, (64, 64)), 4), 0, 56)
            covered[top : top + 8, left : left + 8] = 128
            less = excitation(natural, Image.fromarray(covered), "fc7", unit).strength
            losses.append(found.strength - less)
        assert losses[0] > losses[1]

    def test_a_silent_unit_and_a_picture_of_any_size_and_mode(self, natural, pool):
        unit = int(np.flatnonzero(pool.peaks(natural)["fc7"][0][0] == 0)[0])
        found = excitation(natural, pool.pictures[0], "fc7", unit)
        assert found.strength == 0 and not found.where.any()
        found = excitation(natural, Image.new("L", (300, 90), 200), "conv4_1", 0)
        assert found.seen.shape == (64, 64, 3) and np.isfinite(found.strength)


def test_what_the_notebook_chooses_is_the_same_when_test_images_are_poisoned():
    (notebook,) = (file for file in NOTEBOOKS if file.stem.startswith("07"))
    wanted = re.compile(r"^probe = .+?$|^def accuracy_on.+?(?=^\S)", re.M | re.S)
    code = "\n".join(wanted.findall("\n".join(code_of(notebook).values())))
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
        exec(code, names)
        scores.append(names["accuracy_on"]("imagenet", "PACS photo", ["block9", "head"]))
        chosen.append((names["probe"][-1].alpha_, *names["probe"][0].mean_))
    assert chosen[0] == chosen[1] and scores[0] > scores[1]
