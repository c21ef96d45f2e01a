"""The networks of "growing up": built without weights, counted, compared with the papers."""

from itertools import pairwise

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import pytest
import torch
from torch import nn

from tlcourse import plots
from tlcourse.networks import zoo
from tlcourse.networks.zoo import (
    C3_SEES,
    NETWORKS,
    OF_IMAGENET,
    ON_THE_SLIDE,
    LeNet5,
    alexnet_2012,
    cifar_resnet,
    count,
    count_depth,
    count_network,
)

OF_TORCHVISION = [name for name, design in NETWORKS.items() if design.torchvision]


@pytest.fixture(autouse=True)
def own_figures():
    with matplotlib.rc_context():
        yield
    plt.close("all")


@pytest.mark.parametrize("name", OF_TORCHVISION)
def test_counts_are_those_of_torchvision(name):
    counted, theirs = count_network(name), zoo.torchvision_metadata(name)
    assert round(counted.multiply_adds / 1e9, 3) == theirs["multiply_adds"] / 1e9
    if name != "Inception-V3":
        assert counted.parameters == theirs["parameters"]


def test_inception_differs_by_its_auxiliary_head():
    with torch.device("meta"):
        network = zoo.models.inception_v3(init_weights=False)
    with_head = sum(parameter.numel() for parameter in network.parameters())
    head = sum(parameter.numel() for parameter in network.AuxLogits.parameters())
    assert with_head == zoo.torchvision_metadata("Inception-V3")["parameters"] == 27_161_264
    assert count_network("Inception-V3").parameters == with_head - head


@pytest.mark.parametrize(
    ("name", "depth"),
    [("LeNet-5", 5), ("AlexNet", 8), ("VGG19", 19), ("GoogLeNet", 22), ("ResNet-56", 56)]
    + [("ResNet-50", 50), ("ResNet-152", 152), ("Inception-V3", 48), ("AlexNet, one tower", 8)],
)
def test_depth(name, depth):
    assert count_network(name).depth == depth


def test_lenet5_layer_by_layer():
    layers = {name: sum(p.numel() for p in m.parameters()) for name, m in LeNet5().named_children()}
    assert layers == dict(c1=156, s2=12, c3=1516, s4=32, c5=48_120, f6=10_164)
    assert sum(layers.values()) == count_network("LeNet-5").parameters == 60_000
    products = 25 * 6 * 28 * 28 + 25 * 60 * 10 * 10 + 48_000 + 10_080 + 840
    assert count_network("LeNet-5").multiply_adds == products
    assert sum(map(len, C3_SEES)) == 60 and len(set(map(tuple, C3_SEES))) == 16


def test_lenet5_gives_squared_distances_to_its_codes():
    torch.manual_seed(0)
    network = LeNet5()
    network.codes.copy_(torch.randn(10, 84).sign())
    seen = []
    network.f6.register_forward_hook(lambda *call: seen.append(call[-1]))
    with torch.inference_mode():
        distances = network(torch.randn(3, 1, 32, 32))
    features = 1.7159 * torch.tanh(2 / 3 * seen[0])
    assert torch.allclose(distances, torch.cdist(features, network.codes) ** 2, rtol=1e-3)


def test_two_towers_of_alexnet():
    with torch.device("meta"):
        network = alexnet_2012()
    convolutions = [m for m in network if isinstance(m, nn.Conv2d)]
    sizes = [sum(p.numel() for p in m.parameters()) for m in convolutions]
    assert sizes == [34_944, 307_456, 885_120, 663_936, 442_624]
    assert count_network("AlexNet").parameters == sum(sizes) + 37_752_832 + 16_781_312 + 4_097_000
    products = (105_415_200, 223_948_800, 149_520_384, 112_140_288, 74_760_192)
    linear = 9216 * 4096 + 4096 * 4096 + 4096 * 1000
    assert count_network("AlexNet").multiply_adds == sum(products) + linear


