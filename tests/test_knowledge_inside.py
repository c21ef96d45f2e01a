"""What units see and what excites them, against gradients, brute force and hand-made networks."""

import copy
from functools import partial

import numpy as np
import pytest
import torch
from PIL import Image

from tlcourse.datasets.drawn import HybridImages
from tlcourse.networks import units
from tlcourse.networks.backbones import load_backbone
from tlcourse.networks.layers import as_backbone
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
    network = copy.deepcopy(up_to(backbone, layer))
    for place, module in enumerate(network):
        if isinstance(module, torch.nn.Conv2d):
            torch.nn.init.constant_(module.weight, 1 / module.weight[0].numel())
            torch.nn.init.zeros_(module.bias)
        elif isinstance(module, torch.nn.MaxPool2d):
            network[place] = torch.nn.AvgPool2d(2)
    return network


@pytest.mark.parametrize("layer", ["conv1_1", "conv1_2", "conv2_1", "conv3_2", "conv4_1"])
def test_the_pixels_with_a_gradient_are_the_receptive_field(natural, layer):
    field = units.receptive_fields(natural)[layer]
    image = torch.ones(1, 3, 64, 64, requires_grad=True)
    maps = averaging(natural, layer)(image)
    row = maps.shape[2] // 2
    (gradient,) = torch.autograd.grad(maps[0, 0, row, row], image)
    seen = np.flatnonzero(gradient[0].abs().sum((0, 2)))
    middle = field.start + field.step * row
    first, last = middle - field.side / 2, middle + field.side / 2
    assert (seen[0], seen[-1] + 1) == (max(first, 0), min(last, 64))


def test_receptive_fields_of_vgg16_as_published():
    fields = units.receptive_fields(as_backbone("vgg16"))
    layers = ("conv1_2", "conv2_2", "conv3_3", "conv4_3", "conv5_3")
    assert [fields[layer].side for layer in layers] == [5, 14, 40, 92, 196]


def test_a_patch_inside_and_over_the_edge():
    pixels = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    field, picture = units.ReceptiveField(side=3, step=1, start=0.5), Image.fromarray(pixels)
    assert np.array_equal(field.patch(picture, (10, 20)), pixels[9:12, 19:22])
    corner = np.asarray(field.patch(picture, (0, 63)))
    assert np.array_equal(corner[1:, :2], pixels[:2, 62:])
    assert (corner[0] == units.GREY).all() and (corner[:, 2] == units.GREY).all()


@pytest.mark.parametrize("layer", ["conv1_2", "conv5_2", "fc7"])
def test_peaks_against_the_network_one_picture_at_a_time(natural, pool, layer):
    (values, places), unit = pool.peaks(natural)[layer], 7
    for row in (0, 33):
        image = natural.preprocess(pool.pictures[row])[None]
        with torch.inference_mode():
            maps = up_to(natural, layer)(image)[0, unit].relu()
        assert values[row, unit] == pytest.approx(maps.max().item(), abs=1e-4)
        if maps.ndim == 2:
            peak = maps[tuple(places[row, unit])].item()
            assert peak == pytest.approx(maps.max().item(), abs=1e-4)


def test_the_strongest_are_in_order_and_lively_units_respond(natural, pool, monkeypatch):
    peaks = pool.peaks(natural)
    values, found = peaks["conv4_1"][0][:, 11], pool.strongest(natural, "conv4_1", 11, n=5)
    assert [each.strength for each in found] == sorted(values.tolist(), reverse=True)[:5]
    assert all(each.patch.size == (52, 52) for each in found)
    assert pool.share_below(natural, "conv4_1", 11, values.max()) <= 39 / 40
    assert pool.share_below(natural, "conv4_1", 11, values.max() + 1) == 1
    lively = pool.lively_units(natural, "fc7", 5, seed=1)
    responds = (peaks["fc7"][0][:, lively] > 0).mean(axis=0)
    assert len(set(lively)) == 5 and (responds > 0.05).all()
    assert lively == pool.lively_units(natural, "fc7", 5, seed=1)
    assert lively != pool.lively_units(natural, "fc7", 5, seed=2)
    monkeypatch.setattr(units, "unit_peaks", lambda *_: pytest.fail("computed again"))
    assert pool.peaks(load_backbone("natural")) is peaks


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
            lambda *_: units.receptive_fields(as_backbone("resnet18")),
            "is not one sequence of layers",
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


@pytest.mark.parametrize(("layer", "unit"), [("conv2_2", 3), ("fc7", 434)])
def test_a_maximised_picture_excites_most(natural, pictures, own_cache, layer, unit):
    made = maximised_picture(natural, layer, unit, steps=25)
    best = max(mean_of_unit(natural, each, layer, unit) for each in pictures)
    assert mean_of_unit(natural, made, layer, unit) > best


def test_its_seed_decides_and_nothing_else_is_changed(natural, own_cache, monkeypatch):
    before, weights = torch.random.get_rng_state(), natural.network.conv1_1.weight
    kept, ask = weights.detach().clone(), partial(maximised_picture, natural, "conv2_1", 4, steps=4)
    one, other = ask(seed=3), ask(seed=4)
    for file in (own_cache / "maximised").iterdir():
        file.write_bytes(b"not a picture")
    assert np.array_equal(one, ask(seed=3)) and not np.array_equal(one, other)
    monkeypatch.setattr(units, "_gradient_ascent", lambda *_: pytest.fail("made again"))
    assert np.array_equal(one, ask(seed=3))
    assert torch.equal(before, torch.random.get_rng_state())
    assert torch.equal(kept, weights) and weights.grad is None


def test_an_excitation_is_bright_where_the_filter_matches(natural):
    filters = natural.network.conv1_1.weight.detach().mean(dim=(2, 3)).numpy()
    unit = int(np.argmax(np.square(filters).sum(axis=1)))
    likes = np.where(filters[unit] > 0, 255, 0).astype(np.uint8)
    pixels = np.empty((64, 64, 3), np.uint8)
    pixels[:, :32], pixels[:, 32:] = likes, 255 - likes
    found = excitation(natural, Image.fromarray(pixels), "conv1_1", unit)
    assert found.where[:, 4:28].mean() > 10 * found.where[:, 36:60].mean()
    assert found.where.max() == pytest.approx(found.strength)


@pytest.mark.parametrize("layer", ["conv3_2", "fc7"])
def test_the_strength_is_the_peak_and_a_silent_unit_has_none(natural, pool, layer):
    values = pool.peaks(natural)[layer][0][0]
    for unit in (values.argmax(), values.argmin()):
        found = excitation(natural, pool.pictures[0], layer, int(unit))
        assert found.strength == pytest.approx(values[unit], abs=1e-4)
        assert found.where.shape == (64, 64) and found.where.min() >= 0
        assert found.where.any() == (found.strength > 0)
        assert np.abs(found.seen.astype(int) - np.asarray(pool.pictures[0])).max() <= 1
    assert values.min() == 0 or layer != "fc7"
    found = excitation(natural, Image.new("L", (300, 90), 200), layer, 0)
    assert found.seen.shape == (64, 64, 3) and np.isfinite(found.strength)
