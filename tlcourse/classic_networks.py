"""Three classic networks as their papers have them; torchvision has none of them."""

import torch
from torch import nn
from torch.nn import functional as F

_THREE, _FOUR = ([[(i + j) % 6 for j in range(n)] for i in range(6)] for n in (3, 4))
C3_SEES = (*_THREE, *_FOUR, [0, 1, 3, 4], [1, 2, 4, 5], [0, 2, 3, 5], list(range(6)))


class LeNet5(nn.Module):
    """LeNet-5 as its paper has it: 32 x 32 grey pixels in, ten distances out.

    Subsampling has a trained coefficient and bias a map; each map of C3 sees some maps of S2 only
    (table I of the paper); the output compares F6 with a fixed code of ten characters.

    References
    ----------
    LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document recognition",
    Proceedings of the IEEE 86 (1998).
    """

    def __init__(self):
        super().__init__()
        self.c1, self.s2 = nn.Conv2d(1, 6, 5), Subsampling(6)
        self.c3 = nn.ModuleList(nn.Conv2d(len(seen), 1, 5) for seen in C3_SEES)
        self.s4, self.c5, self.f6 = Subsampling(16), nn.Conv2d(16, 120, 5), nn.Linear(120, 84)
        self.register_buffer("codes", torch.ones(10, 84))

    def forward(self, images):
        x = self.s2(_squash(self.c1(images)))
        x = torch.cat(
            [conv(x[:, seen]) for conv, seen in zip(self.c3, C3_SEES, strict=True)], dim=1
        )
        x = _squash(self.c5(self.s4(_squash(x)))).flatten(1)
        x = _squash(self.f6(x))
        squares = (x**2).sum(1, keepdim=True) + (self.codes**2).sum(1)
        return squares - 2 * F.linear(x, self.codes)


class Subsampling(nn.Module):
    """The mean of four neighbours, times a trained coefficient, plus a trained bias."""

    def __init__(self, maps):
        super().__init__()
        self.coefficient = nn.Parameter(torch.ones(maps, 1, 1))
        self.bias = nn.Parameter(torch.zeros(maps, 1, 1))

    def forward(self, x):
        return _squash(self.coefficient * F.avg_pool2d(x, 2) + self.bias)


def _squash(x):
    return 1.7159 * torch.tanh(2 / 3 * x)


def alexnet_2012():
    """AlexNet with its two towers, as trained on two cards; torchvision's has one tower.

    conv2, conv4 and conv5 see the maps of their own tower only (two groups).

    References
    ----------
    Krizhevsky, Sutskever and Hinton, "ImageNet classification with deep convolutional neural
    networks", NIPS 2012; the one tower: Krizhevsky, "One weird trick ...", arXiv 1404.5997.
    """
    shape = {1: (3, 96, 11), 2: (96, 256, 5), 3: (256, 384, 3), 4: (384, 384, 3), 5: (384, 256, 3)}
    layers = []
    for number, (maps_in, maps, side) in shape.items():
        geometry = {"stride": 4, "padding": 2} if number == 1 else {"padding": side // 2}
        groups = 2 if number in (2, 4, 5) else 1
        layers += [nn.Conv2d(maps_in, maps, side, groups=groups, **geometry), nn.ReLU()]
        layers += [nn.LocalResponseNorm(5)] if number < 3 else []
        layers += [nn.MaxPool2d(3, 2)] if number in (1, 2, 5) else []
    widths = (256 * 6 * 6, 4096, 4096)
    layers.append(nn.Flatten())
    for inputs in widths[:2]:
        layers += [nn.Dropout(), nn.Linear(inputs, 4096), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(widths[2], 1000))


def cifar_resnet(depth=56):
    """The residual network for the 32 x 32 pixels of CIFAR-10: 16, 32 and 64 maps, 6n + 2 layers.

    Parameters
    ----------
    depth : int
        20, 32, 44, 56 or 110 in the paper.

    Returns
    -------
    nn.Sequential

    Raises
    ------
    ValueError
        If the depth is not 6n + 2.

    References
    ----------
    He, Zhang, Ren and Sun, "Deep residual learning for image recognition", arXiv 1512.03385,
    section 4.2; shortcuts without parameters (its option A).
    """
    n, rest = divmod(depth - 2, 6)
    if rest or n < 1:
        raise ValueError(f"A ResNet for CIFAR-10 has 6n + 2 layers, not {depth}: 56, for example.")
    layers, maps = [nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU()], 16
    for width in (16, 32, 64):
        for _ in range(n):
            layers.append(BasicBlock(maps, width))
            maps = width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


class BasicBlock(nn.Module):
    """Two convolutions and the shortcut past them; half the side where the maps double."""

    def __init__(self, maps_in, maps):
        super().__init__()
        self.stride, self.missing = maps // maps_in, maps - maps_in
        self.conv1 = nn.Conv2d(maps_in, maps, 3, self.stride, padding=1, bias=False)
        self.conv2 = nn.Conv2d(maps, maps, 3, padding=1, bias=False)
        self.bn1, self.bn2 = nn.BatchNorm2d(maps), nn.BatchNorm2d(maps)

    def forward(self, x):
        shortcut = x[:, :, :: self.stride, :: self.stride]
        shortcut = F.pad(shortcut, (0, 0, 0, 0, self.missing // 2, self.missing // 2))
        x = torch.relu(self.bn1(self.conv1(x)))
        return torch.relu(self.bn2(self.conv2(x)) + shortcut)
