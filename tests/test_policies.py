"""Policies: what they select and mean for a network; random is the architecture's own."""

import inspect

import pytest
import torch
from torch import nn

from tlcourse.finetuning import policies
from tlcourse.finetuning.audits import audit
from tlcourse.finetuning.policies import PRESETS, Policy, apply_policy
from tlcourse.finetuning.training import fine_tune
from tlcourse.networks import layers as architectures
from tlcourse.networks.backbones import load_backbone, with_seed
from tlcourse.networks.layers import layers_of, small_vgg_backbone, without_weights
from tlcourse.networks.small_vgg import small_vgg
from tlcourse.widgets import policy_painter

TORCHVISION = (
    *("alexnet", "vgg16_bn", "resnet18", "densenet121", "googlenet", "mobilenet_v3_small"),
    *("convnext_tiny", "vit_b_16", "squeezenet1_0"),
)
LAYERS = [f"conv{block}_{number}" for block in range(1, 6) for number in (1, 2)]
LAYERS += ["fc6", "fc7", "fc8"]
ALL = {"*": "freeze"}


@pytest.fixture(scope="module")
def resnet():
    return load_backbone("resnet18", "random", seed=7)


def choices(rules):
    return Policy(rules).choices_for(LAYERS)


@pytest.mark.parametrize("name", [*TORCHVISION, "natural", "small_vgg_bn"])
def test_every_tensor_belongs_to_one_layer_and_the_head_is_last(name):
    network = without_weights(name, 7)
    layers, state = layers_of(network), network.state_dict()
    assert sorted(key for layer in layers for key in layer.tensors) == sorted(state)
    head = {key for key, tensor in state.items() if tensor.shape[:1] == (7,)}
    assert head == set(layers[-1].tensors)  # no auxiliary head is left
    assert all(layer.parameters for layer in layers)
    assert all(tensor.is_meta for tensor in state.values())  # they take no memory


def test_layers_have_the_lectures_names_and_what_belongs_to_them():
    assert [layer.name for layer in layers_of(without_weights("natural", 5))] == LAYERS
    layers = {layer.name: layer for layer in layers_of(without_weights("small_vgg_bn", 5))}
    assert layers["conv3_2"].modules == ("conv3_2", "bn3_2", "relu3_2", "pool3")
    assert layers["fc6"].modules == ("fc6", "bn6", "relu6", "drop6")
    assert "bn6.running_var" in layers["fc6"].tensors


class TestSelectors:
    @pytest.mark.parametrize(
        ("selector", "wanted"),
        [
            ("conv3_2", ["conv3_2"]),
            ("conv3", ["conv3_1", "conv3_2"]),
            ("fc", ["fc6", "fc7"]),  # not fc8, which is always new
            ("bottom 0", []),
            ("top 3", ["fc6", "fc7"]),
            ("bottom 50%", LAYERS[:6]),
            ("*", LAYERS[:12]),
        ],
    )
    def test_by_name_block_and_depth(self, selector, wanted):
        found = choices({"*": "fine-tune", selector: "freeze"})
        assert [layer for layer, choice in found.items() if choice == "freeze"] == wanted

    def test_the_later_rule_wins_and_order_matters_to_equality(self):
        found = choices(ALL | {"conv3": "freeze", "conv3_2": "random"})
        assert (found["conv3_1"], found["conv3_2"]) == ("freeze", "random")
        one = Policy(ALL | {"conv1": "random"})
        assert one != Policy({"conv1": "random", "*": "freeze"})
        assert one == Policy(ALL).painted("conv1", "random")
        assert one.painted("*", "freeze").choices_for(LAYERS)["conv1_1"] == "freeze"
        dotted = ["layer4.0.conv1", "features.1", "features.10", "head"]
        rules = {"*": "fine-tune", "features.1": "freeze", "layer4": "freeze"}
        found = Policy(rules).choices_for(dotted)
        assert list(found.values()) == ["freeze", "freeze", "fine-tune", "random"]

    @pytest.mark.parametrize(
        ("make", "words"),
        [
            (lambda: choices(ALL | {"conv9": "random"}), "or block 'conv9': choose from conv1_1"),
            (lambda: choices(ALL | {"bottom 14": "random"}), "ask for 13"),
            (lambda: choices(ALL | {"bottom 7%": "random"}), "less than one"),
            (lambda: choices({"conv1": "freeze"}), "Nothing is said of conv2_1"),
            (lambda: choices(ALL | {"fc8": "freeze"}), "it can only be random"),
            (lambda: Policy({"*": "melt"}), "to be 'melt': choose from freeze"),
            (lambda: Policy(ALL, rates={"conv1": 0}), "take a number above 0"),
            (lambda: Policy(ALL, then=Policy({"*": "random"})), "throw away"),
            (lambda: policies.as_policy("fast"), "no policy 'fast'"),
            (lambda: audit("natural", Policy(ALL, then=Policy(ALL)), 5), "Everything is frozen"),
            (lambda: audit("natural", "reuse all", 1), "2 classes or more"),
        ],
    )
    def test_what_does_not_fit_is_a_sentence(self, make, words):
        with pytest.raises(ValueError, match=words):
            make()


