"""The small VGG: its layers, its size, and batch normalisation folded into them."""

import pytest
import torch
from torch import nn

from tlcourse.networks.small_vgg import fold_batch_norm, small_vgg

CONVOLUTIONS = [f"conv{block}_{number}" for block in range(1, 6) for number in (1, 2)]


@pytest.fixture
def trained():
    """A network whose batch normalisations have seen data: no statistic is at its start."""
    torch.manual_seed(0)
    network = small_vgg(5, batch_norm=True)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 2)
            nn.init.uniform_(module.bias, -1, 1)
    network.train()
    with torch.no_grad():
        for _ in range(2):
            network(2 * torch.randn(8, 3, 64, 64) + 0.5)
    return network


def test_layers_have_the_names_of_the_lecture():
    names = [name for name, _ in small_vgg(5).named_children()]
    weighted = [name for name in names if name.startswith(("conv", "fc"))]
    assert weighted == [*CONVOLUTIONS, "fc6", "fc7", "fc8"]
    assert [name for name in names if name.startswith("pool")] == [f"pool{n}" for n in range(1, 6)]


def test_each_layer_but_the_last_is_followed_by_relu():
    children = list(small_vgg(5).named_children())
    after = {name: children[place + 1] for place, (name, _) in enumerate(children[:-1])}
    for name in [*CONVOLUTIONS, "fc6", "fc7"]:
        relu_name, relu = after[name]
        assert relu_name == "relu" + name.removeprefix("conv").removeprefix("fc")
        assert isinstance(relu, nn.ReLU)
    assert children[-1][0] == "fc8"


def test_number_of_parameters():
    channels = [3, 16, 16, 48, 48, 96, 96, 160, 160, 192, 192]
    pairs = zip(channels, channels[1:], strict=False)
    convolutions = sum(9 * given * made + made for given, made in pairs)
    connected = (192 * 2 * 2 + 1) * 512 + (512 + 1) * 512 + (512 + 1) * 41
    count = sum(parameter.numel() for parameter in small_vgg(41).parameters())
    assert count == convolutions + connected
    assert 2 * count < 4_000_000  # float16 weights stay under 4 MB


@pytest.mark.parametrize("batch_norm", [False, True])
def test_scores(batch_norm):
    network = small_vgg(7, batch_norm).eval()
    assert network(torch.zeros(2, 3, 64, 64)).shape == (2, 7)


def test_folded_network_gives_the_same_scores(trained):
    images = torch.randn(8, 3, 64, 64)
    folded = fold_batch_norm(trained)
    with torch.no_grad():
        wanted, got = trained.eval()(images), folded(images)
    assert wanted.std() > 0.1
    torch.testing.assert_close(got, wanted, atol=1e-4, rtol=1e-4)


def test_folded_network_has_no_batch_norm_and_every_layer_agrees(trained):
    folded = fold_batch_norm(trained)
    assert [n for n, _ in folded.named_children()] == [n for n, _ in small_vgg(5).named_children()]
    wanted = got = torch.randn(4, 3, 64, 64)
    layers = dict(folded.named_children())
    with torch.no_grad():
        for name, layer in trained.eval().named_children():
            wanted = layer(wanted)
            got = layers[name](got) if name in layers else got
            if name.startswith(("relu", "fc8")):
                torch.testing.assert_close(got, wanted, atol=1e-4, rtol=1e-4)


def test_folding_leaves_the_network_as_it_was(trained):
    before = {name: tensor.clone() for name, tensor in trained.state_dict().items()}
    fold_batch_norm(trained)
    assert all(torch.equal(before[name], tensor) for name, tensor in trained.state_dict().items())


def test_folded_network_is_in_eval_mode(trained):
    folded = fold_batch_norm(trained)
    images = torch.randn(2, 3, 64, 64)
    assert not any(module.training for module in folded.modules())
    assert torch.equal(folded(images), folded(images))
