"""Batch normalisation put back."""

import pytest
import torch

from tlcourse.networks.backbones import load_backbone
from tlcourse.networks.batch_norm import calibrate, with_batch_norm


@pytest.fixture(scope="module")
def images():
    generator = torch.Generator().manual_seed(0)
    return torch.randn(12, 3, 64, 64, generator=generator), torch.arange(12) % 2


@torch.no_grad()
def test_in_eval_mode_the_function_stays(images):
    natural = load_backbone("natural")
    restored = with_batch_norm(natural, images)
    others = torch.randn(3, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(
        restored.network(others), natural.network.eval()(others), rtol=1e-4, atol=1e-4
    )


@torch.no_grad()
def test_on_the_images_of_the_statistics_train_mode_says_the_same(images):
    restored = with_batch_norm(load_backbone("natural"), images)
    network = restored.network
    expected = network[:2](images[0])
    network.train()
    torch.testing.assert_close(network[:2](images[0]), expected, rtol=1e-3, atol=1e-3)


@torch.no_grad()
def test_calibrated_statistics_are_those_of_the_images(images):
    from tlcourse.networks.layers import small_vgg_backbone

    start = small_vgg_backbone()
    found = calibrate(start, images).network
    expected = start.network.conv1_1(images[0]).mean((0, 2, 3))
    torch.testing.assert_close(found.bn1_1.running_mean, expected, rtol=1e-4, atol=1e-5)
    assert not start.network.bn1_1.running_mean.any()
    assert not found.training and not any(module.training for module in found.modules())


def test_a_network_that_has_it_is_refused(images):
    restored = with_batch_norm(load_backbone("natural"), images)
    with pytest.raises(ValueError, match="without batch normalisation"):
        with_batch_norm(restored, images)
