"""The small VGG of 5 classes: its batch normalisations folded into its layers."""

import torch
from torch import nn

from tlcourse.networks.small_vgg import fold_batch_norm, small_vgg


def test_folded_network_is_the_trained_one_layer_by_layer():
    """A network whose batch normalisations have seen data: no statistic is at its start."""
    torch.manual_seed(0)
    trained = small_vgg(5, batch_norm=True).train()
    for module in trained.modules():
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 2)
            nn.init.uniform_(module.bias, -1, 1)
    with torch.no_grad():
        for _ in range(2):
            trained(2 * torch.randn(8, 3, 64, 64) + 0.5)
    before = {name: tensor.clone() for name, tensor in trained.state_dict().items()}
    folded = fold_batch_norm(trained)
    assert all(torch.equal(before[name], tensor) for name, tensor in trained.state_dict().items())
    assert not any(module.training for module in folded.modules())
    assert [n for n, _ in folded.named_children()] == [n for n, _ in small_vgg(5).named_children()]
    wanted = got = torch.randn(8, 3, 64, 64)
    layers = dict(folded.named_children())
    with torch.no_grad():
        for name, layer in trained.eval().named_children():
            wanted = layer(wanted)
            got = layers[name](got) if name in layers else got
            if name.startswith(("relu", "fc8")):
                torch.testing.assert_close(got, wanted, atol=1e-4, rtol=1e-4)
    assert got.shape == (8, 5) and got.std() > 0.1
