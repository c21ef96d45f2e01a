"""Batch normalisation put back, and re-estimated."""

import pytest
import torch

from tlcourse.networks.batch_norm import calibrate, with_batch_norm
from tlcourse.networks.layers import small_vgg_backbone


@pytest.fixture(scope="module")
def images():
    generator = torch.Generator().manual_seed(0)
    return torch.randn(12, 3, 64, 64, generator=generator), torch.arange(12) % 2


@torch.no_grad()
def test_the_function_stays_and_on_the_images_of_the_statistics_in_train_mode_too(natural, images):
    restored = with_batch_norm(natural, images)
    network, others = restored.network, images[0][:3].flip(3)
    expected = natural.network.eval()(others)
    torch.testing.assert_close(network(others), expected, rtol=1e-4, atol=1e-4)
    expected = network[:2](images[0])
    network.train()
    torch.testing.assert_close(network[:2](images[0]), expected, rtol=1e-3, atol=1e-3)
    with pytest.raises(ValueError, match="without batch normalisation"):
        with_batch_norm(restored, images)


@torch.no_grad()
def test_calibrated_statistics_are_those_of_the_images(images):
    start = small_vgg_backbone()
    found = calibrate(start, images).network
    expected = start.network.conv1_1(images[0]).mean((0, 2, 3))
    torch.testing.assert_close(found.bn1_1.running_mean, expected, rtol=1e-4, atol=1e-5)
    assert not start.network.bn1_1.running_mean.any()
    assert not found.training and not any(module.training for module in found.modules())