def test_resnet56_is_that_of_cifar10():
    counted = count_network("ResNet-56")
    assert NETWORKS["ResNet-56"].input_shape == (1, 3, 32, 32)
    assert round(counted.parameters / 1e6, 2) == 0.85 and counted.fully_connected == 650
    assert round(counted.multiply_adds / 1e9, 2) == 0.13
    assert "resnet56" not in zoo.models.list_models(module=zoo.models)
    with torch.inference_mode():
        assert cifar_resnet(20).eval()(torch.zeros(2, 3, 32, 32)).shape == (2, 10)


@pytest.mark.parametrize(("depth", "millions"), [(20, 0.27), (32, 0.46), (44, 0.66), (110, 1.7)])
def test_cifar_resnets_have_the_parameters_of_the_paper(depth, millions):
    counted = count(cifar_resnet(depth), (1, 3, 32, 32))
    assert counted.depth == depth and counted.parameters / 1e6 == pytest.approx(millions, rel=0.02)


@pytest.mark.parametrize("depth", [52, 2, 57])
def test_other_depths_are_refused(depth):
    with pytest.raises(ValueError, match=f"6n . 2 layers, not {depth}"):
        cifar_resnet(depth)


def test_depth_takes_the_longest_branch_and_no_norm():
    class Branches(nn.Module):
        def __init__(self):
            super().__init__()
            self.long = nn.Sequential(nn.Conv2d(3, 3, 1), nn.BatchNorm2d(3), nn.Conv2d(3, 3, 1))
            self.short = nn.Conv2d(3, 3, 1)

        def forward(self, x):
            return self.long(x) + self.short(x) + x

    assert count_depth(Branches()) == 2


def test_counts_agree_with_the_published_numbers():
    for row in zoo.published():
        counted = count_network(row["network"])
        if row["quantity"] == "parameters":
            assert counted.parameters == pytest.approx(float(row["value"]), rel=0.05)
        elif row["quantity"] == "multiply-adds":
            assert counted.multiply_adds == pytest.approx(float(row["value"]), rel=0.15)
        assert row["network"] in NETWORKS and row["source"] and float(row["value"]) > 0


def test_growth():
    for names in (ON_THE_SLIDE, OF_IMAGENET):
        of_year = {name: NETWORKS[name].year for name in names}
        depths = {year: [count_network(n).depth for n in names if of_year[n] == year]
                  for year in sorted(set(of_year.values()))}  # fmt: skip
        assert all(max(a) < min(b) for a, b in pairwise(depths.values()))
    assert count_network("GoogLeNet").parameters < count_network("AlexNet").parameters


def test_unknown_network_and_missing_numbers():
    with pytest.raises(ValueError, match="no network 'ResNet-57': choose from LeNet-5"):
        count_network("ResNet-57")
    with pytest.raises(ValueError, match="torchvision has no ResNet-56"):
        zoo.torchvision_metadata("ResNet-56")
    assert zoo.published_number("ResNet-50", "top-5 error") is None


@pytest.mark.parametrize(
    ("number", "text"),
    [(60_000, "60 k"), (853_018, "0.85 M"), (61_100_840, "61.1 M"), (19.632e9, "19.6 G")]
    + [(124.9e6, "125 M"), (1.498e9, "1.5 G"), (3.57, "3.57"), (152, "152")],
)
def test_short(number, text):
    assert zoo.short(number) == text


def test_table_shows_counted_and_published():
    table = zoo.beside_the_papers(ON_THE_SLIDE)
    assert list(table.index) == list(ON_THE_SLIDE)
    row = table.loc["LeNet-5"]
    assert row["parameters"] == row["parameters (paper)"] == "60 k"
    assert row["multiply-adds (paper)"] == "-" and row["error, % (paper)"] == "0.95"


def test_ranges_figure_spans_low_to_high_and_marks():
    ranges = {"transfer, x": (1, 10), "pre-training, x": (1e3, 1e5)}
    ax = plots.plot_ranges(ranges, "Wh", str, {"pre-training, x": 5e3})
    spans = [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in ax.patches]
    assert spans == [(1, 10), (1e3, 1e5)] and ax.get_xscale() == "log"
    assert {bar.get_hatch() or "" for bar in ax.patches} == {"", "//"}
    assert tuple(ax.lines[0].get_xydata()[0]) == (5e3, 1)