class TestRandomIsTheArchitectures:
    @pytest.mark.parametrize("name", ["natural", "resnet18", "small_vgg_bn"])
    def test_the_same_seed_gives_the_same_bits(self, name):
        before = torch.get_rng_state()
        if name == "small_vgg_bn":
            backbone = small_vgg_backbone(batch_norm=True, width=0.5, seed=4)
            fresh = with_seed(lambda: small_vgg(5, batch_norm=True, width=0.5), 3)
        else:
            backbone = load_backbone(name, "random", seed=9)
            fresh = load_backbone(name, "random", seed=3, n_classes=5).network
        found, fresh = apply_policy(backbone, "all random", 5, seed=3).network, fresh.state_dict()
        assert found.state_dict().keys() == fresh.keys()
        assert all(torch.equal(tensor, fresh[key]) for key, tensor in found.state_dict().items())
        assert torch.equal(torch.get_rng_state(), before)

    def test_a_random_layer_takes_its_batch_norm_along(self):
        trained = load_backbone("resnet18", "random", seed=7)
        for module in trained.network.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.running_mean.fill_(3.0)
                module.weight.data.fill_(0.5)
        network = apply_policy(trained, Policy({"*": "fine-tune", "layer2.0.conv1": "random"}), 5)
        block = network.network.layer2[0]
        for norm, mean, weight in ((block.bn1, 0, 1), (block.bn2, 3, 0.5)):
            assert (norm.running_mean == mean).all() and (norm.weight == weight).all()

    def test_what_is_not_random_is_the_backbones(self, natural):
        before = {key: tensor.clone() for key, tensor in natural.network.state_dict().items()}
        network = apply_policy(natural, "freeze, fine-tune, retrain", 5)
        for key, tensor in network.network.state_dict().items():
            same = key in before and torch.equal(tensor, before[key])
            assert same == (key.split(".")[0] not in ("fc6", "fc7", "fc8"))
        with torch.no_grad():
            for parameter in network.parameters():
                parameter.zero_()
        after = natural.network.state_dict()
        assert all(torch.equal(after[key], before[key]) for key in before)


class TestTargetNetwork:
    def test_frozen_layers_stay_in_eval_mode(self, natural, resnet):
        network = apply_policy(resnet, Policy(ALL | {"layer4": "fine-tune"}), 5)
        network.eval().train()
        training = {name for name, module in network.network.named_modules() if module.training}
        assert "layer4.0.bn1" in training
        assert not {name for name in training if name.startswith(("layer1", "layer3", "bn1"))}
        network = apply_policy(natural, Policy(ALL | {"fc7": "fine-tune"}), 5).train()
        assert not network.network.drop6.training and network.network.drop7.training

    def test_groups_leave_out_what_is_frozen_and_have_the_rates(self, natural):
        network = apply_policy(natural, "freeze, fine-tune, retrain", 5)
        groups = network.parameter_groups(0.1, 0.01)
        grouped = [id(parameter) for group in groups for parameter in group["params"]]
        trained = [id(p) for p in network.parameters() if p.requires_grad]
        assert sorted(grouped) == sorted(trained) and len(trained) == 2 * 7
        decayed = [(g["weight_decay"] > 0, p.ndim > 1) for g in groups for p in g["params"]]
        assert set(decayed) == {(True, True), (False, False)}
        rates = rates_of(apply_policy(natural, PRESETS["discriminative rates"], 5), 0.1)
        expected = {name: 0.1 * 0.8 ** (12 - depth) for depth, name in enumerate(LAYERS)}
        assert rates == pytest.approx(expected)

    @pytest.mark.parametrize(
        ("name", "rules"),
        [("natural", {}), ("natural", {"conv5": "fine-tune", "fc": "random"})]
        + [("imagenet", {}), ("imagenet", {"top 9": "fine-tune"})],
    )
    def test_split_in_two_it_gives_the_same_scores(self, resnet, name, rules):
        backbone = load_backbone(name)
        network = apply_policy(backbone, Policy(ALL | rules), 5).eval()
        images = torch.rand(3, 3, 64, 64, generator=torch.Generator().manual_seed(0))
        bottom, top = network.split()
        assert torch.allclose(top(bottom(images)), network(images), atol=1e-5)
        assert not any(p.requires_grad for p in bottom.parameters())
        tuned = Policy({"*": "fine-tune"})
        whole = apply_policy(backbone, tuned, 5), apply_policy(resnet, "reuse all", 5)
        assert [each.split()[0] for each in whole] == [None, None]


def rates_of(network, learning_rate):
    """Layer -> learning rate of all its parameters in the groups of a network."""
    parameters, rates = dict(network.network.named_parameters()), {}
    groups = network.parameter_groups(learning_rate)
    rate_of = {id(each): group["lr"] for group in groups for each in group["params"]}
    for layer in network.trained_layers:
        (rates[layer.name],) = {rate_of[id(parameters[key])] for key in layer.tensors}
    return rates


class TestAudit:
    def test_agrees_with_the_network_and_with_training(self, natural):
        policy = PRESETS["freeze, fine-tune, retrain"]
        found, network = audit(natural, policy, 5, 0.02), apply_policy(natural, policy, 5)
        trained = sum(p.numel() for p in network.parameters() if p.requires_grad)
        assert found.trained_parameters == trained
        assert found.parameters == sum(p.numel() for p in network.parameters())
        rates = {row.layer: row.learning_rate for row in found.rows if row.trained}
        assert rates == rates_of(network, 0.02)
        starts = {row.layer: row.starts_from for row in found.rows}
        assert starts["conv1_1"] == "natural (bundled)" and starts["fc8"].startswith("new")
        both = audit(natural, "probe, then fine-tune", 5)
        assert both.trained_parameters == 513 * 5
        assert both.then.trained_parameters == both.parameters
        rate = inspect.signature(fine_tune).parameters["learning_rate"].default
        assert {row.learning_rate for row in both.rows if row.trained} == {rate}
        assert all(row.learning_rate == pytest.approx(rate / 10) for row in both.then.rows)
        assert policy_painter.OPTIONS["learning_rate"] == rate

    def test_vgg19_without_its_weights_and_random_numbers(self, monkeypatch):
        architectures._on_meta.cache_clear()
        for name in ("manual_seed", "set_rng_state"):
            monkeypatch.setattr(torch, name, lambda *_: pytest.fail("random numbers were touched"))
        before = torch.get_rng_state()
        found = audit("vgg19", "reuse all", 1000)
        assert found.parameters == 143_667_240
        assert found.trained_parameters == 4096 * 1000 + 1000
        assert architectures.as_backbone("vgg19").network.fc6.weight.is_meta
        assert torch.equal(torch.get_rng_state(), before)

    def test_says_what_is_computed_once_and_why_not(self):
        policy = Policy(ALL | {"conv3": "fine-tune"})
        once, above = audit("natural", policy, 5).notes
        assert once.startswith("conv1_1 to conv2_2: frozen, computed once")
        assert above.startswith("conv4_1, conv4_2, conv5_1")
        resnet = Policy(ALL | {"layer4": "fine-tune"})
        assert "not one sequence of layers" in audit("resnet18", resnet, 5).notes[0]
        assert audit("natural", "fine-tune all", 5).notes == ()
